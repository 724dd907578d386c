import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Conditions,
  conditionsFrom,
  meetsAll,
  meetsAny,
  type ParsedConditions,
  parseConditions,
} from '../../lib/select/conditions.ts';
import type { Facets, LlmCall } from '../../lib/types.ts';
import { callOf } from '../support/calls.ts';
import { CALL, FACETS, SILENT, UNKNOWN } from './facts.ts';

function conditions(parsed: ParsedConditions): Conditions {
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.conditions;
}

function problem(parsed: ParsedConditions): string | undefined {
  return 'problem' in parsed ? parsed.problem : undefined;
}

const all = (text: string, call: LlmCall = CALL, facets: Facets = FACETS) =>
  meetsAll(conditions(parseConditions(text)), call, facets);
const any = (text: string, call: LlmCall = CALL, facets: Facets = FACETS) =>
  meetsAny(conditions(parseConditions(text)), call, facets);

describe('a condition', () => {
  it.each([
    ['route=chat-*', true],
    ['route=chat', false],
    ['route=Chat-*', false],
    ['consumer=team-?', true],
    ['consumer=team', false],
    ['model=qwen-*', true],
    ['model=*-plus', false],
    ['path=/v1/chat/completions', true],
    ['path=/v1/*', true],
    ['path=/v1', false],
    ['user=u-?', true],
    ['user=s-9', false],
    ['tag=chat-eu', true],
    ['tag=fallback', false],
    ['format=higress', true],
    ['format=seed', false],
    ['level=DEFAULT', true],
    ['level=WARN*,ERROR', false],
    ['status=2xx', true],
    ['status=429,>=500', false],
    ['model=deepseek-*, qwen-*', true],
    ['  route = chat-eu ,x ; ', true],
  ])('%s: %s', (text, expected) => {
    expect(all(text)).toBe(expected);
    expect(any(text)).toBe(expected);
  });

  it.each(['route', 'consumer', 'model', 'path', 'user', 'tag', 'status'])(
    'on %s meets a call that has none only by the pattern -',
    (name) => {
      const [some, other] = name === 'status' ? ['>=0', '404'] : ['*', 'x'];
      expect(all(`${name}=-`, SILENT, UNKNOWN)).toBe(true);
      expect(all(`${name}=${other},-`, SILENT, UNKNOWN)).toBe(true);
      expect(all(`${name}=${some}`, SILENT, UNKNOWN)).toBe(false);
      expect(all(`${name}=${some}`)).toBe(true);
      expect(all(`${name}=-`)).toBe(false);
    },
  );

  it('takes an empty value for none, and one tag of several for enough', () => {
    const call = callOf(1, { trace: { tags: ['', 'b'], userId: '' } });
    expect(all('user=-', call, FACETS)).toBe(true);
    expect(all('tag=b', call, FACETS)).toBe(true);
    expect(all('tag=-', call, FACETS)).toBe(false);
  });

  it('takes what stands behind a backslash as it is', () => {
    const called = (consumer: string) => ({ ...FACETS, consumer });
    expect(all('consumer=a\\,b\\;c\\*', CALL, called('a,b;c*'))).toBe(true);
    expect(all('consumer=a\\,b\\;c\\*', CALL, called('a,b;cd'))).toBe(false);
    expect(all('consumer=\\-', CALL, called('-'))).toBe(true);
    expect(all('consumer=\\-', CALL, { format: 'seed' })).toBe(false);
    expect(all('consumer=a\\\\;route=chat-*', CALL, called('a\\'))).toBe(true);
  });

  it('keeps an equals sign in its pattern', () => {
    expect(all('user=uid=7', callOf(1, { trace: { userId: 'uid=7' } }))).toBe(true);
  });
});

describe('several conditions', () => {
  it.each([
    ['route=chat-*; status=2xx', true, true],
    ['route=chat-*; status=5xx', false, true],
    ['route=x; status=5xx', false, false],
  ])('%s: all %s, any %s', (text, every, some) => {
    expect([all(text), any(text)]).toEqual([every, some]);
  });

  it('are all met where there are none, and none is', () => {
    const none = conditions(conditionsFrom({}));
    expect([meetsAll(none, CALL, FACETS), meetsAny(none, CALL, FACETS)]).toEqual([true, false]);
  });
});

describe('conditions from an object', () => {
  it.each([
    [{ route: 'chat-*', status: [429, '>=500'] }, 'route=chat-*; status=429,>=500'],
    [{ status: 0 }, 'status=0'],
    [{ model: 'a,b' }, 'model=a,b'],
    [{ model: ['a', 'b,c'] }, 'model=a,b,c'],
    [{ user: 'a;b' }, 'user=a\\;b'],
  ])('%j are those of %s', (object, text) => {
    expect(conditions(conditionsFrom(object))).toEqual(conditions(parseConditions(text)));
  });

  it.each([
    [{ rout: 'a' }, 'condition 1 (rout=a): "rout" is no name; did you mean route?'],
    [{ route: [] }, 'condition 1 (route=): a pattern of it is empty'],
    [{ route: 'a', status: [429.5] }, 'condition 2 (status=429.5): "429.5" is no status'],
    [JSON.parse('{"__proto__": "a"}'), '"__proto__" is no name; use one of route, consumer'],
  ])('%j have a problem', (object, expected) => {
    expect(problem(conditionsFrom(object))).toContain(expected);
  });
});

describe('the problem of conditions', () => {
  it.each([
    ['', 'says no condition; write some as in route=chat-*'],
    [' ; ;', 'says no condition'],
    ['route=a; probe', 'condition 2 (probe): it has no "="; write name=pattern'],
    ['status<400', 'status=<400'],
    ['rout=a', 'condition 1 (rout=a): "rout" is no name; did you mean route?'],
    ['MODEL=a', 'did you mean model?'],
    ['nonsense=a', 'use one of route, consumer, model, path, user, tag, format, level, status'],
    ['constructor=a', '"constructor" is no name'],
    ['=a', '"" is no name'],
    ['status>=500', 'a comparison stands behind the "="; write it as in status=>=500'],
    ['route=a;route=b', 'condition 2 (route=b): route was named before; write its patterns together'],
    ['consumer=', 'a pattern of it is empty; take it out, or write consumer=- for calls without a consumer'],
    ['consumer=a,,b', 'a pattern of it is empty'],
    ['consumer=a\\', '"a\\" ends in a backslash with nothing behind it; write \\\\'],
    ['status=4*', '"4*" is no status; write 429, 4xx, 500-599, >=500, <400, or 0'],
    ['level=error', '"error" is no level; write one of DEBUG, DEFAULT, WARNING, ERROR'],
    [`route=a;${'x'.repeat(5000)}=b`, 'condition 2 (xxx'],
  ])('%j is said with its place and what to write', (text, expected) => {
    expect(problem(parseConditions(text))).toContain(expected);
    expect(problem(parseConditions(text))?.length).toBeLessThan(400);
  });

  it('is a value, whatever the text', () => {
    const part = fc.constantFrom(
      'route',
      'status',
      'level',
      'tag',
      '=',
      ',',
      ';',
      '\\',
      '*',
      '-',
      '4xx',
      '\ud800',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          const parsed = parseConditions(text);
          if ('problem' in parsed) expect(parsed.problem).not.toBe('');
          else
            expect(meetsAny(parsed.conditions, CALL, FACETS) || !meetsAll(parsed.conditions, CALL, FACETS)).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

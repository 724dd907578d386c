import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTags, parseTemplate, render, renderTags, type Template, traceName } from '../lib/names.ts';
import type { Facets, LlmCall } from '../lib/types.ts';
import { CALL, FACETS, SILENT, UNKNOWN } from './select/facts.ts';
import { callOf } from './support/calls.ts';

function template(text: string): Template {
  const parsed = parseTemplate(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.template;
}

const shown = (text: string, call: LlmCall = CALL, facets: Facets = FACETS) => render(template(text), call, facets);

function tagsOf(text: string, call: LlmCall = CALL, facets: Facets = FACETS): string[] {
  const parsed = parseTags(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return renderTags(parsed.tags, call, facets);
}

const problem = (parsed: { problem: string } | object) => ('problem' in parsed ? parsed.problem : undefined);

/** A call that comes with metadata as a reader may have made it. */
const told = callOf(1, {
  trace: {
    name: 'plain',
    metadata: JSON.parse(
      '{"team": "core", "a.b": 7, "on": true, "list": ["x"], "object": {"x": 1}, "empty": "-", "nil": null, "__proto__": "own"}',
    ),
  },
});

describe('a template', () => {
  it.each([
    ['{route}', 'chat-eu'],
    ['{model}', 'qwen-max'],
    ['{consumer}', 'team-a'],
    ['{user}', 'u-7'],
    ['{session}', 's-9'],
    ['{format}', 'higress'],
    ['{path}', '/v1/chat/completions'],
    ['{status}', '200'],
    ['{type}', 'generation'],
    ['{level}', 'DEFAULT'],
    ['{name}', 'ask'],
    ['{consumer|user}/{model}', 'team-a/qwen-max'],
    ['{ metadata.team | model }', 'qwen-max'],
    ['{{{model}}}', '{qwen-max}'],
    ['{{model}}', '{model}'],
    ['a }} b {{ c', 'a } b { c'],
    ['plain', 'plain'],
    [' {model} ', 'qwen-max'],
    ['', ''],
    ['{metadata.team}', ''],
  ])('%j shows %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each([
    ['{metadata.team}', 'core'],
    ['{metadata.a.b}', '7'],
    ['{metadata.on}', 'true'],
    ['{metadata.__proto__}', 'own'],
    ['{metadata.list}', ''],
    ['{metadata.object}', ''],
    ['{metadata.empty}', ''],
    ['{metadata.nil}', ''],
    ['{metadata.constructor}', ''],
    ['{metadata.toString|metadata.team}', 'core'],
  ])('%s shows %j of the metadata', (text, expected) => {
    expect(shown(text, told)).toBe(expected);
  });

  it.each([
    ['{route}', ''],
    ['{route|user}', ''],
    ['{consumer|user}/{model}', ''],
    ['user {user}', ''],
    ['{user}/{format}', '/seed'],
    ['{route|model|name}', 'by default'],
    ['constant', 'constant'],
  ])('%s of a call that says little shows %j', (text, expected) => {
    const call = { ...SILENT, trace: { ...SILENT.trace, name: 'by default' } };
    expect(shown(text, call, UNKNOWN)).toBe(expected);
  });

  it('shows a status of 0, which says that there was none', () => {
    expect(shown('{status}', CALL, { ...FACETS, status: 0 })).toBe('0');
  });

  it('passes over alternatives that are blank or a dash', () => {
    expect(shown('{route|consumer|model}', CALL, { format: 'seed', route: '-', consumer: '  ' })).toBe('qwen-max');
  });

  it('keeps a lone surrogate, and does not read a value as a template', () => {
    expect(shown('{route}', CALL, { format: 'seed', route: '\ud800{model}' })).toBe('\ud800{model}');
  });

  it('does not grow out of bounds with the values it shows', () => {
    const call = callOf(1, { trace: { userId: 'u'.repeat(5_000_000) } });
    expect(shown('{user}'.repeat(80), call).length).toBe(80_000);
  });
});

describe('the name of a trace', () => {
  it.each([
    ['{model}', 'qwen-max'],
    ['{metadata.team}', 'ask'],
    ['team {metadata.team}', 'ask'],
    ['', 'ask'],
  ])('by the template %j is %s', (text, expected) => {
    expect(traceName(template(text), CALL, FACETS)).toBe(expected);
  });
});

describe('tags', () => {
  it.each([
    ['{tags}', ['higress', 'chat-eu']],
    ['{tags}, {model}, fixed', ['higress', 'chat-eu', 'qwen-max', 'fixed']],
    ['{route},{tags},{format}', ['chat-eu', 'higress']],
    ['team:{metadata.team}, {metadata.team}', []],
    ['a,,a , b,', ['a', 'b']],
    [',', []],
  ])('%j come out as %j', (text, expected) => {
    expect(tagsOf(text)).toEqual(expected);
  });

  it.each([
    ['{tags}, x{tags}', 'tag 2 at character 2, "{tags}": {tags} stands for all default tags; it can only be an entry'],
    ['a, {modl}', 'tag 2 at character 1, "{modl}": there is no modl; did you mean model?'],
    [Array.from({ length: 51 }, (_, i) => `t${i}`).join(), 'has 51 tags; keep 50 at most'],
    [`a,${'b'.repeat(501)}`, 'tag 2 has 501 characters; shorten it to 500 at most'],
  ])('%j are a problem', (text, expected) => {
    expect(problem(parseTags(text))).toContain(expected);
  });

  it('come out without blanks and twins, whatever the call', () => {
    const tags = fc.array(fc.string(), { maxLength: 5 });
    fc.assert(
      fc.property(tags, fc.string(), (own, user) => {
        const found = tagsOf('{tags},{user},{user}!', callOf(1, { trace: { tags: own, userId: user } }));
        expect(new Set(found).size).toBe(found.length);
        expect(found).not.toContain('');
      }),
    );
  });
});

describe('the problem of a template', () => {
  it.each([
    ['{rout}', 'at character 1, "{rout}": there is no rout; did you mean route?'],
    ['x {model|Usr}', 'at character 3, "{model|Usr}": there is no Usr; did you mean user?'],
    ['{nonsense}', 'it names no placeholder; use one of route, model'],
    ['{}', 'it names no placeholder'],
    ['{model|}', 'it names no placeholder'],
    ['{metadata}', 'metadata.KEY'],
    ['{metadata.}', 'metadata.KEY'],
    ['{constructor}', 'it names no placeholder'],
    ['{tags}', '{tags} stands for all default tags'],
    ['{model', 'at character 1, "{": this brace is not closed; close it with }, or write {{'],
    ['model}', 'at character 6, "}": this brace was not opened; open it with {, or write }}'],
    ['{model}}', 'at character 8, "}": this brace was not opened'],
    ['{a{b}}', 'at character 1, "{": this brace is not closed'],
    ['x'.repeat(501), 'has 501 characters; shorten it to 500 at most'],
  ])('%j is said with its place and what to write', (text, expected) => {
    expect(problem(parseTemplate(text))).toContain(expected);
  });

  it('is none for a text with its braces doubled, which shows as it was', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        const doubled = text.replaceAll('{', '{{').replaceAll('}', '}}');
        expect(shown(doubled)).toBe(text.trim());
      }),
    );
  });

  it('is a value, whatever the text', () => {
    const part = fc.constantFrom('{', '}', '|', 'model', 'metadata.', 'x', '\ud800', ',');
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join('')),
        (text) => {
          const parsed = parseTemplate(text);
          if ('problem' in parsed) expect(parsed.problem).not.toBe('');
          else expect(typeof render(parsed.template, CALL, FACETS)).toBe('string');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

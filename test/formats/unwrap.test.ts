import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairsIn } from '../../lib/formats/line/pairs.ts';
import { withoutPrefix } from '../../lib/formats/line/prefix.ts';
import { unwrap } from '../../lib/formats/line/unwrap.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Json } from '../../lib/types.ts';
import { aiLine, callOf, type Flat, readFlat, without } from './lines.ts';

const WHOLE: Flat = aiLine({ model: 'm', question: 'q "a" [b]', answer: 'a', input_token: 3, output_token: 4 });
const OWN = without(WHOLE, '__time__', '__source__');
const TEXT = JSON.stringify(OWN);
const CALL = callOf(WHOLE);
const AROUND = { __time__: WHOLE.__time__ ?? '', __source__: WHOLE.__source__ ?? '' };
const SECRETS = '[shop@32473 access-key-id="LTAIsecretid" access-key-secret="se]cr\\"et"][x@1 y="z"]';
const FIVE = '<46>1 2026-11-21T07:00:02.456Z gateway-1 apisix 28063 -';

describe('a line that is one text', () => {
  it.each<[string, string]>([
    ['behind a header of RFC 5424 without structured data', `${FIVE} - ${TEXT}`],
    ['behind structured data', `${FIVE} ${SECRETS} ${TEXT}\n`],
    ['behind structured data without a space', `${FIVE} ${SECRETS}${TEXT}`],
    ['behind a header of RFC 5424 and a byte order mark', `${FIVE} - \ufeff${TEXT}`],
    ['behind a header without a time', `<14>1 - - - - - - ${TEXT}`],
    ['behind a header of RFC 3164', `<190>Nov 21 07:00:02 gateway-1 envoy[12]: ${TEXT}`],
    ['behind a header of RFC 3164 without a host', `<190>Nov  1 07:00:02 envoy: ${TEXT}`],
    ['behind a header of RFC 3164 without a priority', `Nov 21 07:00:02 gateway-1 envoy: ${TEXT}`],
    ['behind the header that rsyslog writes into files', `2026-11-21T07:00:02.1+08:00 gateway-1 envoy[1]: ${TEXT}`],
    ['behind the cookie of JSON in syslog', `<14>Nov 21 07:00:02 gateway-1 envoy: @cee: ${TEXT}`],
    ['behind a container prefix and a syslog header', `2026-11-21T07:00:02.1Z stdout F ${FIVE} - ${TEXT}`],
    ['behind the name of a service of Docker Compose', `gateway-1  | ${TEXT}`],
    ['behind the time that kubectl puts before it', `2026-11-21T07:00:02.123456789Z ${TEXT}`],
    ['in a list of one', `[${TEXT}]`],
    ['in a list of keys and values', JSON.stringify(Object.entries(OWN).map(([Key, Value]) => ({ Key, Value })))],
    ['in a list of keys and values, both in small letters', pairsText('key', 'value')],
    ['in a list of keys and values, both in capitals', pairsText('KEY', 'VALUE')],
    ['in a list of one list of keys and values', `[${pairsText('Key', 'Value')}]`],
    ['in a line of docker', JSON.stringify({ log: `${TEXT}\n`, stream: 'stdout', time: '2026-11-21T07:00:02Z' })],
    [
      'in a line of docker that the log agent took for a message',
      JSON.stringify({ message: `{"log":${quoted(TEXT)}}` }),
    ],
  ])('is the same call %s', (_how, content) => {
    expect(callOf({ content, ...AROUND })).toEqual(CALL);
  });

  it.each(['content', 'message', 'log', '_raw_', '_content_', 'msg', 'MSG', 'raw'])(
    'may stand in the field %s',
    (name) => {
      expect(callOf({ [name]: TEXT, ...AROUND })).toEqual(CALL);
    },
  );

  it.each<[string, Flat]>([
    ['what SLS adds', { __pack_meta__: '1|x', __receive_time__: '1795244403', __file_offset__: '7' }],
    ['what syslog holds', { _priority_: '46', _hostname_: 'h', _program_: 'p', _structured_data_: SECRETS }],
    ['what docker adds', { stream: 'stdout', time: '2026-11-21T07:00:02.1Z' }],
    [
      'what a log agent adds',
      { stream: 'stderr', logtag: 'F', _container_name_: 'c', pod: 'p', namespace: 'n', host: 'h' },
    ],
    ['objects', { kubernetes: { labels: { app: 'gateway' } }, tag: 'kube.x', timestamp: '1' }],
  ])('may stand beside %s', (_what, beside) => {
    expect(callOf({ content: TEXT, ...beside, ...AROUND })).toEqual(CALL);
    expect(callOf({ ...beside, message: `${FIVE} - ${TEXT}`, ...AROUND })).toEqual(CALL);
  });

  it('beside such fields is salvaged when it is cut', () => {
    const cut = TEXT.slice(0, -9);
    const { trace, observation } = callOf({ log: cut, stream: 'stdout', ...AROUND });
    expect(trace.id).toBe(CALL.trace.id);
    expect(observation).toMatchObject({ level: 'WARNING', model: 'm' });
  });

  it.each<[string, Flat]>([
    ['a gateway', { request_id: 'r-1' }],
    ['another format', { call_type: 'acompletion' }],
    ['a flattened format', { 'gen_ai.request.model': 'm' }],
    ['a call of some program', { model: 'm' }],
  ])('is left where it is beside the fields of %s', (_what, beside) => {
    const record = fromFlat({ content: TEXT, ...beside });
    expect(unwrap(record)).toEqual({ kind: 'fields', fields: record.fields });
  });

  it.each([
    ['JSON of a program', '{"level":"info","user":"u"}'],
    ['a list of a program', '[{"id":1},{"id":2}]'],
    ['text', 'the server has started'],
  ])('is left where it is beside other fields when it is %s', (_what, content) => {
    const record = fromFlat({ content, pod: 'p' });
    expect(unwrap(record)).toEqual({ kind: 'fields', fields: record.fields });
  });
});

function quoted(text: string): string {
  return JSON.stringify(text);
}

function pairsText(key: string, value: string): string {
  return JSON.stringify(Object.entries(OWN).map(([name, text]) => ({ [key]: name, [value]: text })));
}

describe('a line that holds several records', () => {
  const message = 'the line is a list of 2 records: have the log agent split it into one log for each';
  const pairs = pairsText('Key', 'Value');

  it.each([
    ['records', { content: `[${TEXT},${TEXT}]` }],
    ['records that are lists of keys and values', { content: `[${pairs},${pairs}]` }],
    ['records behind a header of syslog', { content: `${FIVE} - [${TEXT},{"a":1}]` }],
    ['records beside what docker adds', { log: `[${TEXT},${TEXT}]`, stream: 'stdout' }],
    ['records one below the other', { content: `${TEXT}\n${TEXT}` }],
    ['records one below the other, with an empty line at the end', { message: `${TEXT}\r\n${TEXT}\n` }],
    ['records in a line of docker', { content: JSON.stringify({ log: `[${TEXT},${TEXT}]`, stream: 'stdout' }) }],
  ])('(%s) is unreadable, and says what to do', (_what, flat) => {
    expect(readFlat({ ...flat, ...AROUND })).toEqual({ kind: 'reject', why: { why: 'unreadable', message } });
  });
});

describe('a line that is no record', () => {
  it.each([
    ['a list of a program', '[{"id":1},{"id":2}]'],
    ['an empty list', '[]'],
    ['a list of texts', '["a","b"]'],
    ['text behind a header of syslog', `${FIVE} - the server has started`],
    ['a header that ends within its structured data', `${FIVE} [shop@1 access-key-secret="x`],
    ['nothing', ' '],
  ])('(%s) is unparsable', (_what, content) => {
    expect(readFlat({ content, ...AROUND })).toEqual({ kind: 'skip', reason: 'unparsable' });
  });

  it('is text without its prefix, in the fields of its record', () => {
    const record = fromFlat({ _time_: 't', content: `2026-11-21T07:00:00Z stdout F ${FIVE} ${SECRETS} started ` });
    expect(unwrap(record)).toEqual({
      kind: 'text',
      text: 'started',
      fields: new Map([
        ['_time_', 't'],
        ['content', 'started'],
      ]),
    });
  });

  it('is non_ai when it is JSON of a program', () => {
    expect(readFlat({ content: '{"message":"x ai_log: y"}', ...AROUND })).toEqual({ kind: 'skip', reason: 'non_ai' });
  });
});

describe('structured data', () => {
  it.each([TEXT, TEXT.slice(0, 40), '', 'text', `[${TEXT},${TEXT}]`])('never reaches the fields', (message) => {
    const shown = unwrap(fromFlat({ content: `${FIVE} ${SECRETS} ${message}` }));
    const fields = shown.kind === 'unreadable' ? [] : [...shown.fields.values()];
    expect(JSON.stringify([fields, shown])).not.toMatch(/LTAIsecretid|se\]cr/);
  });

  it('never reaches the fields, wherever the line is cut', () => {
    const line = `${FIVE} ${SECRETS} ${TEXT}`;
    for (let at = FIVE.length + 1; at < line.length; at++) {
      expect(withoutPrefix(line.slice(0, at))).not.toMatch(/LTAIsecretid|access-key/);
    }
  });
});

describe('a list of keys and values', () => {
  it.each<[string, Json]>([
    ['is no empty list', []],
    ['has no third member', [{ Key: 'a', Value: '1', Type: 's' }]],
    ['has a key everywhere', [{ Key: 'a', Value: '1' }, { Value: '2' }]],
    ['has keys that are texts', [{ Key: 1, Value: '1' }]],
    ['is a list', { Key: 'a', Value: '1' }],
  ])('%s', (_claim, value) => {
    expect(pairsIn(value)).toBeUndefined();
  });

  it('may name __proto__', () => {
    const reading = readFlat({ content: '[{"Key":"__proto__","Value":"{}"},{"Key":"a","Value":1}]', ...AROUND });
    expect(reading).toEqual({ kind: 'skip', reason: 'non_ai' });
  });
});

describe('taking a prefix off', () => {
  it('leaves JSON as it is, and is done once', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify([value]);
        expect(withoutPrefix(text)).toBe(text);
        expect(withoutPrefix(`${FIVE} - ${text}`)).toBe(text);
      }),
    );
  });

  it.each([
    ['brackets', `${FIVE} ${'['.repeat(500_000)}`],
    ['backslashes', `${FIVE} [${'\\'.repeat(500_000)}`],
    ['quotes', `${FIVE} [${'"]"'.repeat(200_000)}`],
    ['no spaces', '2'.repeat(500_000)],
    ['words', `Nov 21 07:00:00 ${'a'.repeat(500_000)}`],
    ['elements', `${FIVE} ${'[a b="c"]'.repeat(50_000)}`],
  ])('takes no time to speak of on half a megabyte of %s', (_what, text) => {
    const begin = performance.now();
    withoutPrefix(text);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

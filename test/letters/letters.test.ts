import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLetters } from '../../lib/letters/decode.ts';
import { encodeLetters } from '../../lib/letters/encode.ts';
import { keyBeside, letterKey } from '../../lib/letters/key.ts';
import type { Letter, LogRecord, Rejection } from '../../lib/types.ts';
import { NOON } from '../support/clock.ts';

/** SLS keeps `__time__` and its like for itself; any other name may be a field's. */
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !text.startsWith('__')),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', 'hasOwnProperty'),
);
const value = fc.string({ unit: 'binary', maxLength: 40 });
const map = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => new Map(pairs));

/** JSON objects put keys that are whole numbers first, so the order of such fields is not kept. */
const unordered = (letters: readonly Letter[]) =>
  letters.map((letter) =>
    letter.kind === 'range'
      ? letter
      : { ...letter, record: { ...letter.record, fields: sorted(letter.record.fields) } },
  );
const sorted = (fields: ReadonlyMap<string, string>) => [...fields].sort(([a], [b]) => (a < b ? -1 : 1));

const base64 = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const record: fc.Arbitrary<LogRecord> = fc.record(
  {
    fields: map,
    time: fc.nat(),
    timeNs: fc.nat(999_999_999),
    source: value,
    topic: value,
    tags: map,
    undecodable: fc.array(fc.tuple(name, base64), { minLength: 1, maxLength: 3 }).map((pairs) => new Map(pairs)),
  },
  { requiredKeys: ['fields', 'time', 'source', 'topic', 'tags'] },
) as fc.Arbitrary<LogRecord>;

const counted = { message: value, attempts: fc.nat(50), status: fc.integer({ min: 100, max: 599 }) };
const rejection = fc.oneof(
  fc.record({ why: fc.constantFrom('unreadable', 'oversize'), message: value }),
  fc.record(
    { why: fc.constantFrom('refused', 'unavailable'), ...counted },
    { requiredKeys: ['why', 'message', 'attempts'] },
  ),
) as fc.Arbitrary<Rejection>;

const instant = fc.integer({ min: 0, max: 4e12 });
const base = { requestId: value, replays: fc.nat(9), firstFailedAt: instant, lastFailedAt: instant };
const place = { project: value, logstore: value, shard: fc.nat(99) };
const position = fc.record({ cursor: value, group: fc.nat(), index: fc.nat() });
const letter = fc.oneof(
  fc.record({
    kind: fc.constant('record'),
    ...base,
    rejection,
    origin: fc.record({ ...place, position }, { requiredKeys: ['project', 'logstore', 'shard'] }),
    record,
  }),
  fc.record({
    kind: fc.constant('range'),
    ...base,
    reason: fc.constantFrom('deadline', 'outage', 'refused', 'pull', 'broken-page'),
    message: value,
    range: fc.record({ ...place, endpoint: value, begin: value, end: value }),
  }),
) as fc.Arbitrary<Letter>;

describe('letters', () => {
  it('read back as they were written, whatever their fields are called and hold', () => {
    fc.assert(
      fc.property(fc.array(letter, { maxLength: 5 }), (letters) => {
        expect(unordered(decodeLetters(encodeLetters(letters)))).toEqual(unordered(letters));
      }),
      { numRuns: 500 },
    );
  });

  const range: Letter = {
    kind: 'range',
    requestId: 'r',
    replays: 0,
    firstFailedAt: NOON,
    lastFailedAt: NOON,
    reason: 'pull',
    message: 'said',
    range: { endpoint: 'e', project: 'p', logstore: 'l', shard: 3, begin: 'b', end: 'c' },
  };

  it('are a line of JSON each, with the version and readable times', () => {
    const text = gunzipSync(encodeLetters([range, range])).toString();
    const [line = '', second, end] = text.split('\n');
    expect([second, end]).toEqual([line, '']);
    expect(JSON.parse(line)).toMatchObject({
      v: 1,
      kind: 'range',
      why: 'pull',
      firstFailedAt: '2026-11-21T07:00:00.000Z',
    });
  });

  it.each([
    ['no gzip', Buffer.from('secret prompt')],
    ['no JSON', gzipSync('secret prompt\n')],
    ['half a line', gzipSync('{"v":1,"kind":"record","record":{"question":"secret prompt')],
    ['another version', gzipSync('{"v":2,"kind":"range","message":"secret prompt"}\n')],
    ['another kind', gzipSync('{"v":1,"kind":"secret prompt"}\n')],
    ['an unknown reason', gzipSync(JSON.stringify({ v: 1, kind: 'range', why: 'secret prompt' }))],
  ])('refuse %s, and quote nothing of it', (_, body) => {
    expect(() => decodeLetters(body)).toThrow();
    expect(() => decodeLetters(body)).not.toThrow(/secret prompt/);
  });

  it('name the line that cannot be read', () => {
    const good = gunzipSync(encodeLetters([range])).toString();
    expect(() => decodeLetters(gzipSync(`${good}oops\n`))).toThrow('Line 2 is no letter of version 1');
  });
});

describe('keyBeside', () => {
  it.each([
    ['an object of letters', 'v1/1-first.ndjson.gz', 'v1/1-first-second.ndjson.gz'],
    ['any other object', 'v1/notes.txt', 'v1/notes.txt-second.ndjson.gz'],
  ])('is another key for %s', (_, key, expected) => {
    expect(keyBeside(key, 'second')).toBe(expected);
  });
});

describe('letterKey', () => {
  const parts = { project: 'p', logstore: 'l', shard: 7, cursor: 'MTIzNDU=', requestId: 'req-1', at: NOON };

  it('tells the place, the day, the position and the invocation', () => {
    expect(letterKey('a/b', parts)).toBe('a/b/v1/p/l/7/2026/11/21/12345-req-1.ndjson.gz');
  });

  it.each([
    ['an opaque cursor', { cursor: 'a/b+c=' }, 'a/v1/p/l/7/2026/11/21/a%2Fb%2Bc%3D-req-1.ndjson.gz'],
    ['a strange request id', { requestId: '../x y' }, 'a/v1/p/l/7/2026/11/21/12345-___x_y.ndjson.gz'],
  ])('stays one name below the day for %s', (_, change, expected) => {
    expect(letterKey('a', { ...parts, ...change })).toBe(expected);
  });

  it('does not begin with a slash without a prefix', () => {
    expect(letterKey('', parts)).toBe('v1/p/l/7/2026/11/21/12345-req-1.ndjson.gz');
  });
});

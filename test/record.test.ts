import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asText, fromFlat, toFlat } from '../lib/record.ts';
import type { Json, LogRecord } from '../lib/types.ts';

const RESERVED = /^__(?:time__|time_ns_part__|source__|topic__|undecodable__|tag__:)/;
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constant('\ud800'));
const name = fc
  .oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', '__file_offset__', '1', '', '__tag__'))
  .filter((key) => !RESERVED.test(key));
const map = fc.array(fc.tuple(name, text), { maxLength: 6 }).map((entries) => new Map(entries));
const record: fc.Arbitrary<LogRecord> = fc
  .record(
    {
      fields: map,
      time: fc.integer({ min: 0, max: 0xff_ff_ff_ff }),
      source: text,
      topic: text,
      tags: map,
      timeNs: fc.integer({ min: 0, max: 999_999_999 }),
      undecodable: map,
    },
    { requiredKeys: ['fields', 'time', 'source', 'topic', 'tags'] },
  )
  .map((made) => made as LogRecord);

describe('a record as a flat object', () => {
  it('comes back as the record it was, by way of JSON', () => {
    fc.assert(
      fc.property(record, (made) => {
        expect(fromFlat(toFlat(made))).toEqual(made);
        expect(fromFlat(JSON.parse(JSON.stringify(toFlat(made))))).toEqual(made);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has the names that the console shows', () => {
    const flat = toFlat({
      fields: new Map([['a', '1']]),
      time: 5,
      timeNs: 7,
      source: 's',
      topic: 't',
      tags: new Map([['k', 'v']]),
      undecodable: new Map([['a', '/w==']]),
    });
    expect({ ...flat }).toEqual({
      a: '1',
      __time__: '5',
      __time_ns_part__: '7',
      __source__: 's',
      __topic__: 't',
      '__tag__:k': 'v',
      __undecodable__: { a: '/w==' },
    });
  });
});

describe('a flat object that somebody pasted', () => {
  it('may have values that are no texts', () => {
    const { fields, time } = fromFlat({ n: 1, o: { a: [null] }, b: true, z: null, __time__: 1795244400 });
    expect(Object.fromEntries(fields)).toEqual({ n: '1', o: '{"a":[null]}', b: 'true', z: 'null' });
    expect(time).toBe(1795244400);
  });

  it.each<[Json]>([['soon'], [''], [-1], [1.5], [null], [{}], ['1e999']])('with the time %j has none', (__time__) => {
    expect(fromFlat({ __time__ }).time).toBe(0);
  });

  it.each<[Json]>([[{ a: 1 }], ['x'], [[]], [null]])('with undecodable bytes as %j has none', (__undecodable__) => {
    expect(fromFlat({ __undecodable__ }).undecodable).toBeUndefined();
  });
});

describe('a value as SLS holds it', () => {
  it.each<[Json, string]>([
    ['x', 'x'],
    [1, '1'],
    [null, 'null'],
    [[1], '[1]'],
  ])('of %j is %j', (value, expected) => {
    expect(asText(value)).toBe(expected);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlsFormatError } from '../../lib/sls/format-error.ts';
import { readLogGroupList } from '../../lib/sls/protobuf.ts';
import { encodeGroups } from '../stand-ins/sls/encode.ts';
import type { SlsGroup } from '../stand-ins/sls/store.ts';
import { slsGroup } from './generated.ts';

const listed = (bytes: Buffer, cursor: string) => {
  const { groups, records } = readLogGroupList(bytes, cursor);
  return { groups, records: [...records] };
};
const read = (hex: string) => listed(Buffer.from(hex.replaceAll(' ', ''), 'hex'), 'cursor');
const first = (hex: string) => read(hex).records[0];

/** A message of one field that holds bytes. */
const sized = (field: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length > 127) throw new Error('keep it short');
  return Buffer.concat([Buffer.from([(field << 3) | 2, body.length]), body]);
};
const pair = (key: Buffer, value: Buffer) => sized(2, sized(1, key), sized(2, value));
const page = (...log: Buffer[]) => sized(1, sized(1, Buffer.from('0801', 'hex'), ...log)).toString('hex');
const utf8 = (text: string) => Buffer.from(text);

describe('a log group list', () => {
  it('reads the published example', () => {
    expect(read('0a250a1508a0daffc80612080a016b1203e4b8ad25050000001a017422017332060a0161120162')).toEqual({
      groups: 1,
      records: [
        {
          fields: new Map([['k', '中']]),
          time: 1763700000,
          timeNs: 5,
          topic: 't',
          source: 's',
          tags: new Map([['a', 'b']]),
          position: { cursor: 'cursor', group: 0, index: 0 },
        },
      ],
    });
  });

  it('reads as the reference library wrote it', () => {
    fc.assert(
      fc.property(fc.array(slsGroup, { maxLength: 4 }), (groups) => {
        expect(listed(encodeGroups(groups), 'c')).toEqual({
          groups: groups.length,
          records: groups.flatMap(recordsOf),
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('gives each record by its place, as often as it is asked for, and none at places that there are not', () => {
    fc.assert(
      fc.property(fc.array(slsGroup, { maxLength: 4 }), (groups) => {
        const { records } = readLogGroupList(encodeGroups(groups), 'c');
        const all = groups.flatMap(recordsOf);
        expect(all.map((_, i) => records.at(all.length - 1 - i)).reverse()).toEqual(all);
        expect([...records]).toEqual(all);
        expect([records.length, records.at(all.length), records.at(-1)]).toEqual([all.length, undefined, undefined]);
      }),
    );
  });

  it('gives topic, source and tags to logs that stand before and after them', () => {
    const log = sized(1, Buffer.from('0801', 'hex'));
    const group = sized(1, log, sized(3, utf8('t')), log, sized(6, sized(1, utf8('a')), sized(2, utf8('b'))), log);
    const { records } = listed(group, 'c');
    expect(records.map(({ topic, tags }) => [topic, tags.get('a')])).toEqual(Array(3).fill(['t', 'b']));
  });

  it('keeps a field named __proto__', () => {
    expect(first(page(pair(utf8('__proto__'), utf8('x'))))?.fields).toEqual(new Map([['__proto__', 'x']]));
  });

  it('keeps the last of a repeated field', () => {
    expect(first(page(pair(utf8('k'), utf8('1')), pair(utf8('k'), utf8('2'))))?.fields.get('k')).toBe('2');
  });

  it('reads an absent name or value as an empty text, not as that of the field before', () => {
    const log = page(pair(utf8('k'), utf8('v')), sized(2, sized(1, utf8('k2'))), sized(2, sized(2, utf8('v2'))));
    expect([...(first(log)?.fields ?? [])]).toEqual([
      ['k', 'v'],
      ['k2', ''],
      ['', 'v2'],
    ]);
  });

  it('tells names of the same length apart', () => {
    const logs = ['ab', 'ac', 'ab'].map((name) => sized(1, Buffer.from('0801', 'hex'), pair(utf8(name), utf8('v'))));
    const { records } = listed(sized(1, ...logs), 'c');
    expect(records.map(({ fields }) => [...fields.keys()])).toEqual([['ab'], ['ac'], ['ab']]);
  });

  it.each([
    ['no time', '0a02 0a00', 0],
    ['a time in ten bytes', '0a0d 0a0b 0885808080808080808000', 5],
  ])('reads a log with %s', (_, hex, time) => {
    expect(first(hex)?.time).toBe(time);
  });

  it.each([
    ['a varint', '7896ffffff0f'],
    ['a fixed64', '790102030405060708'],
    ['bytes', '7a020102'],
    ['a fixed32', '7d01020304'],
    ['the time as bytes', '0a0105'],
  ])('steps over an unknown field of %s', (_, unknown) => {
    const record = first(page(Buffer.from(unknown, 'hex'), pair(utf8('k'), utf8('v'))));
    expect(record).toMatchObject({ time: 1, fields: new Map([['k', 'v']]) });
  });
});

describe('a value that is not UTF-8', () => {
  it.each([
    ['a lone continuation byte', '80', '\uFFFD'],
    ['a cut character', '61e4b8', 'a\uFFFD'],
    ['an encoded surrogate', 'eda080', '\uFFFD\uFFFD\uFFFD'],
  ])('shows %s as replacement characters and keeps its bytes', (_, hex, shown) => {
    const bytes = Buffer.from(hex, 'hex');
    const record = first(page(pair(utf8('k'), bytes), pair(utf8('ok'), utf8('v'))));
    expect(record?.fields.get('k')).toBe(shown);
    expect(record?.undecodable).toEqual(new Map([['k', bytes.toString('base64')]]));
  });

  it('is not seen in a genuine replacement character', () => {
    expect(first(page(pair(utf8('k'), utf8('\uFFFD')))) ?? {}).not.toHaveProperty('undecodable');
  });

  it('is forgotten when the field comes again and is readable', () => {
    const record = first(page(pair(utf8('k'), Buffer.from([0x80])), pair(utf8('k'), utf8('v'))));
    expect(record?.fields.get('k')).toBe('v');
    expect(record).not.toHaveProperty('undecodable');
  });
});

describe('a bad log group list', () => {
  it.each([
    ['a length past its end', '0a05 0a00', 'past its message'],
    ['a log longer than its group', '0a03 0a0508 0102030405', 'past its message'],
    ['a cut number', '0a03 0a0108', 'a number is cut'],
    ['a number without end', '0a0d 0a0b 08ffffffffffffffffffff', 'longer than ten bytes'],
    ['a cut fixed32', '0a05 0a03 250102', 'fixed32 is cut'],
    ['field number 0', '02 00', 'number 0'],
    ['a group wire type', '0b', 'wire type 3'],
    ['an unassigned wire type', '0f', 'wire type 7'],
    ['a cut unknown fixed64', '790102', 'fixed-size value is cut'],
  ])('with %s is refused', (_, hex, message) => {
    expect(() => read(hex)).toThrow(SlsFormatError);
    expect(() => read(hex)).toThrow(message);
  });

  it('that was mutated or cut is refused or read, and nothing else', () => {
    const mutation = fc.tuple(fc.array(slsGroup, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), fc.nat());
    fc.assert(
      fc.property(mutation, fc.boolean(), ([groups, at, to, cut], isCut) => {
        const bytes = encodeGroups(groups);
        bytes[at % bytes.length] = to;
        // The buffer goes on behind the page: reading past the page would find bytes there.
        const input = Buffer.concat([bytes, Buffer.alloc(64, 0x61)]).subarray(
          0,
          isCut ? cut % bytes.length : bytes.length,
        );
        expect(textSize(input)).toBeLessThanOrEqual(input.length);
      }),
      { numRuns: 5000 },
    );
  });
});

/** Text read, in bytes, when every field is UTF-8; 0 when the page is refused. */
function textSize(input: Buffer): number {
  try {
    const { records } = listed(input, 'c');
    const texts = records.flatMap(({ fields, undecodable }) =>
      [...fields].filter(([key]) => !undecodable?.has(key) && !key.includes('\uFFFD')).flat(),
    );
    return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  } catch (error) {
    if (error instanceof SlsFormatError) return 0;
    throw error;
  }
}

function recordsOf({ logs, topic, source, tags }: SlsGroup, group: number) {
  return logs.map(({ time, timeNs, fields }, index) => ({
    fields: new Map(fields as [string, string][]),
    time,
    ...(timeNs === undefined ? {} : { timeNs }),
    topic,
    source,
    tags: new Map(Object.entries(tags ?? {})),
    position: { cursor: 'c', group, index },
  }));
}

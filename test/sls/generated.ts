import fc from 'fast-check';
import type { SlsGroup, SlsLog } from '../stand-ins/sls/store.ts';

/** Bytes between random and repetitive, so that literals and matches of every length occur. */
export const compressible: fc.Arbitrary<Buffer> = fc
  .array(
    fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 }))),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => Array<Buffer>(times).fill(Buffer.from(bytes)))));

const name = fc.oneof(
  fc.constantFrom('ai_log', 'request_id', 'path', '__proto__', 'constructor', '', '\uFEFFbom'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);

const value = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('', '\uFEFF{}', 'a\0b', ' padded ', '\uFFFD', '中文🙂'),
);

export const slsLog: fc.Arbitrary<SlsLog> = fc
  .record({
    time: fc.integer({ min: 0, max: 0xffffffff }),
    timeNs: fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined }),
    fields: fc.array(fc.tuple(name, value), { maxLength: 8 }),
  })
  .map(({ time, timeNs, fields }) => (timeNs === undefined ? { time, fields } : { time, timeNs, fields }));

export const slsGroup: fc.Arbitrary<SlsGroup> = fc.record({
  logs: fc.array(slsLog, { maxLength: 5 }),
  topic: value,
  source: value,
  tags: fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }),
});

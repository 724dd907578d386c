import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf, hash32, observationIdOf, traceIdOf } from '../lib/identity.ts';
import { fromFlat } from '../lib/record.ts';

describe('a trace id', () => {
  it.each([
    ['32 hex digits as they are', '4f1c2a7d9be34c0a8d6e5f7081a2b3c4', '4f1c2a7d9be34c0a8d6e5f7081a2b3c4'],
    ['32 hex digits in lower case', '4F1C2A7D9BE34C0A8D6E5F7081A2B3C4', '4f1c2a7d9be34c0a8d6e5f7081a2b3c4'],
    ['16 hex digits, padded', '8D6E5F7081A2B3C4', '00000000000000008d6e5f7081a2b3c4'],
    ['a UUID without its dashes', '5895F5A9-e4e3-425b-98db-6c6a926195b7', '5895f5a9e4e3425b98db6c6a926195b7'],
    ['the hash of anything else', 't-1', '46e9bc3476c92ea24fb17adac6cd9cda'],
  ])('is %s', (_what, value, id) => {
    expect(traceIdOf(value)).toBe(id);
  });

  it.each(['0'.repeat(32), '0'.repeat(16), '00000000-0000-0000-0000-000000000000'])('is never %s', (zeros) => {
    expect(traceIdOf(zeros)).toBeUndefined();
  });

  it.each([
    ['31 hex digits', 'a'.repeat(31)],
    ['33 hex digits', 'a'.repeat(33)],
    ['hex with a line break', `${'a'.repeat(32)}\n`],
    ['a UUID with its dashes elsewhere', '5895f5a9e-4e3-425b-98db-6c6a926195b7'],
    ['nothing', ''],
  ])('of %s is a hash', (_what, value) => {
    expect(traceIdOf(value)).toBe(hash32(value));
  });

  it('is always 32 lower-case hex digits', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => /^[0-9a-f]{32}$/.test(traceIdOf(value) ?? '')));
  });
});

describe('an observation id', () => {
  it('is 16 lower-case hex digits, and other ones for other parts', () => {
    const part = fc.oneof(fc.constant(undefined), fc.string({ maxLength: 3 }), fc.nat(9));
    const parts = fc.array(part, { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(observationIdOf(a)).toMatch(/^[0-9a-f]{16}$/);
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(observationIdOf(a) === observationIdOf(b)).toBe(same);
      }),
    );
  });

  it.each([
    [['a b'], ['a', 'b']],
    [
      ['a', ''],
      ['a', undefined],
    ],
    [['a', undefined], ['a']],
    [['1'], [1]],
    [['a","b'], ['a', 'b']],
  ])('of %j is not that of %j', (a, b) => {
    expect(observationIdOf(a)).not.toBe(observationIdOf(b));
  });
});

describe('the content of a record', () => {
  const base = { a: '1', b: '2', __time__: '1795244400', '__tag__:t': 'x', __source__: 's', __topic__: 'p' };
  const content = contentOf(fromFlat(base));

  it('does not depend on order, position or the time of receipt', () => {
    const turned = fromFlat({ ...Object.fromEntries(Object.entries(base).reverse()), '__tag__:__receive_time__': '7' });
    expect(contentOf({ ...turned, position: { cursor: 'c', group: 1, index: 2 } })).toBe(content);
  });

  it.each([
    ['a value', { a: '3' }],
    ['a time', { __time__: '1795244401' }],
    ['a part of a second', { __time_ns_part__: '0' }],
    ['a tag', { '__tag__:t': 'y' }],
    ['a source', { __source__: 'q' }],
    ['a topic', { __topic__: 'q' }],
    ['bytes that are no text', { __undecodable__: { a: '/w==' } }],
    ['a field more', { c: '' }],
  ])('depends on %s', (_what, over) => {
    expect(contentOf(fromFlat({ ...base, ...over }))).not.toBe(content);
  });

  it('tells a tag from a field', () => {
    expect(contentOf(fromFlat({ t: 'x' }))).not.toBe(contentOf(fromFlat({ '__tag__:t': 'x' })));
  });

  it('tells one lone surrogate from another', () => {
    expect(contentOf(fromFlat({ a: '\ud800' }))).not.toBe(contentOf(fromFlat({ a: '\ud801' })));
  });
});

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keeps } from '../../lib/select/sample.ts';

const IDS = 100_000;

/** Ids of which none is uniform: a counter behind zeros, as B3 is padded. */
const idOf = (n: number) => n.toString(16).padStart(32, '0');

describe('sampling', () => {
  it.each([0.001, 0.1, 0.5, 0.9])('keeps a share of %d of ids that only count up', (rate) => {
    let kept = 0;
    for (let n = 0; n < IDS; n++) if (keeps(idOf(n), rate)) kept++;
    // Five standard deviations of a fair draw.
    expect(Math.abs(kept / IDS - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / IDS));
  });

  it('keeps all at 1 and none at 0', () => {
    const ids = Array.from({ length: 1000 }, (_, n) => idOf(n));
    expect(ids.filter((id) => keeps(id, 1))).toEqual(ids);
    expect(ids.filter((id) => keeps(id, 0))).toEqual([]);
  });

  it('keeps at a higher rate what it keeps at a lower one', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), rate, rate, (id, one, other) => {
        if (keeps(id, Math.min(one, other))) expect(keeps(id, Math.max(one, other))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('goes by the first 48 bits of the hash, so that every release keeps the same traces', () => {
    const id = '4bf92f3577b34da6a3ce929d0e0e4736';
    const place = Number(`0x${createHash('sha256').update(id).digest('hex').slice(0, 12)}`) / 2 ** 48;
    expect(keeps(id, place)).toBe(false);
    expect(keeps(id, place + 2 ** -48)).toBe(true);
  });
});

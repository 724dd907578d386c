import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Concurrency } from '../lib/concurrency.ts';

const good = (count: number, concurrency: Concurrency) =>
  Promise.all(
    Array.from({ length: count }, () =>
      concurrency.run(
        async () => 'ok',
        () => false,
      ),
    ),
  );

describe('Concurrency', () => {
  it('grows by about one for each round of good answers, to sixteen and no further', async () => {
    const concurrency = new Concurrency(16);
    expect(concurrency.limit).toBe(4);
    await good(5, concurrency);
    expect(concurrency.limit).toBe(5);
    await good(2000, concurrency);
    expect(concurrency.limit).toBe(16);
  });

  it('halves once for all that were in flight together, and again for the next ones', async () => {
    const concurrency = new Concurrency(16);
    await Promise.all(
      Array.from({ length: 4 }, () =>
        concurrency.run(
          async () => 'bad',
          () => true,
        ),
      ),
    );
    expect(concurrency.limit).toBe(2);
    await concurrency.run(
      async () => 'bad',
      () => true,
    );
    expect(concurrency.limit).toBe(1);
    await concurrency.run(
      async () => 'bad',
      () => true,
    );
    expect(concurrency.limit).toBe(1);
  });

  it('gives its place back when the work rejects', async () => {
    const concurrency = new Concurrency(16);
    const failing = () => Promise.reject(new Error('no'));
    for (let i = 0; i < 20; i++) await expect(concurrency.run(failing, () => false)).rejects.toThrow('no');
    await expect(
      concurrency.run(
        async () => 'ok',
        () => false,
      ),
    ).resolves.toBe('ok');
  });

  it('never has more in flight than its limit, runs everything, and stays between one and sixteen', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ ticks: fc.nat(5), bad: fc.boolean() }), { maxLength: 80 }),
        async (jobs) => {
          const concurrency = new Concurrency(16);
          let active = 0;
          const work = (ticks: number) => async () => {
            active++;
            expect(active).toBeLessThanOrEqual(concurrency.limit);
            for (let i = 0; i < ticks; i++) await undefined;
            active--;
            return ticks;
          };
          const all = jobs.map(({ ticks, bad }) => concurrency.run(work(ticks), () => bad));
          expect(await Promise.all(all)).toEqual(jobs.map(({ ticks }) => ticks));
          expect(concurrency.limit).toBeGreaterThanOrEqual(1);
          expect(concurrency.limit).toBeLessThanOrEqual(16);
        },
      ),
    );
  });
});

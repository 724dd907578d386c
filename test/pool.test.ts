import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Pool } from '../lib/pool.ts';

it('gives a buffer again that came back, whole or as a part of it', () => {
  const pool = new Pool(1000, 2);
  const [first, second] = [pool.take(10), pool.take(1000)];
  pool.give(first);
  pool.give(second.subarray(10, 20));
  expect(pool.take(1000).buffer).toBe(second.buffer);
  expect(pool.take(1).buffer).toBe(first.buffer);
  expect(pool.take(1).length).toBe(1000);
});

it('gives no buffer to two, also when one came back twice', () => {
  const pool = new Pool(1000, 5);
  const taken = pool.take(1);
  pool.give(taken);
  pool.give(taken);
  expect(pool.take(1).buffer).not.toBe(pool.take(1).buffer);
});

it('keeps no more than it is told, and none of another size', () => {
  const pool = new Pool(1000, 1);
  const [first, second, large] = [pool.take(1), pool.take(1), pool.take(1001)];
  expect(large.length).toBe(1001);
  for (const buffer of [large, Buffer.alloc(10), first, second]) pool.give(buffer);
  expect(pool.take(1).buffer).toBe(first.buffer);
  expect([first.buffer, second.buffer, large.buffer]).not.toContain(pool.take(1).buffer);
});

it('lends as many as it keeps, in turn, and takes them back from those that fail as well', async () => {
  const pool = new Pool(1000, 2);
  const begun: number[] = [];
  const lent: ArrayBufferLike[] = [];
  const ever = new Set<ArrayBufferLike>();
  const ends: (() => void)[] = [];
  const use = (n: number) =>
    pool.lend(n, async ({ buffer }) => {
      begun.push(n);
      expect(lent).not.toContain(buffer);
      lent.push(buffer);
      ever.add(buffer);
      await new Promise<void>((resolve) => ends.push(resolve));
      lent.splice(lent.indexOf(buffer), 1);
      if (n === 1) throw new Error('broken');
      return n;
    });
  const all = Promise.allSettled([1, 2, 3, 4, 5].map(use));
  for (const expected of [
    [1, 2],
    [1, 2, 3],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
  ]) {
    await setImmediate();
    expect(begun).toEqual(expected);
    ends.shift()?.();
  }
  for (const end of ends) end();
  expect((await all).map(({ status }) => status)).toEqual(['rejected', ...Array(4).fill('fulfilled')]);
  expect(ever.size).toBe(2);
  expect(pool.take(1).buffer).not.toBe(pool.take(1).buffer);
});

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

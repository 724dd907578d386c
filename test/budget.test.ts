import { describe, expect, it } from 'vitest';
import { Budget } from '../lib/budget.ts';
import type { Clock } from '../lib/types.ts';
import { NOON } from './support/clock.ts';

/** A clock that stands still and whose sleepers are woken by hand. */
function handClock(): Clock & { wake(): Promise<void>; asked: number[] } {
  let wakers: (() => void)[] = [];
  const asked: number[] = [];
  return {
    asked,
    now: () => NOON,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        asked.push(ms);
        wakers.push(resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
    wake: async () => {
      for (const wake of wakers) wake();
      wakers = [];
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('the budget', () => {
  it('ends when Function Compute kills the function', () => {
    expect(new Budget(handClock(), 90).endsAt).toBe(NOON + 90_000);
  });

  it.each([
    [3, 1.125, 1.5],
    [10, 6, 8],
    [60, 36, 48],
    [300, 250, 280],
    [600, 550, 580],
  ])('of %i seconds pulls for %d and sends for %d', (timeout, pulling, sending) => {
    const { startedAt, pullUntil, sendUntil } = new Budget(handClock(), timeout);
    expect([startedAt, pullUntil - startedAt, sendUntil - startedAt]).toEqual([NOON, pulling * 1000, sending * 1000]);
  });

  it('aborts when the time for sending is over', async () => {
    const clock = handClock();
    const signal = new Budget(clock, 60).start();
    expect(signal.aborted).toBe(false);
    expect(clock.asked).toEqual([48_000]);
    await clock.wake();
    expect(signal.aborted).toBe(true);
  });

  it('does not abort once it is finished', async () => {
    const clock = handClock();
    const budget = new Budget(clock, 60);
    const signal = budget.start();
    budget.finish();
    await clock.wake();
    expect(signal.aborted).toBe(false);
  });
});

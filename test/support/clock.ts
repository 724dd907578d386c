import type { Clock } from '../../lib/types.ts';

/** 2026-11-21T07:00:00Z. */
export const NOON = 1_795_244_400_000;

/** Time that passes by being slept, and by being told to. */
export interface FakeClock extends Clock {
  /** Every sleep in milliseconds. */
  readonly slept: number[];
  advance(ms: number): void;
  /** Calls `then` once the time has come. */
  at(time: number, then: () => void): void;
}

export function fakeClock(start = NOON): FakeClock {
  let now = start;
  let alarms: { time: number; then: () => void }[] = [];
  const slept: number[] = [];
  const advance = (ms: number): void => {
    now += ms;
    const due = alarms.filter(({ time }) => time <= now);
    alarms = alarms.filter(({ time }) => time > now);
    for (const { then } of due) then();
  };
  return {
    slept,
    advance,
    now: () => now,
    at: (time, then) => {
      alarms.push({ time, then });
    },
    sleep: async (ms, signal) => {
      if (signal?.aborted) return;
      slept.push(ms);
      advance(ms);
    },
  };
}

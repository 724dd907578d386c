import type { LogRecord } from '../../types.ts';
import { parseTime } from './time.ts';

/** When a call was made: Unix milliseconds, whole. */
export interface CallTimes {
  readonly startTime: number;
  readonly endTime: number;
  readonly completionStartTime?: number;
}

/** The same, as a log tells it. */
export interface Told {
  /** Unix milliseconds. */
  readonly start: number | undefined;
  /** When the log was written: the call's end, Unix milliseconds. */
  readonly logged: number | undefined;
  /** Milliseconds. */
  readonly duration: number | undefined;
  /** Milliseconds from the start to a stream's first token. */
  readonly firstToken?: number | undefined;
}

/** A year: longer than any request, and short enough to leave the time one that Langfuse can store. */
const LONGEST = 31_536_000_000;

/** Start, end and, for a stream, the first token, in their order; `undefined` when neither start nor end is told. */
export function timesFrom({ start, logged, duration, firstToken }: Told): CallTimes | undefined {
  const length = wholeMs(duration ?? 0);
  const startTime = start ?? (logged === undefined ? undefined : Math.max(0, logged - length));
  if (startTime === undefined) return undefined;
  const first = wholeMs(firstToken ?? 0);
  return {
    startTime,
    endTime: startTime + length,
    ...(first > 0 && length > 0 && { completionStartTime: startTime + Math.min(first, length) }),
  };
}

/** When SLS or the log agent says the log was written, Unix milliseconds. */
export function loggedAt({ time, timeNs = 0 }: LogRecord): number | undefined {
  // SLS holds seconds of 32 bits; a longer number was pasted as milliseconds and the like.
  if (time > 0xff_ff_ff_ff) return parseTime(String(time), 'UTC');
  return time > 0 ? time * 1000 + Math.floor(timeNs / 1e6) : undefined;
}

/**
 * Start and end of a call that was logged when it ended: at the first of the `stated` times that is one, else at the log's
 * own, after `duration` ms. `undefined` when no time is known.
 */
export function endedAt(
  record: LogRecord,
  stated: readonly (string | undefined)[],
  duration: number,
  timeZone: string,
): CallTimes | undefined {
  const times = stated.map((text) => (text === undefined ? undefined : parseTime(text, timeZone)));
  const endTime = times.find((ms) => ms !== undefined) ?? loggedAt(record);
  if (endTime === undefined) return undefined;
  return { startTime: Math.max(0, endTime - wholeMs(duration)), endTime };
}

/** Whole milliseconds of a duration. */
export function wholeMs(ms: number): number {
  return Math.min(Math.round(ms), LONGEST);
}

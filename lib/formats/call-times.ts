import type { LogRecord } from '../types.ts';
import type { Line } from './line.ts';
import { parseTime } from './time.ts';
import { amount } from './values.ts';

/** Unix milliseconds, whole. */
export interface CallTimes {
  readonly startTime: number;
  readonly endTime: number;
  readonly completionStartTime?: number;
}

/** A year: longer than any request, and short enough to leave the time one that Langfuse can store. */
const LONGEST = 31_536_000_000;

/** When a call was made, by the line's own times or else by the log's; `undefined` when neither tells. */
export function timesOf(line: Line, timeZone: string): CallTimes | undefined {
  const duration = durationOf(line);
  const logged = loggedAt(line.record);
  const stated = ['start_time', 'timestamp', 'time_iso8601', '@timestamp'].map((name) => line.text(name));
  const start = stated.map((text) => text && parseTime(text, timeZone)).find((ms) => typeof ms === 'number');
  const startTime = start ?? (logged === undefined ? undefined : Math.max(0, logged - duration));
  if (startTime === undefined) return undefined;
  const firstToken = wholeMs(amount(line.ai.llm_first_token_duration) ?? 0);
  const streamed = firstToken > 0 && line.ai.response_type !== 'normal';
  return {
    startTime,
    endTime: startTime + duration,
    ...(streamed && { completionStartTime: startTime + firstToken }),
  };
}

/** SLS holds seconds of 32 bits; a longer number was pasted as milliseconds and the like. */
function loggedAt({ time, timeNs = 0 }: LogRecord): number | undefined {
  if (time > 0xff_ff_ff_ff) return parseTime(String(time), 'UTC');
  return time > 0 ? time * 1000 + Math.floor(timeNs / 1e6) : undefined;
}

/** Milliseconds. A gateway without a `duration` field may still say how long the model took. */
function durationOf(line: Line): number {
  const seconds = amount(line.text('request_time'));
  const stated = amount(line.text('duration')) ?? (seconds === undefined ? undefined : seconds * 1000);
  return wholeMs(stated ?? amount(line.ai.llm_service_duration) ?? 0);
}

function wholeMs(ms: number): number {
  return Math.min(Math.round(ms), LONGEST);
}

import type { JsonObject, LogRecord } from '../../types.ts';
import type { CallTimes } from '../values/call-times.ts';
import { parseTime } from '../values/time.ts';
import { amount } from '../values/values.ts';
import { flagAt, textAt } from './payload.ts';
import { requestBodyOf } from './request.ts';

/**
 * When a call of LiteLLM was made, in Unix milliseconds; `undefined` when nothing tells. LiteLLM writes seconds, or
 * dates without a zone, which are UTC wherever it runs.
 */
export function litellmTimes(payload: JsonObject, record: LogRecord): CallTimes | undefined {
  const duration = durationOf(payload);
  const end = timeAt(payload, 'endTime');
  const logged = parseTime(String(record.time), 'UTC');
  const before = end ?? logged;
  const startTime = timeAt(payload, 'startTime') ?? (before === undefined ? undefined : before - duration);
  if (startTime === undefined) return undefined;
  const endTime = Math.max(startTime, end ?? startTime + duration);
  return { startTime, endTime, ...completionStart(payload, startTime, endTime) };
}

function timeAt(payload: JsonObject, name: string): number | undefined {
  const text = textAt(payload, name);
  return text === undefined ? undefined : parseTime(text, 'UTC');
}

/** Whole milliseconds, a day at most: `response_time` is in seconds. */
function durationOf(payload: JsonObject): number {
  const seconds = amount(textAt(payload, 'response_time')) ?? 0;
  const ms = amount(textAt(payload, 'request_duration_ms')) ?? seconds * 1000;
  return Math.min(Math.round(ms), 86_400_000);
}

function completionStart(payload: JsonObject, start: number, end: number): Pick<CallTimes, 'completionStartTime'> {
  const first = timeAt(payload, 'completionStartTime');
  if (first === undefined || first < start || first > end) return {};
  // A call that was not streamed has its end here. The spend table does not say which were: only the time itself tells.
  const streamed = streams(payload) ?? (!Object.hasOwn(payload, 'stream') && first > start && first < end);
  return streamed ? { completionStartTime: first } : {};
}

function streams(payload: JsonObject): boolean | undefined {
  const body = requestBodyOf(payload) ?? {};
  return flagAt(payload, 'stream') ?? flagAt(payload, 'model_parameters.stream') ?? flagAt(body, 'stream');
}

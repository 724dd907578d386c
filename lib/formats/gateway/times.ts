import type { Line } from '../line/line.ts';
import { type CallTimes, loggedAt, wholeMs } from '../values/call-times.ts';
import { parseTime } from '../values/time.ts';
import { amount } from '../values/values.ts';

/** When a call was made, by the line's own times or else by the log's; `undefined` when neither tells. */
export function timesOf(line: Line, timeZone: string): CallTimes | undefined {
  const duration = durationOf(line);
  const at = (name: string) => parseTime(line.text(name) ?? '', timeZone);
  // nginx writes its time when the request is over.
  const ended = at('time_iso8601') ?? loggedAt(line.record);
  const startTime =
    at('start_time') ??
    at('timestamp') ??
    at('@timestamp') ??
    (ended === undefined ? undefined : Math.max(0, ended - duration));
  if (startTime === undefined) return undefined;
  const firstToken = wholeMs(amount(line.ai.llm_first_token_duration) ?? 0);
  const streamed = firstToken > 0 && line.ai.response_type !== 'normal';
  return {
    startTime,
    endTime: startTime + duration,
    ...(streamed && { completionStartTime: startTime + firstToken }),
  };
}

/** Milliseconds. A gateway without a `duration` field may still say how long the model took. */
function durationOf(line: Line): number {
  const seconds = amount(line.text('request_time'));
  const stated = amount(line.text('duration')) ?? (seconds === undefined ? undefined : seconds * 1000);
  return wholeMs(stated ?? amount(line.ai.llm_service_duration) ?? 0);
}

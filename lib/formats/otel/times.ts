import type { CallTimes } from '../values/call-times.ts';
import { parseTime } from '../values/time.ts';
import { amount } from '../values/values.ts';
import { instantOf } from './instant.ts';
import type { Span } from './span.ts';

export const START = ['start', 'startTime', 'start_time', 'startTimeUnixNano', 'start_time_unix_nano'];
export const END = ['end', 'endTime', 'end_time', 'endTimeUnixNano', 'end_time_unix_nano'];

/** When a span ran: start and end, either with `duration` (in the unit of the other), else when it was logged. */
export function timesOf(span: Span, timeZone: string): CallTimes | undefined {
  const { line } = span;
  const at = (text: string | undefined) => (text === undefined ? undefined : instantOf(text, timeZone));
  const [start, end, duration] = [line.text(...START), line.text(...END), line.text('duration')];
  const startTime = at(start) ?? at(moved(end, duration, -1n)) ?? at(end) ?? loggedAt(span);
  if (startTime === undefined) return undefined;
  const lasted = at(end) ?? at(moved(start, duration, 1n)) ?? undated(at(start), start, duration);
  const endTime = Math.max(startTime, lasted ?? startTime);
  const first = firstTokenAt(span, startTime, endTime, timeZone);
  return { startTime, endTime, ...(first !== undefined && { completionStartTime: first }) };
}

function loggedAt({ line: { record } }: Span): number | undefined {
  return record.time > 0 ? parseTime(String(record.time), 'UTC') : undefined;
}

/** By digits, not by arithmetic on milliseconds: the end of a span is its start plus all of its nanoseconds. */
function moved(from: string | undefined, by: string | undefined, way: bigint): string | undefined {
  const length = by?.split('.', 1)[0] ?? '';
  if (from === undefined || !/^\d{1,19}$/.test(from) || !/^\d{1,19}$/.test(length)) return undefined;
  const sum = BigInt(from) + way * BigInt(length);
  return sum > 0n ? String(sum) : undefined;
}

/** The end of a span whose start is a date: its duration then is in milliseconds, as in other logs with dates. */
function undated(start: number | undefined, text: string | undefined, duration: string | undefined) {
  const ms = amount(duration);
  return start === undefined || ms === undefined || /^\d*$/.test(text ?? '') ? undefined : Math.floor(start + ms);
}

const STREAMED = ['gen_ai.request.is_stream', 'gen_ai.request.stream', 'gen_ai.is_streaming', 'llm.is_streaming'];

/** When a stream's first token came, if that lies within the span. */
function firstTokenAt(span: Span, start: number, end: number, timeZone: string): number | undefined {
  const { attributes, events } = span;
  if (String(attributes.get(...STREAMED)) === 'false') return undefined;
  const stated = attributes.text('langfuse.observation.completion_start_time')?.replaceAll('"', '');
  const logged = events.filter(({ name }) => isFirstToken(name)).flatMap(({ time }) => time ?? []);
  const dated = stated === undefined ? undefined : parseTime(stated, timeZone);
  const at =
    dated ?? after(start, waitedMs(span, end - start)) ?? (logged.length > 0 ? Math.min(...logged) : undefined);
  return at !== undefined && at >= start && at <= end ? at : undefined;
}

function after(start: number, ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : start + Math.round(ms);
}

/** Names that libraries give to the event of a stream's first piece. */
function isFirstToken(name: string): boolean {
  return name.length < 100 && /first[ _.-]?(?:token|chunk)|completion\.chunk$/i.test(name);
}

const NS = 1e-6;
const US = 1e-3;
const MS = 1;
const S = 1000;

/** Where the time to the first token is stated, and in which units, the likeliest first. */
const WAITS: readonly (readonly [string, readonly number[]])[] = [
  // ARMS writes whole nanoseconds; others write seconds or milliseconds under the same name.
  ['gen_ai.response.time_to_first_token', []],
  ['gen_ai.user.time_to_first_token', []],
  ['gen_ai.response.time_to_first_chunk', [S]],
  ['gen_ai.server.time_to_first_token', [S]],
  ['gen_ai.latency.time_to_first_token', [S]],
  ['gen_ai.response.time_to_first_token_ms', [MS]],
  ['ai.response.msToFirstChunk', [MS]],
];

export const WAIT_NAMES = WAITS.map(([name]) => name);

/** Milliseconds to the first token: in the first unit in which that is at least one and no more than the whole span. */
function waitedMs({ attributes }: Span, longest: number): number | undefined {
  for (const [name, known] of WAITS) {
    const wait = amount(attributes.get(name));
    if (wait === undefined) continue;
    const units = known.length > 0 ? known : Number.isInteger(wait) ? [NS, MS, S, US] : [S, MS, NS];
    const unit = units.find((one) => wait * one >= 1 && wait * one <= longest);
    if (unit !== undefined) return wait * unit;
  }
  return undefined;
}

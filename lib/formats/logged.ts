import { contentOf } from '../identity.ts';
import type { LogRecord } from '../types.ts';
import type { CallTimes } from './call-times.ts';
import type { Line } from './line.ts';
import { parseTime } from './time.ts';
import { LINE_FIELDS } from './unwrap.ts';

/** A year: longer than any request. */
const LONGEST = 31_536_000_000;

/**
 * Start and end, in Unix ms, of a call that was logged when it ended: at the first of the `stated` times that is one, else
 * at the log's own, after `duration` ms. `undefined` when no time is known.
 */
export function endedAt(
  { record }: Line,
  stated: readonly (string | undefined)[],
  duration: number,
  timeZone: string,
): CallTimes | undefined {
  const times = stated.map((text) => (text === undefined ? undefined : parseTime(text, timeZone)));
  const endTime = times.find((ms) => ms !== undefined) ?? loggedAt(record);
  if (endTime === undefined) return undefined;
  return { startTime: Math.max(0, endTime - Math.min(Math.round(duration), LONGEST)), endTime };
}

/** SLS holds seconds of 32 bits; a longer number was pasted as milliseconds and the like. */
function loggedAt({ time, timeNs = 0 }: LogRecord): number | undefined {
  if (time > 0xff_ff_ff_ff) return parseTime(String(time), 'UTC');
  return time > 0 ? time * 1000 + Math.floor(timeNs / 1e6) : undefined;
}

/**
 * All that tells a line without an id from the next, as text: its fields, what its record says beside it (such as an
 * offset in a file) and the record's time, source and tags. The same whether the line was logged as one text or as fields.
 */
export function contentOfLine({ record, fields }: Line): string {
  const beside = [...record.fields].filter(([name]) => !LINE_FIELDS.includes(name));
  return contentOf({ ...record, fields: new Map([...beside, ...fields]) });
}

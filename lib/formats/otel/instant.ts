import { parseTime } from '../values/time.ts';

/**
 * Unix milliseconds, whole, of a span's time: seconds, milliseconds, microseconds or nanoseconds told apart by their
 * digits (the store's documents say nanoseconds, older ones and its exporter microseconds), or a date. A number that is
 * no plausible time in any of these is microseconds. `undefined` for zero and for what is no time at all.
 */
export function instantOf(text: string, timeZone: string): number | undefined {
  return parseTime(text, timeZone) ?? fromMicroseconds(text.trim());
}

function fromMicroseconds(digits: string): number | undefined {
  if (!/^\d{1,16}$/.test(digits)) return undefined;
  const ms = Math.floor(Number(digits) / 1000);
  return ms > 0 ? ms : undefined;
}

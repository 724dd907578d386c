const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?$/i;

/** Years outside of this are no log times; a stray number must not become one. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/**
 * Unix milliseconds, rounded down, of a date and time (`2026-02-01T09:30:15.078Z`, with or without a zone; `timeZone`
 * is meant where there is none) or of Unix seconds, milliseconds, microseconds or nanoseconds, told apart by size.
 */
export function parseTime(text: string, timeZone: string): number | undefined {
  const trimmed = text.trim();
  const ms = /^\d+(?:\.\d+)?$/.test(trimmed) ? fromEpoch(trimmed) : fromDateTime(trimmed, timeZone);
  return ms !== undefined && ms >= EARLIEST && ms < LATEST ? ms : undefined;
}

function fromEpoch(digits: string): number | undefined {
  const [whole = '', fraction = ''] = digits.split('.');
  // 10 digits are seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds.
  if (whole.length < 9 || whole.length > 19) return undefined;
  const unit = whole.length <= 11 ? 0 : whole.length <= 14 ? 3 : whole.length <= 17 ? 6 : 9;
  // As digits, not by arithmetic: nanoseconds do not fit a double.
  const ms = `${whole}${fraction.padEnd(3, '0').slice(0, 3)}`;
  return Number(unit === 0 ? ms : whole.slice(0, whole.length - unit + 3));
}

function fromDateTime(text: string, timeZone: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [month, day, hour, minute] = [Number(match[2]), Number(match[3]), Number(match[4]), Number(match[5])];
  const ms = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const utc = Date.UTC(Number(match[1]), month - 1, day, hour, minute, Number(match[6]), ms);
  const wall = new Date(utc);
  // Date.UTC carries 31 February over into March: such a text is no time.
  if (wall.getUTCMonth() !== month - 1 || wall.getUTCDate() !== day || hour > 23 || minute > 59) return undefined;
  const zone = match[8];
  if (zone === undefined) return utc - offsetOf(timeZone, utc);
  return utc - fixedOffset(zone);
}

function fixedOffset(zone: string): number {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's wall clock is ahead of UTC, in milliseconds, when that wall clock shows `wall`. */
function offsetOf(timeZone: string, wall: number): number {
  if (timeZone === 'UTC') return 0;
  const guess = offsetAt(timeZone, wall);
  // Once more at the instant found, which lies on the other side of a change of clocks now and then.
  return offsetAt(timeZone, wall - guess);
}

function offsetAt(timeZone: string, instant: number): number {
  const parts = new Map(
    formatter(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall - Math.floor(instant / 1000) * 1000;
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
  const made = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', second: 'numeric', ...fields });
  formatters.set(timeZone, made);
  return made;
}

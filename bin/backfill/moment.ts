/** A point in time as it was asked for. */
export interface Moment {
  /** Unix seconds, whole. */
  readonly seconds: number;
  /** Its part of a state file's name: one for all ways to write an instant; as written where it depends on now. */
  readonly label: string;
}

export type ParsedMoment =
  | { readonly kind: 'moment'; readonly moment: Moment }
  | { readonly kind: 'problem'; readonly message: string };

const WAYS =
  'Write 2026-11-20, 2026-11-20T08:00 or 2026-11-20T08:00:00+08:00 (without a zone it is local time), Unix seconds, ' +
  'now, or what is before now as -30min, -2h or -3d.';
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d{1,9})?)?(?:(Z)|([+-]\d\d):?(\d\d))?$/i;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400, w: 604_800 };

/** Reads a time; `now` is Unix milliseconds. Parts of a second are dropped: GetCursor knows none. */
export function parseMoment(text: string, now: number): ParsedMoment {
  const said = text.trim();
  if (/^\d{13}$/.test(said)) return problem(`${said} looks like milliseconds: write ${said.slice(0, 10)}.`);
  if (/^\d{9,10}$/.test(said)) return absolute(Number(said));
  const before = secondsBefore(said);
  if (before !== undefined) return moment(Math.floor(now / 1000) - before, said);
  const seconds = isoSeconds(said);
  return seconds === undefined ? problem(`"${said.slice(0, 40)}" is no time. ${WAYS}`) : absolute(seconds);
}

/** An instant for people: in the local zone, with its offset. */
export function textOf(seconds: number): string {
  const at = new Date(seconds * 1000);
  const minutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  if (minutes === 0) return `${local}Z`;
  const two = (n: number) => `${Math.floor(Math.abs(n))}`.padStart(2, '0');
  return `${local}${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}

function secondsBefore(text: string): number | undefined {
  if (text === 'now') return 0;
  const [, count, unit = ''] = /^-(\d{1,7})(s|min|m|h|d|w)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0);
}

function isoSeconds(text: string): number | undefined {
  const [, date, time = '00:00', seconds = ':00', utc, hours, minutes] = ISO.exec(text) ?? [];
  if (date === undefined || !isDay(date)) return undefined;
  const zone = utc ? 'Z' : hours === undefined ? '' : `${hours}:${minutes}`;
  const ms = Date.parse(`${date}T${time}${seconds}${zone}`);
  return Number.isNaN(ms) || ms < 0 ? undefined : Math.floor(ms / 1000);
}

/** Date.parse takes a 30th of February for the 2nd of March. */
function isDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}

function absolute(seconds: number): ParsedMoment {
  return moment(seconds, new Date(seconds * 1000).toISOString().replace(/[-:]|\.000/g, ''));
}

function moment(seconds: number, label: string): ParsedMoment {
  return { kind: 'moment', moment: { seconds, label } };
}

function problem(message: string): ParsedMoment {
  return { kind: 'problem', message };
}

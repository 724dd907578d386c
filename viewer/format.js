const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (n) => (n === undefined ? '–' : whole.format(n));
export const compact = (n) => (n === undefined ? '–' : Math.abs(n) < 10_000 ? whole.format(n) : short.format(n));

/** `1 letter`, `2 letters`. */
export const counted = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

/** Milliseconds as a person says them. */
export function duration(ms) {
  if (ms === undefined || !Number.isFinite(ms)) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} d`;
}

/** US dollars, to the digit that matters. */
export function money(cost) {
  if (cost === undefined) return '–';
  if (cost === 0 || cost >= 1) return `$${cost.toFixed(2)}`;
  return `$${cost.toFixed(Math.min(8, 1 - Math.floor(Math.log10(cost))))}`;
}

export function bytes(n) {
  if (n < 1000) return `${n} B`;
  return n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

const two = (n) => String(n).padStart(2, '0');

/** Local time of day, `09:05:03`. */
export function clock(ms) {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Local day, `2026-11-21`. */
export function day(ms) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export const moment = (ms) => `${day(ms)} ${clock(ms)}`;

/** The offset of local time, `UTC+8`. */
export function zone() {
  const minutes = -new Date().getTimezoneOffset();
  const rest = Math.abs(minutes) % 60;
  if (minutes === 0) return 'UTC';
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${two(rest)}` : ''}`;
}

/** The value below which `share` of the sorted values lie. */
export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

import { createHash, hash } from 'node:crypto';
import type { LogRecord } from './types.ts';

const ZERO = /^0+$/;

/**
 * The 32-hex trace id that stands for `value`: 32 hex digits as they are (a W3C trace id, so that the call joins the
 * application's own trace), a UUID without its dashes, 16 hex digits (B3) padded on the left, anything else hashed.
 * `undefined` for a value of zeros only, which W3C calls invalid.
 */
export function traceIdOf(value: string): string | undefined {
  const hex = (isUuid(value) ? value.replaceAll('-', '') : value).toLowerCase();
  if (/^(?:[0-9a-f]{32}|[0-9a-f]{16})$/.test(hex)) return ZERO.test(hex) ? undefined : hex.padStart(32, '0');
  return hash32(value);
}

/** SHA-256 of the text, cut to 32 hex digits. */
export function hash32(value: string): string {
  return sha256(value.toWellFormed()).slice(0, 32);
}

/** In one call, which costs half as much, from Node 20.12 on; Function Compute does not say which 20 it has. */
function sha256(text: string): string {
  return hash ? hash('sha256', text) : createHash('sha256').update(text).digest('hex');
}

/** The 16-hex observation id of what makes a call one call. `undefined` and an empty text are told apart. */
export function observationIdOf(parts: readonly (string | number | undefined)[]): string {
  // JSON, not a join: ['a b'] and ['a', 'b'] must differ.
  return hash32(JSON.stringify(parts.map((part) => part ?? null))).slice(0, 16);
}

/**
 * All that tells one stored record from another, as text: its fields, time, source, topic and tags, in an order of its
 * own. The position is left out, and so is the time of receipt, which a shipper's second delivery changes.
 */
export function contentOf(record: LogRecord): string {
  const sorted = (map: ReadonlyMap<string, string>) =>
    [...map].filter(([key]) => key !== '__receive_time__').sort(([a], [b]) => (a < b ? -1 : 1));
  const undecodable = record.undecodable ? sorted(record.undecodable) : [];
  const { time, timeNs = null, source, topic } = record;
  return JSON.stringify([time, timeNs, source, topic, sorted(record.tags), sorted(record.fields), undecodable]);
}

function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value);
}

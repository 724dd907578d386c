import type { LogRecord, RangeLetter, RecordLetter, Rejection } from '../../lib/types.ts';
import { NOON } from './clock.ts';
import { recordOf } from './records.ts';

export const PREFIX = 'dead';
export const PLACE = { project: 'p', logstore: 'l', shard: 0 };

/** The cursor of a position. */
export function cursorAt(position: number): string {
  return Buffer.from(String(1_000_000 + position)).toString('base64');
}

/** The position of a cursor. */
export function positionAt(cursor: string): number {
  return Number(Buffer.from(cursor, 'base64').toString()) - 1_000_000;
}

const BASE = { requestId: 'first', replays: 0, firstFailedAt: NOON - 60_000, lastFailedAt: NOON - 60_000 };
const REFUSED: Rejection = { why: 'refused', status: 400, message: 'HTTP 400', attempts: 1 };

/** A letter of the n-th call, as it was refused once. */
export function recordLetter(n: number, change: Partial<RecordLetter> = {}, record = recordOf(n)): RecordLetter {
  return { kind: 'record', ...BASE, rejection: REFUSED, origin: PLACE, record, ...change };
}

/** A letter of the positions from `begin` up to `end`. */
export function rangeLetter(begin: number, end: number, change: Partial<RangeLetter> = {}): RangeLetter {
  const range = { endpoint: 'e', ...PLACE, begin: cursorAt(begin), end: cursorAt(end) };
  return { kind: 'range', ...BASE, reason: 'outage', message: 'HTTP 503', range, ...change };
}

/** The key under which the n-th object of letters lies. */
export function keyOf(n: number): string {
  return `${PREFIX}/v1/p/l/0/2026/11/21/${1_000_000 + n}-first.ndjson.gz`;
}

export function parkedKeyOf(n: number): string {
  return keyOf(n).replace(`${PREFIX}/v1/`, `${PREFIX}/parked/v1/`);
}

/** The number of a record made by {@link recordOf}. */
export function numberOf({ fields }: LogRecord): number {
  return Number(fields.get('request_id')?.replace('request-', ''));
}

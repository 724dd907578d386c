import { gunzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { fromFlat } from '../record.ts';
import type { Identity, Json, Letter, RangeLetter, RecordLetter, Rejection } from '../types.ts';
import { VERSION } from './encode.ts';

/**
 * The letters in an object's body.
 *
 * @throws Error when it is no gzip or a line of it is no letter of this version
 */
export function decodeLetters(body: Uint8Array): Letter[] {
  const lines = gunzipSync(body).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line, i) => fromLine(line, i + 1));
}

const Position = z.object({ cursor: z.string(), group: z.number(), index: z.number() });
const Place = { project: z.string(), logstore: z.string(), shard: z.number() };
const instant = z.pipe(
  z.string(),
  z.transform((text) => Date.parse(text)),
);
const hex = (digits: number) => z.string().check(z.regex(new RegExp(`^[0-9a-f]{${digits}}$`)));
const Common = {
  v: z.literal(VERSION),
  message: z.string(),
  requestId: z.string(),
  replays: z.number(),
  firstFailedAt: instant,
  lastFailedAt: instant,
};
const Line = z.discriminatedUnion('kind', [
  z.object({
    ...Common,
    kind: z.literal('record'),
    why: z.enum(['unreadable', 'oversize', 'refused', 'unavailable']),
    status: z.optional(z.number()),
    attempts: z.optional(z.number()),
    origin: z.object({ ...Place, position: z.optional(Position) }),
    identity: z.optional(z.object({ traceId: hex(32), observationId: hex(16), destination: z.optional(z.string()) })),
    record: z.record(z.string(), z.json()),
  }),
  z.object({
    ...Common,
    kind: z.literal('range'),
    why: z.enum(['deadline', 'outage', 'refused', 'pull', 'broken-page', 'expired']),
    range: z.object({ ...Place, endpoint: z.string(), begin: z.string(), end: z.string() }),
  }),
]);
type Line = z.infer<typeof Line>;
type Known = NonNullable<Extract<Line, { kind: 'record' }>['identity']>;

function fromLine(text: string, number: number): Letter {
  const result = Line.safeParse(parsed(text, number));
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`Line ${number} is no letter of version ${VERSION}: ${faults.join('; ')}`);
  }
  const line = result.data;
  const { requestId, replays, firstFailedAt, lastFailedAt, message } = line;
  const base = { requestId, replays, firstFailedAt, lastFailedAt };
  if (line.kind === 'range') {
    return { kind: 'range', ...base, message, reason: line.why, range: line.range } satisfies RangeLetter;
  }
  const { position, ...place } = line.origin;
  // zod rebuilds objects, and loses a key named `__proto__` on the way: the record is taken as it was parsed.
  const { record } = JSON.parse(text) as { record: { [key: string]: Json } };
  const origin = { ...place, ...(position && { position }) };
  return {
    kind: 'record',
    ...base,
    origin,
    rejection: rejectionOf(line),
    record: fromFlat(record),
    ...(line.identity && { identity: identityOf(line.identity) }),
  } satisfies RecordLetter;
}

function parsed(text: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Node's own message quotes the text, which may hold a prompt.
    throw new Error(`Line ${number} is no letter of version ${VERSION}: it is not JSON`);
  }
}

function identityOf({ traceId, observationId, destination }: Known): Identity {
  return { traceId, observationId, ...(destination !== undefined && { destination }) };
}

function rejectionOf({ why, message, status, attempts }: Extract<Line, { kind: 'record' }>): Rejection {
  if (why === 'unreadable' || why === 'oversize') return { why, message };
  return { why, message, attempts: attempts ?? 1, ...(status !== undefined && { status }) };
}

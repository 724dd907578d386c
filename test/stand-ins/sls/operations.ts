import { type Compression, compress, encodeGroups } from './encode.ts';
import type { Fault } from './fault.ts';
import type { SlsRequest } from './request.ts';
import type { Refusal } from './signature.ts';
import { cursorOf, positionOf, type Shard } from './store.ts';

export type Answer =
  | { readonly kind: 'answer'; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer }
  | ({ readonly kind: 'refusal' } & Refusal);

export function refusal(status: number, code: string, message: string): Answer {
  return { kind: 'refusal', status, code, message };
}

export function json(value: unknown): Answer {
  return { kind: 'answer', headers: { 'Content-Type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) };
}

/** PullLogs: groups from `cursor` on, `end_cursor` excluded. */
export function pullLogs(r: SlsRequest, shard: Shard, pageLimit: number, fault: Fault | undefined): Answer {
  const from = positionOf(r.query.get('cursor') ?? '');
  const endCursor = r.query.get('end_cursor');
  const end = endCursor === undefined ? undefined : positionOf(endCursor);
  if (from === undefined || (endCursor !== undefined && end === undefined)) {
    return refusal(400, 'InvalidCursor', 'The cursor is invalid.');
  }
  const count = Number(r.query.get('count'));
  if (!Number.isInteger(count) || count < 1 || count > 1000)
    return refusal(400, 'ParameterInvalid', 'count is 1 to 1000.');
  const hole = fault?.kind === 'empty-moved' ? shard.behindHole(from) : undefined;
  if (hole !== undefined) return page(r, [], hole, undefined, fault);
  const { groups, next, last } = shard.slice(from, end, Math.min(count, pageLimit, forced(fault)));
  return page(r, groups, next, last, fault);
}

function forced(fault: Fault | undefined): number {
  return fault?.kind === 'count' ? fault.groups : 1000;
}

function page(
  r: SlsRequest,
  groups: Parameters<typeof encodeGroups>[0],
  next: bigint,
  last: bigint | undefined,
  fault: Fault | undefined,
): Answer {
  const raw = encodeGroups(groups);
  const as = fault?.kind === 'compression' ? fault.as : accepted(r.headers['accept-encoding'] ?? '');
  const headers = {
    'Content-Type': 'application/x-protobuf',
    'x-log-cursor': cursorOf(next),
    'x-log-count': String(groups.length),
    'x-log-bodyrawsize': String(raw.length),
    ...(as === 'none' ? {} : { 'x-log-compresstype': as }),
    ...(last === undefined ? {} : { 'x-log-read-last-cursor': last.toString() }),
  };
  return { kind: 'answer', headers, body: raw.length === 0 ? raw : compress(raw, as) };
}

function accepted(encodings: string): Compression {
  if (/\blz4\b/.test(encodings)) return 'lz4';
  return /\bdeflate\b/.test(encodings) ? 'deflate' : 'none';
}

/** GetCursor: `from` is begin, end or Unix seconds of receipt. */
export function getCursor(r: SlsRequest, shard: Shard): Answer {
  const from = r.query.get('from') ?? '';
  if (from === 'begin') return json({ cursor: cursorOf(shard.oldest) });
  if (from === 'end') return json({ cursor: cursorOf(shard.end) });
  if (/^\d+$/.test(from)) return json({ cursor: cursorOf(shard.receivedFrom(Number(from))) });
  return refusal(400, 'ParameterInvalid', 'from is begin, end or a time.');
}

export function getCursorTime(r: SlsRequest, shard: Shard): Answer {
  const position = positionOf(r.query.get('cursor') ?? '');
  if (position === undefined) return refusal(400, 'InvalidCursor', 'The cursor is invalid.');
  return json({ cursor_time: shard.receivedAt(position) });
}

export function listShards(ids: readonly number[]): Answer {
  return json(
    ids.map((shardID) => ({
      shardID,
      status: 'readwrite',
      inclusiveBeginKey: '00000000000000000000000000000000',
      exclusiveEndKey: 'ffffffffffffffffffffffffffffffff',
      createTime: '1453949705',
    })),
  );
}

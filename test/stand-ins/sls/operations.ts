import { type Compression, compress, encodeGroups } from './encode.ts';
import type { Fault } from './fault.ts';
import type { SlsRequest } from './request.ts';
import type { Refusal } from './signature.ts';
import { cursorOf, positionOf, type Shard, type SlsGroup, type SlsLog } from './store.ts';

export type Answer =
  | { readonly kind: 'answer'; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer }
  | ({ readonly kind: 'refusal' } & Refusal);

export function refusal(status: number, code: string, message: string): Answer {
  return { kind: 'refusal', status, code, message };
}

export function json(value: unknown): Answer {
  return { kind: 'answer', headers: { 'Content-Type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) };
}

/** What SPL makes of a log: keeps it, drops it, or fails on it. */
export type Verdict = 'keep' | 'drop' | 'fail';

/** How PullLogs answers beside what is asked. */
export interface PullRules {
  readonly pageLimit: number;
  readonly fault: Fault | undefined;
  /** Stands for the pipeline of a `query`. */
  readonly spl: (log: SlsLog) => Verdict;
}

/** PullLogs: groups from `cursor` on, `end_cursor` excluded; with a `query` only of what its pipeline keeps. */
export function pullLogs(r: SlsRequest, shard: Shard, { pageLimit, fault, spl }: PullRules): Answer {
  const from = positionOf(r.query.get('cursor') ?? '');
  const endCursor = r.query.get('end_cursor');
  const end = endCursor === undefined ? undefined : positionOf(endCursor);
  if (from === undefined || (endCursor !== undefined && end === undefined)) {
    return refusal(400, 'InvalidCursor', 'The cursor is invalid.');
  }
  const count = Number(r.query.get('count'));
  if (!Number.isInteger(count) || count < 1 || count > 1000)
    return refusal(400, 'ParameterInvalid', 'count is 1 to 1000.');
  if (r.query.has('query') !== (r.query.get('pullMode') === 'scan_on_stream'))
    return refusal(400, 'ParameterInvalid', 'query and pullMode=scan_on_stream go together.');
  const hole = fault?.kind === 'empty-moved' ? shard.behindHole(from) : undefined;
  if (hole !== undefined) return page(r, [], hole, undefined, fault);
  const { groups, next, last } = shard.slice(from, end, Math.min(count, pageLimit, forced(fault)));
  return r.query.has('query') ? scanned(r, groups, next, last, fault, spl) : page(r, groups, next, last, fault);
}

/** The cursor moves over everything that was looked at; groups of which nothing is kept are gone. */
function scanned(
  r: SlsRequest,
  groups: readonly SlsGroup[],
  next: bigint,
  last: bigint | undefined,
  fault: Fault | undefined,
  spl: PullRules['spl'],
): Answer {
  const kept = groups.map((group) => ({ ...group, logs: group.logs.filter((log) => spl(log) === 'keep') }));
  const left = kept.filter(({ logs }) => logs.length > 0);
  const answer = page(r, left, next, last, fault);
  if (answer.kind === 'refusal') return answer;
  const logs = groups.flatMap((group) => group.logs);
  const counts = {
    'x-log-rawdatacount': String(groups.length),
    'x-log-rawdatalines': String(logs.length),
    'x-log-resultlines': String(left.flatMap((group) => group.logs).length),
    'x-log-failedlines': String(logs.filter((log) => spl(log) === 'fail').length),
  };
  return { ...answer, headers: { ...answer.headers, ...counts } };
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

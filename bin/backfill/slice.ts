import { randomUUID } from 'node:crypto';
import { stepBetween } from '../../lib/sls/cursor.ts';
import type { Said, Source } from './source.ts';
import type { State, Track } from './state.ts';

/** A part of a shard's logs: those that arrived in `[from, to)`, Unix seconds. */
export interface Slice {
  readonly shard: number;
  readonly from: number;
  readonly to: number;
  readonly begin: string;
  readonly end: string;
}

/** Where a shard begins and ends; `first`: when its first log of the time arrived, where that is later (Unix seconds). */
export interface Begun {
  readonly track: Track;
  readonly first?: number;
}

/** Finds the cursors of a shard for a period, and leaves out the slices before its first log. */
export async function beginShard(
  source: Source,
  shard: number,
  { from: { seconds: from }, to: { seconds: to } }: Pick<State, 'from' | 'to'>,
  sliceSeconds: number,
): Promise<Said<Begun>> {
  const begin = await source.cursorAt(shard, from);
  if (begin.kind === 'failed') return begin;
  const end = await source.cursorAt(shard, to);
  if (end.kind === 'failed') return end;
  const cursors = { cursor: begin.value, end: end.value };
  if (stepBetween(begin.value, end.value) !== 'forward') return said({ track: { until: to, ...cursors } });
  const first = await source.timeOf(shard, begin.value);
  if (first.kind === 'failed') return first;
  // The first slice begins at the cursor whatever that time was: if it is off, nothing is left out.
  const skipped = Math.floor((Math.min(first.value, to - 1) - from) / sliceSeconds);
  if (!(skipped > 0)) return said({ track: { until: from, ...cursors } });
  return said({ track: { until: from + skipped * sliceSeconds, ...cursors }, first: first.value });
}

/** The next slice of a shard, which is to be one that is not done. */
export async function nextSlice(
  source: Pick<Source, 'cursorAt'>,
  shard: number,
  { until, cursor, end }: Track,
  to: number,
  sliceSeconds: number,
): Promise<Said<Slice>> {
  const next = Math.min(until + sliceSeconds, to);
  const slice = { shard, from: until, to: next, begin: cursor, end };
  if (next === to) return said(slice);
  const border = await source.cursorAt(shard, next);
  if (border.kind === 'failed') return border;
  // Behind the last log SLS gives the next position, which may have moved on meanwhile.
  return said(stepBetween(border.value, end) === 'forward' ? { ...slice, end: border.value } : slice);
}

/** Whether no log arrived in a slice. */
export function isEmpty({ begin, end }: Slice): boolean {
  return stepBetween(begin, end) !== 'forward';
}

/** Where the shard is after a slice: at the period's end `to` as soon as there is no log left before it. */
export function trackAfter(slice: Slice, track: Track, to: number): Track {
  const cursor = isEmpty(slice) ? slice.begin : slice.end;
  return { ...track, cursor, until: stepBetween(cursor, track.end) === 'forward' ? slice.to : to };
}

/** How many slices of a shard are left. */
export function slicesLeft(track: Track, to: number, sliceSeconds: number): number {
  return Math.max(0, Math.ceil((to - track.until) / sliceSeconds));
}

/** The event of an SLS trigger for a slice (Function Compute, "Log Service trigger"). */
export function eventOf(slice: Slice, at: { endpoint: string; project: string; logstore: string }): string {
  const { shard: shardId, begin: beginCursor, end: endCursor, to: cursorTime } = slice;
  const { endpoint, project: projectName, logstore: logstoreName } = at;
  const source = { endpoint, projectName, logstoreName, shardId, beginCursor, endCursor };
  return JSON.stringify({ parameter: {}, source, jobName: 'backfill', taskId: randomUUID(), cursorTime });
}

function said<T>(value: T): Said<T> {
  return { kind: 'said', value };
}

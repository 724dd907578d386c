import { positionOf } from '../../lib/sls/cursor.ts';
import type { CursorRange } from '../../lib/types.ts';
import { type Stage, sampleText } from '../stage.ts';
import type { Window } from './langfuse-calls.ts';

/** A call begins before its log arrives: by as long as it takes, and as the gateway and its agent hold the log back. */
const BEFORE_MS = 3_600_000;
const AFTER_MS = 60_000;
const DAY_MS = 86_400_000;

/** When the calls of the sample logs began. */
export function sampleWindow(): Window {
  const lines = sampleText().trim().split('\n');
  const times = lines.map((line) => Number((JSON.parse(line) as { __time__?: string }).__time__) * 1000);
  return around(Math.min(...times), Math.max(...times));
}

/**
 * When the calls of an event's range began. The cursors of SLS stand for the arrival of logs in nanoseconds (as it was
 * seen; the documents call them opaque): where they do not, the last day is taken.
 */
export function windowOf(stage: Pick<Stage, 'sls'>, range: CursorRange | undefined): Window {
  if (stage.sls) return sampleWindow();
  const [begin, end] = [range?.begin ?? '', range?.end ?? ''].map((cursor) => timeOf(cursor));
  return begin === undefined || end === undefined ? around(Date.now() - DAY_MS, Date.now()) : around(begin, end);
}

function around(first: number, last: number): Window {
  return { from: first - BEFORE_MS, to: last + AFTER_MS };
}

/** Unix milliseconds, if it is a time that SLS can have seen. */
function timeOf(cursor: string): number | undefined {
  const position = positionOf(cursor);
  const ms = position === undefined ? 0 : Number(position / 1_000_000n);
  return ms > Date.UTC(2012, 0) && ms < Date.now() + DAY_MS ? ms : undefined;
}

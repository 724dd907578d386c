import { positionOf } from '../sls/cursor.ts';
import type { CursorRange, RangeLetter } from '../types.ts';

/** A range letter by what the logstore still holds of it. */
export interface Retained {
  /** To be parked. */
  readonly gone?: RangeLetter;
  /** Can still be pulled. */
  readonly rest?: CursorRange;
}

const MESSAGE = "past the logstore's retention: the logs are deleted";

/**
 * Divides a range letter at the cursor of the oldest log that the shard holds. SLS itself moves a cursor before it
 * forward without a word (Simple Log Service, "PullData"). Of opaque cursors nobody can tell which is older.
 */
export function retainedOf(letter: RangeLetter, oldest: string): Retained {
  const { range } = letter;
  const [begin, limit, end] = [range.begin, oldest, range.end].map(positionOf);
  if (begin === undefined || limit === undefined || end === undefined || limit <= begin) return { rest: range };
  const gone = (lost: CursorRange): RangeLetter => ({ ...letter, reason: 'expired', message: MESSAGE, range: lost });
  if (limit >= end) return { gone: gone(range) };
  return { gone: gone({ ...range, end: oldest }), rest: { ...range, begin: oldest } };
}

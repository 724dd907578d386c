/** What a page should hold, decompressed: large enough for full requests to Langfuse, small enough to hold three. */
const TARGET_BYTES = 4 * 1024 * 1024;
/** The most log groups that PullLogs gives at once. */
const MOST = 1000;

/** Log groups to ask for while nothing is known of their size: a group may hold one log or 5 MB of them. */
export const FIRST_COUNT = 100;

interface Size {
  readonly groups: number;
  readonly bytes: number;
}

/** Log groups to ask for after a page of this size. */
export function countAfter(count: number, { groups, bytes }: Size): number {
  if (groups === 0 || bytes === 0) return count;
  return Math.min(MOST, Math.max(1, Math.floor((TARGET_BYTES * groups) / bytes)));
}

/** Log groups to ask for instead, after a page that was too large: fewer, whatever its headers say. */
export function fewer(count: number, size: Size): number {
  return Math.max(1, Math.min(countAfter(count, size), Math.floor(count / 2)));
}

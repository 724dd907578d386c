import { type Finding, ok, warn } from './exam.ts';
import { inWords } from './last-logs.ts';
import type { Sharded } from './shards.ts';
import { ask, asked, cursorAt, type Logstore } from './sls.ts';

/** Seconds. A range that fails blocks its shard until it succeeds: what ends first, the trouble or the retention? */
const SHORT_S = 86_400;
const MOST_SHARDS = 8;

/**
 * How old the oldest log is, the least that the logstore keeps. Its retention itself is told only to those who may
 * manage the logstore. Simple Log Service "GetCursorTime".
 */
export function checkRetention({ store, shards }: Sharded, signal: AbortSignal): Promise<Finding<never>> {
  return asked(store, 'log:GetCursorOrData', async () => {
    const times = await Promise.all(shards.slice(0, MOST_SHARDS).map((shard) => oldestOf(store, shard, signal)));
    const oldest = times.filter((time) => time > 0).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const age = store.access.clock.now() / 1000 - oldest;
    if (!Number.isFinite(age))
      return warn('SLS does not tell the age of the oldest log.', 'Look at the retention of the logstore.');
    const message = `The oldest log is ${inWords(Math.max(0, age))} old.`;
    if (age >= SHORT_S) return ok(`${message} So long at least the trigger may lag behind without a loss.`);
    const next =
      'Unless the logstore is that young, raise its retention to several days: what is older is lost to a trigger that lags.';
    return warn(message, next);
  });
}

async function oldestOf(store: Logstore, shard: number, signal: AbortSignal): Promise<number> {
  const cursor = await cursorAt(store, shard, 'begin', signal);
  const answer = (await ask(store, shard, { type: 'cursor_time', cursor }, signal)) as { cursor_time?: unknown } | null;
  return Number(answer?.cursor_time ?? 0) || 0;
}

import { expect, it } from 'vitest';
import { fakeClock } from '../support/clock.ts';
import type { Invocation } from './fc.ts';
import { SlsTrigger } from './trigger.ts';

interface Offer {
  readonly shard: number;
  readonly begin: string;
  readonly end: string;
  readonly at: number;
}

/** Runs a trigger over shards whose ends are given for each interval, with the answers of the function. */
async function offers(ends: string[], answers: boolean[]): Promise<Offer[]> {
  const clock = fakeClock(0);
  const stop = new AbortController();
  const seen: Offer[] = [];
  const turn = () => Math.floor(clock.now() / 60_000);
  const invoke = async (event: string, shard: number): Promise<Invocation> => {
    const { source } = JSON.parse(event) as { source: { beginCursor: string; endCursor: string; shardId: number } };
    seen.push({ shard: source.shardId, begin: source.beginCursor, end: source.endCursor, at: turn() });
    const ok = answers.shift() ?? true;
    const requestId = `r${shard}`;
    return ok
      ? { ok, requestId, result: '{}' }
      : { ok, requestId, error: { errorMessage: 'no', errorType: 'Error', stackTrace: [] } };
  };
  clock.at(ends.length * 60_000, () => stop.abort());
  const end = () => ends[Math.min(turn(), ends.length - 1)] ?? '';
  const source = { endpoint: 'e', project: 'p', logstore: 'l' };
  const trigger = new SlsTrigger({ ...source, intervalMs: 60_000, clock, end, invoke });
  await trigger.run(0, 'a', stop.signal);
  return seen;
}

it('offers what came since the last success, once an interval', async () => {
  expect(await offers(['b', 'c', 'd'], [])).toEqual([
    { shard: 0, begin: 'a', end: 'b', at: 0 },
    { shard: 0, begin: 'b', end: 'c', at: 1 },
    { shard: 0, begin: 'c', end: 'd', at: 2 },
  ]);
});

it('offers the same position again after a failure, up to the newest log', async () => {
  expect(await offers(['b', 'c', 'd'], [false, false])).toEqual([
    { shard: 0, begin: 'a', end: 'b', at: 0 },
    { shard: 0, begin: 'a', end: 'c', at: 1 },
    { shard: 0, begin: 'a', end: 'd', at: 2 },
  ]);
});

it('offers nothing when nothing came', async () => {
  expect(await offers(['a', 'b', 'b'], [])).toEqual([{ shard: 0, begin: 'a', end: 'b', at: 1 }]);
});

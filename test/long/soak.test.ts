import { expect, it } from 'vitest';
import { checkConduct, checkOnce } from '../support/life/laws.ts';
import type { LifePlan, Step } from '../support/life/plan.ts';
import { World } from '../support/life/world.ts';

const HOURS = process.env.LONG ? 24 : 1;
const MINUTE = 60_000;
const CALM: Step = { action: 'offer', diesAt: 0, diesAfter: false, pageSize: 3, more: 0, pullMs: 250_000 };
const WIDTH = 8;

/** Of each hour: Langfuse is up, slow for ten minutes, down for twenty in several ways, and back. */
function weatherAt(minute: number): LifePlan['sends'][number] {
  const m = minute % 60;
  if (m < 8) return { fault: 'ok', ms: 30 };
  if (m < 18) return { fault: 'ok', ms: 12_000 };
  if (m < 26) return { fault: 'down', ms: 40 };
  if (m < 34) return { fault: 'timeout', ms: 30_000 };
  if (m < 38) return { fault: 'reset', ms: 5 };
  return { fault: 'ok', ms: 30 };
}

function planOf(mergesLate: boolean, retryOutage: boolean): LifePlan {
  const calls = Array.from({ length: WIDTH }, () => ({ kind: 'call', bad: 'no' }) as const);
  return {
    // One group a minute.
    groups: Array.from({ length: HOURS * 60 + 1 }, () => calls),
    ...{ steps: [], sends: [], lookups: [], routes: [], oss: [], pulls: [] },
    ...{ visibleMs: 2000, named: false, checkpoint: false, maxReplays: 2, expired: 0, mergesLate, retryOutage },
  };
}

/** The trigger fires once a minute for both shards, and the replay every ten minutes. */
async function soak(plan: LifePlan): Promise<{ world: World; mostLetters: number }> {
  const world = new World(plan, 2);
  const start = world.clock.now();
  const minutes = () => Math.floor((world.clock.now() - start) / MINUTE);
  world.langfuse.weather = (now) => weatherAt((now - start) / MINUTE);
  const offered = [0, 0];
  let [replayed, mostLetters] = [0, 0];
  while (minutes() < HOURS * 60) {
    const now = minutes();
    const more = (shard: number) => ({ ...CALM, more: Math.max(0, now - (offered[shard] ?? 0)) });
    const offers = [0, 1].map((shard) => world.offer(more(shard), shard));
    offered.fill(now);
    const replays = now - replayed >= 10 ? [world.replay()] : [];
    if (replays.length > 0) replayed = now;
    await Promise.all([...offers, ...replays]);
    mostLetters = Math.max(mostLetters, Object.keys(world.bucket.letters('dead/')).length);
    const next = start + (now + 1) * MINUTE;
    if (world.clock.now() < next) world.clock.advance(next - world.clock.now());
  }
  world.heal();
  for (const shard of [0, 1]) expect(await world.finish(shard)).toBe(true);
  world.clock.advance(10 * MINUTE);
  await world.replay();
  return { world, mostLetters };
}

it.each([
  ['merges at once', 'letters', false, false],
  ['merges late', 'letters', true, false],
  ['merges at once', 'a range that comes again', false, true],
  ['merges late', 'a range that comes again', true, true],
])(
  `after ${HOURS} h with a Langfuse that ${'%s'} and outages that end in ${'%s'} every call is there, and no letter is left`,
  async (_, outage, mergesLate, retryOutage) => {
    const { world, mostLetters } = await soak(planOf(mergesLate, retryOutage));
    checkConduct(world);
    checkOnce(world);
    expect([...world.bucket.objects.keys()]).toEqual([]);
    expect(world.langfuse.rows.size).toBe(2 * WIDTH * (HOURS * 60 + 1));
    const times = [...world.langfuse.rows.values()].map((row) => row.times);
    if (mergesLate) expect(Math.max(...times)).toBe(1);
    // The outage was one.
    if (outage === 'letters') expect(mostLetters).toBeGreaterThan(10);
    else expect(world.errors.length).toBeGreaterThan(3);
  },
  HOURS * 20_000,
);

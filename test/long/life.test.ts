import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkAccounts, checkConduct, checkOnce, checkQuiet } from '../support/life/laws.ts';
import { type LifePlan, life } from '../support/life/plan.ts';
import { World } from '../support/life/world.ts';

const LIVES = process.env.LONG ? 20_000 : 1000;

/** Lives the plan, heals it, and replays until nothing is left to be replayed. */
async function live(plan: LifePlan): Promise<World> {
  const world = new World(plan);
  for (const step of plan.steps) await world.step(step);
  world.heal();
  if (!(await world.finish()))
    throw new Error('the range does not succeed though nothing is wrong any more', { cause: world.errors });
  world.expire(plan.expired);
  for (let replays = 0; replays <= plan.maxReplays + 1; replays++) {
    world.clock.advance(600_000);
    const receipt = await world.replay();
    if (receipt?.objects === 0 && !receipt.busy) return world;
  }
  throw new Error('the replays do not come to rest', { cause: world.errors });
}

it(
  `accounts for every log in ${LIVES} lives of faults, deaths, offers and replays`,
  async () => {
    await fc.assert(
      fc.asyncProperty(life, async (plan) => {
        const world = await live(plan);
        checkConduct(world);
        checkQuiet(world);
        checkAccounts(world);
        checkOnce(world);
      }),
      { numRuns: LIVES },
    );
  },
  LIVES * 100,
);

it('would notice a call that is lost and a letter that is left', async () => {
  const [plan] = fc.sample(life, { seed: 7, numRuns: 1 });
  if (!plan) throw new Error('there is no plan');
  const world = await live({ ...plan, groups: [[{ kind: 'call', bad: 'no' }]], expired: 0 });
  checkAccounts(world);
  world.langfuse.rows.clear();
  world.bucket.objects.clear();
  expect(() => checkAccounts(world)).toThrow('record 0 of group 0 is lost');
  world.bucket.objects.set('dead/v1/p/l/0/2026/11/21/1-i1.ndjson.gz', Buffer.from(''));
  expect(() => checkQuiet(world)).toThrow();
});

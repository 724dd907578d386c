import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Letter } from '../lib/types.ts';
import { numberOf, positionAt, rangeLetter, recordLetter } from './support/letters.ts';
import { ReplaySite } from './support/replay.ts';

/** A call, or three of them as a range, and how often it was replayed. */
const letter = fc.record({ range: fc.boolean(), replays: fc.nat(3), bad: fc.boolean() });
const objects = fc.array(fc.array(letter, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
/** What befalls the n-th operation: it fails, it is done and its answer is lost, or the process dies there. */
const faults = fc.array(fc.constantFrom('ok', 'ok', 'ok', 'fails', 'lost', 'dies'), { maxLength: 30 });

type Objects = { range: boolean; replays: number; bad: boolean }[][];
type Fate = 'ok' | 'fails' | 'lost' | 'dies';

/** Lays the letters down and returns the numbers of all their calls. */
function lay(site: ReplaySite, plan: Objects): number[] {
  const bad = new Set<number>();
  const all = plan.flatMap((letters, o) => {
    const numbers = letters.flatMap(({ range }, i) => (range ? [0, 1, 2] : [0]).map((k) => o * 100 + i * 10 + k));
    const made = letters.map(({ range, replays, bad: isBad }, i): Letter => {
      const n = o * 100 + i * 10;
      if (isBad) bad.add(n);
      return range ? rangeLetter(n, n + 3, { replays }) : recordLetter(n, { replays });
    });
    site.put(o, ...made);
    return numbers;
  });
  site.answer = (n) => (bad.has(n) ? 'refuse' : 'deliver');
  site.ship = ({ begin, end }) => {
    if (bad.has(positionAt(begin))) throw new Error('the pull failed');
    for (let n = positionAt(begin); n < positionAt(end); n++) site.delivered.add(n);
  };
  return all;
}

const callsIn = (letter: Letter): number[] => {
  if (letter.kind === 'record') return [numberOf(letter.record)];
  const [from, to] = [positionAt(letter.range.begin), positionAt(letter.range.end)];
  return Array.from({ length: to - from }, (_, i) => from + i);
};

/** Replays without faults until there is nothing left to be replayed. */
async function untilQuiet(site: ReplaySite): Promise<void> {
  site.bucket.before = () => {};
  site.bucket.after = () => {};
  for (let i = 0; i < 8; i++) {
    site.clock.advance(600_000);
    await site.replay({}, { requestId: `clean-${i}` });
  }
}

function checkNothingIsLost(site: ReplaySite, all: readonly number[]): void {
  const letters = site.bucket.letters('');
  expect(Object.keys(letters).filter((key) => !key.startsWith('dead/parked/v1/'))).toEqual([]);
  const parked = new Set(Object.values(letters).flat().flatMap(callsIn));
  expect(all.filter((n) => !site.delivered.has(n) && !parked.has(n))).toEqual([]);
}

/** Runs a replay against these faults, to its end or its death. */
async function replayUnder(site: ReplaySite, fates: readonly Fate[], requestId: string): Promise<void> {
  let operations = 0;
  let die = () => {};
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  let dead = false;
  const never = new Promise<never>(() => {});
  site.bucket.before = () => {
    if (dead) return never;
    const fate = fates[operations++];
    if (fate === 'fails') throw new Error('refused');
    if (fate !== 'dies') return undefined;
    dead = true;
    die();
    return never;
  };
  site.bucket.after = () => {
    if (fates[operations - 1] === 'lost') throw new Error('reset');
  };
  const over = site.replay({}, { requestId }).then(
    () => undefined,
    (error: unknown) => expect(error).toMatchObject({ code: 'dead-letter' }),
  );
  await Promise.race([over, death]);
}

describe('a replay', () => {
  it('loses nothing, whichever of its operations fail, lose their answer or see the process die', async () => {
    await fc.assert(
      fc.asyncProperty(objects, faults, async (plan, fates) => {
        const site = new ReplaySite();
        const all = lay(site, plan);
        await replayUnder(site, fates, 'second');
        await untilQuiet(site);
        checkNothingIsLost(site, all);
      }),
      { numRuns: 300 },
    );
  });

  it('loses nothing at any single position of a failure', async () => {
    const plan: Objects = [
      [
        { range: false, replays: 2, bad: true },
        { range: true, replays: 0, bad: false },
      ],
      [{ range: true, replays: 2, bad: true }],
      [{ range: false, replays: 0, bad: false }],
    ];
    for (const fate of ['fails', 'lost', 'dies'] as const) {
      for (let position = 0; position < 25; position++) {
        const site = new ReplaySite();
        const all = lay(site, plan);
        await replayUnder(site, [...Array<Fate>(position).fill('ok'), fate], 'second');
        await untilQuiet(site);
        checkNothingIsLost(site, all);
      }
    }
  });

  it('loses nothing beside another one that runs without regard to its lease', async () => {
    await fc.assert(
      fc.asyncProperty(objects, fc.array(fc.nat(6), { maxLength: 60 }), async (plan, turns) => {
        const site = new ReplaySite();
        const all = lay(site, plan);
        let operations = 0;
        site.bucket.claim = async () => true;
        site.bucket.before = async () => {
          for (let turn = turns[operations++ % Math.max(1, turns.length)] ?? 0; turn > 0; turn--) await undefined;
        };
        const done = await Promise.all(['second', 'third'].map((requestId) => site.replay({}, { requestId })));
        expect(done.map(({ busy }) => busy)).toEqual([undefined, undefined]);
        await untilQuiet(site);
        checkNothingIsLost(site, all);
      }),
      { numRuns: 200 },
    );
  });

  it('parks a letter once, though the process died before the object was deleted', async () => {
    const site = new ReplaySite();
    lay(site, [[{ range: false, replays: 2, bad: true }]]);
    site.bucket.before = (operation, key) => {
      if (operation === 'delete' && key.startsWith('dead/v1/')) throw new Error('refused');
    };
    await expect(site.replay()).rejects.toThrow('did not delete');
    await untilQuiet(site);
    expect(Object.values(site.bucket.letters('dead/parked/')).flat()).toHaveLength(1);
  });
});

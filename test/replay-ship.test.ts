import { describe, expect, it } from 'vitest';
import type { PagePlan, Plan } from './support/plan.ts';
import { run } from './support/shard.ts';

const page = (change: Partial<PagePlan> = {}): PagePlan => ({
  kind: 'records',
  records: [{ n: 1, kind: 'call' }],
  ms: 10,
  ...change,
});
const down = { sends: Array<Plan['sends'][number]>(100).fill({ fault: 'reset', ms: 1 }) };
const wrongKeys = { sends: [{ fault: 'keys', ms: 1 }] } as const;

function planOf(change: Partial<Plan>): Plan {
  // More than are in settlement at once.
  const pages = Array.from({ length: 12 }, () => page());
  const calm = { pages, sends: [], bad: [], named: false, mergesLate: false, puts: [] };
  return { ...calm, pullMs: 250_000, sendMs: 280_000, ...change };
}

describe('what fails of a range that was replayed twice before', () => {
  it.each<[string, Partial<Plan>, string, number[]]>([
    ['a record that is refused', { bad: [1] }, 'record', [3]],
    ['the rest that cannot be pulled', { pages: [page(), page({ kind: 'fails' })] }, 'range', [3]],
    ['a page that cannot be read', { pages: [page(), page({ kind: 'broken' })] }, 'range', [3]],
    ['the rest after the time is over', { pages: [page({ ms: 250_000 }), page()] }, 'range', [2]],
    ['the rest when Langfuse is down', down, 'range', [2]],
    ['the rest when the keys are wrong', wrongKeys, 'range', [2]],
  ])('counts its replays for %s', async (_, change, kind, replays) => {
    const { letters } = await run(planOf(change), { replayOf: 2 });
    expect(letters.filter((letter) => letter.kind === kind).map((letter) => letter.replays)).toEqual(replays);
  });

  it.each([
    ['Langfuse is down', down],
    ['the keys are wrong', wrongKeys],
  ])('counts none for the records that were read while %s', async (_, change) => {
    const { letters } = await run(planOf(change), { replayOf: 2 });
    const records = letters.filter(({ kind }) => kind === 'record');
    expect(records.length).toBeGreaterThan(0);
    expect(new Set(records.map(({ replays }) => replays))).toEqual(new Set([2]));
  });
});

describe('with ON_OUTAGE=retry', () => {
  it('an outage is thrown, by name, and leaves no letter', async () => {
    const { result, letters } = await run(planOf(down), { retryOutage: true });
    expect(result).toMatchObject({
      error: { code: 'outage', message: expect.stringContaining('Langfuse is down: reset') },
    });
    expect(letters).toEqual([]);
  });

  it('wrong keys are no outage: SLS would offer the range for ever', async () => {
    const { result, letters } = await run(planOf(wrongKeys), { retryOutage: true });
    expect(result).toMatchObject({ receipt: { delivered: 0, ranges: 1 } });
    expect(letters.length).toBeGreaterThan(1);
  });

  it('the end of the time is no outage: a long range would never come to its end', async () => {
    const { result } = await run(planOf({ pages: [page({ ms: 250_000 }), page()] }), { retryOutage: true });
    expect(result).toMatchObject({ receipt: { delivered: 1, ranges: 1 } });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Receipt } from '../lib/types.ts';
import { checkError, checkRanges, checkReceipt, checkSecrecy } from './support/laws.ts';
import type { Outcome, PagePlan, Plan } from './support/plan.ts';
import { plan } from './support/plans.ts';
import { run } from './support/shard.ts';

describe('shipRange', () => {
  it('keeps its laws whatever fails and whenever', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (p) => {
        const outcome = await run(p);
        expect(outcome.breaches).toEqual([]);
        checkSecrecy(outcome);
        if ('error' in outcome.result) return checkError(outcome, outcome.result.error, p);
        expect(outcome.refusedPuts).toEqual([]);
        checkReceipt(outcome, outcome.result.receipt);
        checkRanges(outcome, outcome.result.receipt);
      }),
      { numRuns: 500 },
    );
  });

  it('shows each call once on a server that merges late, whatever answers are lost', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (p) => {
        const { rows } = await run({ ...p, mergesLate: true });
        expect([...rows.values()].filter((times) => times > 1)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  const QUIET: Plan = {
    pages: [],
    sends: [],
    bad: [],
    named: false,
    mergesLate: false,
    puts: [],
    pullMs: 250_000,
    sendMs: 280_000,
  };
  const calls = (...numbers: number[]): PagePlan => ({
    kind: 'records',
    records: numbers.map((n) => ({ n, kind: 'call' })),
    ms: 10,
  });
  const failing: PagePlan = { kind: 'fails', records: [], ms: 10 };

  async function receiptOf(p: Partial<Plan>): Promise<{ outcome: Outcome; receipt: Receipt }> {
    const outcome = await run({ ...QUIET, ...p });
    if ('error' in outcome.result) throw outcome.result.error;
    return { outcome, receipt: outcome.result.receipt };
  }

  async function errorOf(p: Partial<Plan>): Promise<unknown> {
    const { result } = await run({ ...QUIET, ...p });
    if ('receipt' in result) throw new Error('nothing was thrown');
    return result.error;
  }

  it('returns an empty receipt for a range without pages', async () => {
    const { receipt, outcome } = await receiptOf({});
    expect(receipt).toMatchObject({ read: 0, delivered: 0, ranges: 0, pages: 0, bytes: 0, lagMs: 0, requestId: 'req' });
    expect(outcome.letters).toEqual([]);
  });

  it('takes a line that comes twice within a page for one call, and both records for delivered', async () => {
    const { receipt, outcome } = await receiptOf({ pages: [calls(1, 2, 1, 1)] });
    expect(receipt).toMatchObject({ read: 4, delivered: 4 });
    expect(outcome.rows.size).toBe(2);
  });

  it('letters each record of a line that comes twice and is refused', async () => {
    const { receipt } = await receiptOf({ pages: [calls(1, 2, 1)], bad: [1] });
    expect(receipt).toMatchObject({ read: 3, delivered: 1, lettered: { refused: 2 } });
  });

  it('counts the lag from the newest record where nobody said when the range ended, whichever page brought it', async () => {
    const { receipt } = await receiptOf({ pages: [calls(-30, -20, -25), calls(-1040)] });
    expect(receipt.lagMs).toBe(20_000 + receipt.ms);
  });

  it('throws when nothing could be pulled', async () => {
    expect(await errorOf({ pages: [failing] })).toMatchObject({ code: 'pull' });
  });

  it('letters the rest when a later page could not be pulled', async () => {
    const { receipt, outcome } = await receiptOf({ pages: [calls(1), failing, calls(2)] });
    expect(receipt).toMatchObject({ read: 1, delivered: 1, ranges: 1, pages: 1 });
    expect(outcome.letters).toMatchObject([{ kind: 'range', reason: 'pull' }]);
  });

  it('goes on behind a page that cannot be read', async () => {
    const broken: PagePlan = { kind: 'broken', records: [], ms: 0 };
    const { receipt, outcome } = await receiptOf({ pages: [calls(1), broken, calls(2)] });
    expect(receipt).toMatchObject({ read: 2, delivered: 2, ranges: 1, pages: 3 });
    expect(outcome.letters).toMatchObject([{ kind: 'range', reason: 'broken-page', message: 'garbage' }]);
  });

  it('throws when a letter cannot be written, and says what is not accounted for', async () => {
    const error = await errorOf({ pages: [calls(1, 2)], bad: [1], puts: [false] });
    expect(error).toMatchObject({ code: 'dead-letter', message: expect.stringContaining('1 records of the page at') });
  });

  it('throws when the letter of the unread rest cannot be written', async () => {
    const error = await errorOf({ pages: [calls(1), failing], puts: [false] });
    expect(error).toMatchObject({ code: 'dead-letter', message: expect.stringContaining('the range from') });
  });

  it('stops pulling when the keys are refused, and tells of it in the log', async () => {
    const pages = Array.from({ length: 20 }, (_, n) => calls(n));
    const { receipt, outcome } = await receiptOf({ pages, sends: [{ fault: 'keys', ms: 1 }] });
    expect(receipt.read).toBeLessThanOrEqual(3);
    expect(receipt.ranges).toBe(1);
    expect(outcome.letters.at(-1)).toMatchObject({ kind: 'range', reason: 'refused' });
    expect(outcome.lines.join()).toContain('it refuses every request');
  });

  it('letters what was read and the rest when Langfuse stays down', async () => {
    const pages = Array.from({ length: 20 }, (_, n) => calls(n));
    const { receipt, outcome } = await receiptOf({ pages, sends: Array(100).fill({ fault: 'reset', ms: 1 }) });
    expect(receipt).toMatchObject({ delivered: 0, lettered: { unavailable: receipt.read }, ranges: 1 });
    expect(outcome.letters.at(-1)).toMatchObject({ kind: 'range', reason: 'outage' });
    expect(outcome.lines.join()).toContain('it does not answer');
  });

  it('letters the rest as past the deadline when the time for pulling is over', async () => {
    const slow = { ...calls(1), ms: 200_000 };
    const { receipt, outcome } = await receiptOf({ pages: [slow, { ...slow, ms: 60_000 }, calls(3)] });
    expect(receipt).toMatchObject({ read: 2, delivered: 2, ranges: 1 });
    expect(outcome.letters).toMatchObject([{ kind: 'range', reason: 'deadline' }]);
  });

  it('calls it the deadline, not a failed pull, when the end of the time breaks a pull off', async () => {
    // The remainder of 7 is how many turns the others have before the time jumps: the first page is settled by then.
    const { outcome } = await receiptOf({ pages: [calls(1), { ...calls(2), ms: 290_002 }] });
    expect(outcome.letters).toMatchObject([{ kind: 'range', reason: 'deadline' }]);
  });
});

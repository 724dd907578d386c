import { expect, it } from 'vitest';
import { pullRange } from '../../lib/sls/pull.ts';
import { Tally } from '../../lib/tally.ts';
import type { LogPage } from '../../lib/types.ts';
import { cursorOf, FIRST_POSITION } from '../stand-ins/sls.ts';
import { collect, numbered, world } from './world.ts';

const OF = { requestId: 'r', startedAt: 0, arrivedAt: 0, now: 1 };

async function receiptFrom(begin: bigint) {
  const { range, access } = await world({ groups: numbered(3) });
  const pages = (await collect(pullRange({ ...range, begin: cursorOf(begin) }, access))) as LogPage[];
  const tally = new Tally();
  for (const page of pages) {
    tally.page(page);
    tally.settled(page.records.length, [], []);
  }
  return tally.receipt(OF);
}

it('a range that begins before the oldest log says in its receipt what is gone', async () => {
  const gap = { from: String(FIRST_POSITION - 5n), to: String(FIRST_POSITION) };
  expect(await receiptFrom(FIRST_POSITION - 5n)).toMatchObject({ read: 3, gap });
});

it('a range that begins with a log has no gap', async () => {
  expect(await receiptFrom(FIRST_POSITION)).not.toHaveProperty('gap');
  expect(await receiptFrom(FIRST_POSITION + 1n)).not.toHaveProperty('gap');
});

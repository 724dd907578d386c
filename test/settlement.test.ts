import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Deliveries } from '../lib/destinations.ts';
import { ALL } from '../lib/formats/all.ts';
import { shipRange } from '../lib/ship.ts';
import { PullError } from '../lib/sls/pull-error.ts';
import type { LogPage } from '../lib/types.ts';
import { fakeClock } from './support/clock.ts';
import { IDLE } from './support/delivery.ts';
import { cursorAt } from './support/letters.ts';
import { recordOf } from './support/records.ts';

const PAGES = 20;

/** Ships these pages by a delivery that does nothing but what it is given. */
function shipment(pull: () => AsyncGenerator<LogPage>, delivery: Partial<Deliveries> & Pick<Deliveries, 'settle'>) {
  return shipRange(
    { endpoint: 'e', project: 'p', logstore: 'l', shard: 0, begin: cursorAt(0), end: cursorAt(PAGES) },
    {
      pull,
      delivery: { ...IDLE, ...delivery },
      letters: { put: async () => undefined },
      log: () => undefined,
      clock: fakeClock(),
    },
    {
      ...{ requestId: 'r', prefix: 'p', readers: ALL, timeZone: 'UTC' },
      ...{ startedAt: 0, pullUntil: Number.POSITIVE_INFINITY },
    },
  );
}

it.each([
  ['eight small pages', 100_000, 8],
  ['two of the usual 4 MB', 4_000_000, 2],
  ['two of which one is large', 5_900_000, 2],
])('%s at most are in settlement while Langfuse does not answer, and one more is held', async (_, bytes, most) => {
  let asked = 0;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  async function* pull(): AsyncGenerator<LogPage> {
    for (; asked < PAGES; ) yield { cursor: cursorAt(asked), next: cursorAt(++asked), records: [], bytes };
  }
  const settle = async () => {
    await gate;
    return [];
  };
  const shipping = shipment(pull, { settle });
  for (let turn = 0; turn < 50; turn++) await setImmediate();
  expect(asked).toBe(most + 1);
  open();
  expect(await shipping).toMatchObject({ pages: PAGES });
});

/** A shipment of these pages, and how often it asked what Langfuse is. */
async function askedFor(pull: () => AsyncGenerator<LogPage>): Promise<number> {
  let asked = 0;
  const ready = async () => void asked++;
  await shipment(pull, { ready, settle: async () => [] }).catch(() => undefined);
  return asked;
}

it('does not ask Langfuse what it is for a range that gave no record: nobody would wait for its answer', async () => {
  const page = { cursor: cursorAt(0), next: cursorAt(PAGES), bytes: 0 };
  expect(await askedFor(async function* () {})).toBe(0);
  expect(
    await askedFor(async function* () {
      yield { ...page, records: [] };
    }),
  ).toBe(0);
  const refused = new PullError('no', { code: 'Unauthorized', cursor: cursorAt(0), attempts: 1 });
  expect(
    await askedFor(async function* () {
      yield* await Promise.reject<LogPage[]>(refused);
    }),
  ).toBe(0);
  expect(
    await askedFor(async function* () {
      yield { ...page, records: [recordOf(1)] };
    }),
  ).toBe(1);
});

import { describe, expect, it } from 'vitest';
import type { LogPage } from '../../lib/types.ts';
import { cursorOf, FIRST_POSITION, type SlsGroup, type SlsLog } from '../stand-ins/sls.ts';
import { lineOf } from '../support/records.ts';
import { ship } from './shipped.ts';
import { collect, numbered, numbers, world } from './world.ts';

/** What percent-encoding may get wrong: blanks, quotes, a plus sign, other scripts. */
const QUERY = "* | where route_name = 'chat + 100%' and model like '通义*' -- it's all";

const fieldsOf = ({ fields }: SlsLog) => fields as Readonly<Record<string, string>>;
const even = (log: SlsLog) => (Number(fieldsOf(log).n) % 2 === 0 ? 'keep' : 'drop');

describe('SLS_QUERY', () => {
  it.each(['v4', 'v1'] as const)(
    'is sent signed with %s, with each page and as the SDKs send it',
    async (signature) => {
      const { pull, sls } = await world({ access: { query: QUERY, signature } });
      expect(numbers(await collect(pull()))).toEqual(['0', '1', '2', '3']);
      expect(sls.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      for (const { query } of sls.requests) {
        expect([query.get('query'), query.get('pullMode')]).toEqual([QUERY, 'scan_on_stream']);
      }
    },
  );

  it('that is not set is not sent', async () => {
    const { pull, sls } = await world();
    await collect(pull());
    expect(sls.requests.some(({ query }) => query.has('query') || query.has('pullMode'))).toBe(false);
  });

  it('that leaves whole pages empty does not end the range there', async () => {
    const { pull, range } = await world({ access: { query: QUERY }, spl: even });
    const pages = await collect(pull());
    expect(pages.map((page) => ('records' in page ? page.records.length : -1))).toEqual([1, 0, 1, 0]);
    expect(pages.at(-1)?.next).toBe(range.end);
  });

  it('hides where a page begins, so that no gap is taken for one', async () => {
    const groups = numbered(6);
    const { pull } = await world({ groups, groupsPerPage: 3, access: { query: QUERY }, spl: even });
    const pages = (await collect(pull())) as LogPage[];
    expect(numbers(pages)).toEqual(['0', '2', '4']);
    expect(pages.map(({ first }) => first)).toEqual([undefined, undefined]);
    const whole = await world({ groups, groupsPerPage: 3 });
    const [page] = (await collect(whole.pull())) as LogPage[];
    expect(page?.first).toBe(FIRST_POSITION);
  });
});

describe('logs that SLS_QUERY fails on', () => {
  /** Pages of two groups: of each ten logs SPL keeps six, drops two and fails on two. */
  const groups: SlsGroup[] = Array.from({ length: 20 }, (_, n) => ({
    logs: [{ time: 1_795_244_400 + n, fields: lineOf(n) }],
  }));
  const spl = (log: SlsLog) => {
    const n = Number(fieldsOf(log).request_id?.replace('request-', ''));
    return n % 5 === 0 ? 'fail' : n % 5 === 1 ? 'drop' : 'keep';
  };

  it('are in the receipt and in one warning: nobody read them', async () => {
    const { receipt, delivered, logged } = await ship(
      await world({ groups, groupsPerPage: 2, access: { query: QUERY }, spl }),
    );
    expect(receipt).toMatchObject({ read: 12, delivered: 12, failedLines: 4, pages: 10, ranges: 0 });
    expect(delivered).toHaveLength(12);
    expect(logged).toEqual([['warn', expect.stringMatching(/SLS_QUERY failed.*were not read/), { failedLines: 4 }]]);
  });

  it('are not spoken of when there are none', async () => {
    const { receipt, logged } = await ship(await world({ groups, access: { query: QUERY } }));
    expect(receipt).toMatchObject({ read: 20, delivered: 20 });
    expect(receipt).not.toHaveProperty('failedLines');
    expect(logged).toEqual([]);
  });

  it.each(['-1', 'many', ''])('are none for a header that says %j', async (failed) => {
    const shard = await world({ groups: groups.slice(0, 1), access: { query: QUERY } });
    shard.sls.faults = [{ kind: 'headers', set: { 'x-log-failedlines': failed } }];
    expect((await ship(shard)).receipt).not.toHaveProperty('failedLines');
  });
});

it('a range that is queried and begins in a hole says of no gap', async () => {
  const shard = await world({ groups: numbered(2), access: { query: QUERY } });
  const early = { ...shard, range: { ...shard.range, begin: cursorOf(FIRST_POSITION - 5n) } };
  expect((await ship(early)).receipt).not.toHaveProperty('gap');
  const plain = await world({ groups: numbered(2) });
  const same = { ...plain, range: { ...plain.range, begin: cursorOf(FIRST_POSITION - 5n) } };
  expect((await ship(same)).receipt).toHaveProperty('gap');
});

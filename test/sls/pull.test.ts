import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pullRange } from '../../lib/sls/pull.ts';
import type { LogPage } from '../../lib/types.ts';
import { cursorOf, type Fault, FIRST_POSITION } from '../stand-ins/sls.ts';
import { slsGroup } from './generated.ts';
import { collect, numbered, numbers, untilError, world } from './world.ts';

describe('a range', () => {
  it.each(['v4', 'v1'] as const)('is read whole and in order with signature %s', async (signature) => {
    const { pull, sls, range } = await world({ access: { signature } });
    const pages = await collect(pull());
    expect(numbers(pages)).toEqual(['0', '1', '2', '3']);
    expect([pages[0]?.cursor, pages.at(-1)?.next]).toEqual([range.begin, range.end]);
    expect(sls.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('is asked for as PullLogs documents', async () => {
    const { pull, sls, range } = await world({ groups: numbered(1) });
    await collect(pull());
    const [request] = sls.requests;
    expect(request?.rawPath).toBe('/logstores/store/shards/0');
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      type: 'log',
      cursor: range.begin,
      end_cursor: range.end,
      count: '100',
    });
    expect(request?.headers).toMatchObject({
      host: `proj.${new URL(sls.url).host}`,
      accept: 'application/x-protobuf',
      'accept-encoding': 'lz4',
      'x-log-apiversion': '0.6.0',
      'x-log-bodyrawsize': '0',
    });
    expect(request?.headers).not.toHaveProperty('content-type');
  });

  it('gives the same records in the same order however it is paged', async () => {
    const faults = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 });
    const compressions = fc.constantFrom<'lz4' | 'deflate' | 'none'>('lz4', 'deflate', 'none');
    const run = async (groups: Parameters<typeof world>[0], queue: (Fault | undefined)[]) => {
      const { pull, sls } = await world(groups);
      sls.faults = queue;
      const pages = (await collect(pull())) as LogPage[];
      expect(pages.every((page, i) => i === 0 || page.cursor === pages[i - 1]?.next)).toBe(true);
      await sls.close();
      return pages.flatMap(({ records }) => [...records].map(({ position: _, ...record }) => record));
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(slsGroup, { minLength: 1, maxLength: 8 }),
        faults,
        compressions,
        async (groups, counts, as) => {
          const whole = await run({ groups, groupsPerPage: 1000 }, [{ kind: 'compression', as }]);
          const paged = await run(
            { groups, groupsPerPage: 2, step: 7n },
            counts.map((count) => (count === 5 ? { kind: 'empty-moved' } : { kind: 'count', groups: count })),
          );
          expect(paged).toEqual(whole);
          expect(whole).toHaveLength(groups.flatMap(({ logs }) => logs).length);
        },
      ),
      { numRuns: 60 },
    );
  }, 30_000);

  it('that is empty asks for nothing', async () => {
    const { access, range, sls } = await world();
    expect(await collect(pullRange({ ...range, end: range.begin }, access))).toEqual([]);
    expect(sls.requests).toHaveLength(0);
  });

  it('without logs is a success', async () => {
    const { access, range } = await world();
    const beyond = cursorOf(FIRST_POSITION + 99n);
    const pages = await collect(pullRange({ ...range, begin: range.end, end: beyond }, access));
    expect(pages).toMatchObject([{ cursor: range.end, next: range.end, records: { length: 0 }, bytes: 0 }]);
  });

  it('goes on behind an empty page whose cursor moved', async () => {
    const { pull, sls } = await world({ step: 10n });
    sls.faults = [undefined, { kind: 'empty-moved' }];
    const pages = await collect(pull());
    expect(pages.map((page) => ('records' in page ? page.records.length : -1))).toEqual([1, 0, 1, 1, 1, 0]);
    expect(numbers(pages)).toEqual(['0', '1', '2', '3']);
  });

  it.each([
    ['stands still before the end', 2n, 2],
    ['reaches the end', 0n, 1],
  ])('ends when the cursor %s', async (_, beyond, requests) => {
    const { access, range, sls } = await world({ groups: numbered(1) });
    const end = cursorOf(FIRST_POSITION + 1n + beyond);
    expect(numbers(await collect(pullRange({ ...range, end }, access)))).toEqual(['0']);
    expect(sls.requests).toHaveLength(requests);
  });

  it('ends when the server passes its end', async () => {
    const { pull, sls } = await world();
    sls.faults = [{ kind: 'headers', set: { 'x-log-cursor': cursorOf(FIRST_POSITION + 50n) } }];
    expect(numbers(await collect(pull()))).toEqual(['0']);
    expect(sls.requests).toHaveLength(1);
  });

  it('ends at a cursor that is written without padding', async () => {
    const { access, range, sls } = await world({ groups: numbered(1) });
    expect(range.end).toMatch(/=$/);
    const end = range.end.replaceAll('=', '');
    expect(numbers(await collect(pullRange({ ...range, end }, access)))).toEqual(['0']);
    expect(sls.requests).toHaveLength(1);
  });

  it('does not go back for ever when a server does', async () => {
    const { pull, sls, range } = await world();
    sls.faults = (_, number) =>
      number === 1 ? undefined : { kind: 'headers', set: { 'x-log-cursor': cursorOf(FIRST_POSITION) } };
    const { before, error } = await untilError(pull());
    expect(numbers(before)).toEqual(['0']);
    expect(error).toMatchObject({ code: 'CursorWentBack', cursor: before[0]?.next, attempts: 3 });
    expect(error.cursor).not.toBe(range.begin);
  });

  it.each(['evil.example/', 'a.b', '', 'UPPER'])(
    'of the project %j is refused before anything is sent',
    async (project) => {
      const { access, range, sls } = await world();
      const { error } = await untilError(pullRange({ ...range, project }, access));
      expect(error.code).toBe('InvalidProject');
      expect(sls.requests).toHaveLength(0);
    },
  );
});

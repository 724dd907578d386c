import { describe, expect, it } from 'vitest';
import { InvocationError } from '../lib/errors.ts';
import { ship } from './sls/shipped.ts';
import { world } from './sls/world.ts';
import type { Fault, SlsGroup } from './stand-ins/sls.ts';
import { cursorOf, FIRST_POSITION } from './stand-ins/sls.ts';
import { lineOf } from './support/records.ts';

const PAGES = 20;

function groups(): SlsGroup[] {
  return Array.from({ length: PAGES }, (_, n) => ({ logs: [{ time: 1_795_244_400 + n, fields: lineOf(n) }] }));
}

const at = (n: number) => cursorOf(FIRST_POSITION + BigInt(n));
/** The fault, each time the `n`th page is asked for. */
const always = (n: number, fault: Fault) => (request: { query: ReadonlyMap<string, string> }) =>
  request.query.get('cursor') === at(n) ? fault : undefined;

describe('a pull that fails on page 7 of 20', () => {
  it.each<[string, Fault]>([
    ['the credentials expired', { kind: 'error', status: 401, code: 'Unauthorized' }],
    ['SLS stays busy', { kind: 'error', status: 503, code: 'ServerBusy' }],
    ['a proxy answers in HTML', { kind: 'error', status: 502, body: '<html>Bad gateway</html>' }],
    ['the connection is dropped each time', { kind: 'drop' }],
    ['the shard is gone', { kind: 'error', status: 400, code: 'ShardNotExist' }],
  ])('because %s delivers the six before it, and the rest is one range letter', async (_, fault) => {
    const shard = await world({ groups: groups() });
    shard.sls.faults = always(6, fault);
    const { receipt, letters, delivered } = await ship(shard);
    expect(receipt).toMatchObject({ read: 6, delivered: 6, pages: 6, ranges: 1 });
    expect(delivered).toHaveLength(6);
    expect(letters).toMatchObject([{ kind: 'range', reason: 'pull', range: { begin: at(6), end: at(PAGES) } }]);
  });

  it('because its data cannot be decompressed makes a letter of that page, and goes on behind it', async () => {
    const shard = await world({ groups: groups() });
    shard.sls.faults = always(6, { kind: 'garbage' });
    const { receipt, letters, delivered } = await ship(shard);
    expect(receipt).toMatchObject({ read: PAGES - 1, delivered: PAGES - 1, pages: PAGES, ranges: 1 });
    expect(delivered).toHaveLength(PAGES - 1);
    expect(letters).toMatchObject([{ reason: 'broken-page', range: { begin: at(6), end: at(7) } }]);
  });

  it('because of a read quota is waited for, and loses nothing', async () => {
    const shard = await world({ groups: groups() });
    const quota: Fault = { kind: 'error', status: 403, code: 'ReadQuotaExceed' };
    let times = 0;
    shard.sls.faults = (request) => (request.query.get('cursor') === at(6) && times++ < 3 ? quota : undefined);
    const { receipt, letters } = await ship(shard);
    expect(receipt).toMatchObject({ read: PAGES, delivered: PAGES, ranges: 0 });
    expect(letters).toEqual([]);
    expect(shard.clock.slept.every((ms) => ms >= 2000)).toBe(true);
  });
});

it('a pull that fails on the first page fails the invocation, and writes nothing: SLS keeps the position', async () => {
  const shard = await world({ groups: groups() });
  shard.sls.faults = always(0, { kind: 'error', status: 401, code: 'Unauthorized' });
  const failed = ship(shard);
  await expect(failed).rejects.toThrow(InvocationError);
  await expect(failed).rejects.toThrow(/log:GetCursorOrData/);
});

it('a shard that was split ends where its logs end, before the end of the range', async () => {
  const shard = await world({ groups: groups() });
  const wide = { ...shard, range: { ...shard.range, end: at(PAGES + 50) } };
  const { receipt, letters } = await ship(wide);
  expect(receipt).toMatchObject({ read: PAGES, delivered: PAGES, ranges: 0 });
  expect(letters).toEqual([]);
});

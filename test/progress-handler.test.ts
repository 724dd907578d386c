import { beforeAll, describe, expect, it } from 'vitest';
import type { Receipt } from '../lib/types.ts';
import { cursorOf, positionOf } from './stand-ins/sls.ts';
import { errorOf, House, PREFIX, resultOf, useHouses } from './support/house.ts';

useHouses();

const KEY = `${PREFIX}/progress/proj/store/0.json`;
const RETRY = { ON_OUTAGE: 'retry' };
/** Seconds: sending ends after half of them. */
const SHORT = { timeout: 6 };
/** Ids of the calls of the first two pages. */
let early: Set<string>;

beforeAll(async () => {
  const house = await House.open({ pages: 2 });
  await house.instance('ship').invoke(house.event());
  early = new Set(house.langfuse.observations().map(({ id }) => id));
});

/**
 * Langfuse takes the first two pages and no more. By their ids, for pages are sent side by side and may arrive in any
 * order. Of a 429 it is certain that nothing was stored, so nothing is looked up.
 */
function downBehindTwoPages({ langfuse }: House): void {
  langfuse.fault = ({ ids }) => (ids.some((id) => !early.has(id)) ? { kind: 'status', status: 429 } : undefined);
}

const reads = ({ langfuse }: House) => langfuse.requests.filter(({ path }) => path.includes('v2/observations')).length;
const lettered = ({ oss }: House) => [...oss.objects.keys()].filter((key) => key.endsWith('.gz'));

describe('with ON_OUTAGE=retry', () => {
  it.each([
    ['4.16.0', 'auto', 2],
    ['3.225.4', 'on', 2],
    ['3.225.4', 'auto', 0],
    ['4.16.0', 'off', 0],
  ])(
    'on %s with CHECKPOINT=%s a range that met an outage comes again, and begins %i pages on',
    async (version, CHECKPOINT, pagesOn) => {
      const house = await House.open({ version, pages: 6 });
      downBehindTwoPages(house);
      const error = errorOf(await house.instance('ship', { ...RETRY, CHECKPOINT }, SHORT).invoke(house.event()));
      expect(error).toContain('Langfuse is down: HTTP 429');
      expect(error).toContain('ON_OUTAGE=retry');
      expect(lettered(house)).toEqual([]);
      const settled = cursorOf((positionOf(house.range.begin) ?? 0n) + BigInt(pagesOn));
      const saved = house.oss.objects.get(KEY)?.body.toString();
      if (pagesOn > 0) expect(JSON.parse(saved ?? '')).toEqual({ v: 1, ...house.range, settled });
      else expect(house.oss.requests).toEqual([]);

      house.langfuse.fault = undefined;
      const before = house.pulled().length;
      const receipt = resultOf<Receipt>(await house.instance('ship', { ...RETRY, CHECKPOINT }).invoke(house.event()));
      expect(house.pulled()[before]).toBe(settled);
      expect(receipt).toMatchObject({ read: house.calls - 3 * pagesOn, ranges: 0, lettered: {} });
      expect(house.langfuse.observations()).toHaveLength(house.calls);
      if (version === '4.16.0') expect(house.langfuse.rows()).toHaveLength(house.calls);
      expect([...house.oss.objects.keys()]).toEqual([]);
    },
  );

  it('what Langfuse refuses for itself still becomes a letter', async () => {
    const house = await House.open({ pages: 1 });
    await house.instance('ship').invoke(house.event());
    const bad = house.langfuse.observations()[0]?.id ?? '';
    house.langfuse.fault = () => ({ kind: 'reject-ids', ids: [bad] });
    const receipt = resultOf<Receipt>(await house.instance('ship', RETRY).invoke(house.event()));
    expect(receipt).toMatchObject({ delivered: 2, lettered: { refused: 1 } });
  });
});

describe('with CHECKPOINT=auto', () => {
  it('a clean range asks 3.x nothing and OSS nothing', async () => {
    const house = await House.open({ version: '3.225.4' });
    expect(resultOf<Receipt>(await house.instance('ship').invoke(house.event()))).toMatchObject({
      delivered: house.calls,
    });
    expect([house.oss.requests.length, reads(house)]).toEqual([0, 0]);
  });

  it('a clean range asks OSS once on 4.x, and leaves nothing there', async () => {
    const house = await House.open({ version: '4.16.0' });
    expect(resultOf<Receipt>(await house.instance('ship').invoke(house.event()))).toMatchObject({
      delivered: house.calls,
    });
    expect(house.oss.requests.map(({ method, key }) => `${method} ${key}`)).toEqual([`GET ${KEY}`]);
    expect(house.oss.objects.size).toBe(0);
  });

  it('a damaged progress object costs nothing but its use', async () => {
    const house = await House.open({ version: '4.16.0' });
    house.putObject(KEY, Buffer.from('{"v":1'));
    expect(resultOf<Receipt>(await house.instance('ship').invoke(house.event()))).toMatchObject({
      delivered: house.calls,
    });
    expect(house.oss.objects.size).toBe(0);
  });

  it('a range is delivered though OSS takes no progress', async () => {
    const house = await House.open({ version: '4.16.0' });
    house.oss.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    expect(resultOf<Receipt>(await house.instance('ship').invoke(house.event()))).toMatchObject({
      delivered: house.calls,
    });
  }, 60_000);
});

import { describe, expect, it } from 'vitest';
import type { ReplayReceipt } from '../lib/replay.ts';
import type { Receipt } from '../lib/types.ts';
import { cursorOf, FIRST_POSITION } from './stand-ins/sls.ts';
import { errorOf, House, PREFIX, resultOf, useHouses } from './support/house.ts';
import { rangeLetter, recordLetter } from './support/letters.ts';
import { recordOf } from './support/records.ts';

useHouses();

const WRONG = { LANGFUSE_SECRET_KEY: 'sk-lf-wrong' };
const TIMER = JSON.stringify({ triggerTime: '2026-11-21T07:00:00Z', triggerName: 'replay', payload: '{"limit":50}' });
const keyOf = (n: number) => `${PREFIX}/v1/proj/store/0/2026/11/21/${n}-first.ndjson.gz`;
const PLACE = { project: 'proj', logstore: 'store', shard: 0 };

const replayOf = async (house: House, event = '', change = {}): Promise<ReplayReceipt> =>
  resultOf<ReplayReceipt>(await house.instance('replay', change).invoke(event));

describe('the replay function', () => {
  it.each([
    ['3.225.4', ''],
    ['3.0.0', '{}'],
    ['4.16.0', TIMER],
  ])('delivers to %s what wrong keys had kept from it', async (version, event) => {
    // More than are in settlement at once: what comes after the first refusal is not pulled.
    const house = await House.open({ version, pages: 12 });
    const shipped = resultOf<Receipt>(await house.instance('ship', WRONG).invoke(house.event()));
    expect(shipped).toMatchObject({ delivered: 0, ranges: 1 });
    const waiting = Object.values(house.letters()).flat().length;
    expect(await replayOf(house, event, WRONG)).toMatchObject({ settled: 0, more: true });
    expect(await replayOf(house, event)).toMatchObject({
      letters: waiting,
      settled: waiting,
      kept: 0,
      parked: 0,
      more: false,
    });
    expect(house.langfuse.observations()).toHaveLength(house.calls);
    if (version === '4.16.0') expect(house.langfuse.rows()).toHaveLength(house.calls);
    expect([...house.oss.objects.keys()]).toEqual([]);
  });

  it('only counts when it is asked to', async () => {
    const house = await House.open({ pages: 1 });
    house.putLetters(keyOf(1), recordLetter(1), recordLetter(2));
    expect(await replayOf(house, '{"dryRun":true}')).toMatchObject({
      letters: 2,
      settled: 0,
      kept: 2,
      why: { refused: 2 },
    });
    expect(house.langfuse.requests).toEqual([]);
    expect([...house.oss.objects.keys()]).toEqual([keyOf(1)]);
  });

  it('parks what the logstore no longer holds, and ships the rest of its range', async () => {
    const house = await House.open({ pages: 2 });
    const begin = cursorOf(FIRST_POSITION - 5n);
    const letter = rangeLetter(0, 1);
    house.putLetters(keyOf(1), { ...letter, range: { ...letter.range, ...PLACE, begin, end: house.range.end } });
    expect(await replayOf(house)).toMatchObject({ letters: 1, settled: 0, parked: 1 });
    expect(house.langfuse.observations()).toHaveLength(house.calls);
    const [[key, parked] = []] = Object.entries(house.letters());
    expect(key).toBe(keyOf(1).replace('/v1/', '/parked/v1/'));
    expect(parked).toMatchObject([{ reason: 'expired', range: { begin, end: house.range.begin } }]);
  });

  it('parks what fails for the last time, and leaves it to a replay of parked/', async () => {
    const house = await House.open({ pages: 1 });
    house.putLetters(keyOf(1), recordLetter(1, { replays: 1 }, recordOf(1, 'reject')), recordLetter(2, { replays: 1 }));
    expect(await replayOf(house, '', { DEAD_LETTER_MAX_REPLAYS: '2' })).toMatchObject({ settled: 1, parked: 1 });
    const key = keyOf(1).replace('/v1/', '/parked/v1/');
    expect(Object.keys(house.letters())).toEqual([key]);
    expect(await replayOf(house)).toMatchObject({ objects: 0 });
    expect(await replayOf(house, '{"prefix":"parked/"}')).toMatchObject({ objects: 1, kept: 1 });
    expect(Object.keys(house.letters())).toEqual([key]);
  });

  it('does nothing while another one runs', async () => {
    const house = await House.open({ pages: 1 });
    house.putLetters(keyOf(1), recordLetter(1));
    const body = Buffer.from(JSON.stringify({ holder: 'other', expiresAt: Date.now() + 60_000 }));
    house.putObject(`${PREFIX}/replay.lease.json`, body);
    expect(await replayOf(house)).toMatchObject({ objects: 0, busy: expect.stringContaining('replay other until 20') });
    expect(house.oss.objects.size).toBe(2);
  });

  it('fails when OSS does not list, and says what the role needs', async () => {
    const house = await House.open({ pages: 1 });
    house.oss.fault = ({ key }) => (key === '' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined);
    const error = errorOf(await house.instance('replay').invoke(''));
    expect(error).toContain('OSS did not list sls-langfuse/v1/');
    expect(error).toContain('oss:ListObjects');
  }, 40_000);

  it('fails for an event that asks for something else, and touches nothing', async () => {
    const house = await House.open({ pages: 1 });
    expect(errorOf(await house.instance('replay').invoke('{"max":1}'))).toContain('it has no max');
    expect(house.oss.requests).toEqual([]);
  });
});

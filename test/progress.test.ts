import { beforeEach, describe, expect, it } from 'vitest';
import { Progress, progressKey } from '../lib/progress.ts';
import type { CursorRange } from '../lib/types.ts';
import { type MemoryBucket, memoryBucket } from './support/bucket.ts';
import { type FakeClock, fakeClock } from './support/clock.ts';
import { cursorAt, PREFIX, positionAt } from './support/letters.ts';

const KEY = `${PREFIX}/progress/p/l/3.json`;
const RANGE: CursorRange = {
  endpoint: 'e',
  project: 'p',
  logstore: 'l',
  shard: 3,
  begin: cursorAt(0),
  end: cursorAt(9),
};

let bucket: MemoryBucket;
let clock: FakeClock;
let lines: string[];
beforeEach(() => {
  bucket = memoryBucket();
  clock = fakeClock();
  lines = [];
});

function progress(change: Partial<CursorRange> = {}): Progress {
  const log = (level: string, message: string, fields?: object) =>
    void lines.push(JSON.stringify({ level, message, ...fields }));
  return new Progress({ ...RANGE, ...change }, PREFIX, { bucket, clock, log });
}

/** The settled position as it is written down. */
function saved(): number | undefined {
  const body = bucket.objects.get(KEY);
  return body && positionAt((JSON.parse(body.toString()) as { settled: string }).settled);
}

const puts = () => bucket.operations.filter((each) => each.startsWith('put ')).length;

/** Everything that was begun has had its turn. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('progress', () => {
  it('lies under a key of the shard, which never begins with a slash', () => {
    expect(progressKey(PREFIX, RANGE)).toBe(KEY);
    expect(progressKey('', RANGE)).toBe('progress/p/l/3.json');
  });

  it('begins at the begin of a range that was never begun', async () => {
    const first = progress();
    expect(await first.resume()).toBe(RANGE.begin);
    expect(first.resumed).toBe(false);
  });

  it('goes on where the same begin was settled, whatever the end is now', async () => {
    const first = progress();
    first.page(cursorAt(4))();
    await first.flush();
    const again = progress({ end: cursorAt(20) });
    expect(await again.resume()).toBe(cursorAt(4));
    expect(again.resumed).toBe(true);
  });

  it('of another begin is another range, and is ignored', async () => {
    const first = progress();
    first.page(cursorAt(4))();
    await first.flush();
    expect(await progress({ begin: cursorAt(2) }).resume()).toBe(cursorAt(2));
  });

  it('advances to where every page before is settled, in whatever order they are', async () => {
    const first = progress();
    const [one, two, three] = [1, 2, 3].map((n) => first.page(cursorAt(n)));
    three?.();
    await first.flush();
    expect(saved()).toBeUndefined();
    one?.();
    await first.flush();
    expect(saved()).toBe(1);
    two?.();
    await first.flush();
    expect(saved()).toBe(3);
  });

  it('is written not more often than every three seconds', async () => {
    const first = progress();
    for (let n = 1; n <= 70; n++) {
      clock.advance(100);
      first.page(cursorAt(n))();
      await turns();
    }
    expect(puts()).toBe(2);
    expect(saved()).toBe(60);
    await first.flush();
    expect([puts(), saved()]).toEqual([3, 70]);
    await first.flush();
    expect(puts()).toBe(3);
  });

  it('is written one after the other: an older one never overtakes a newer', async () => {
    const gates: (() => void)[] = [];
    bucket.before = (operation) => (operation === 'put' ? new Promise((resolve) => gates.push(resolve)) : undefined);
    const first = progress();
    for (const n of [1, 2]) {
      clock.advance(3000);
      first.page(cursorAt(n))();
      await turns();
    }
    expect(gates).toHaveLength(1);
    gates[0]?.();
    await turns();
    expect([gates.length, saved()]).toEqual([2, 1]);
    gates[1]?.();
    await first.flush();
    expect(saved()).toBe(2);
  });

  it('is deleted when the range is done, after what is being written', async () => {
    const first = progress();
    clock.advance(3000);
    first.page(cursorAt(1))();
    await first.done();
    expect(bucket.objects.size).toBe(0);
    expect(bucket.operations).toEqual([`put ${KEY}`, `delete ${KEY}`]);
  });

  it('that was never written is not deleted: a clean run asks OSS once', async () => {
    const first = progress();
    await first.resume();
    first.page(cursorAt(9))();
    await first.done();
    expect(bucket.operations).toEqual([`get ${KEY}`]);
  });

  it('that another range left behind is deleted when this one is done', async () => {
    const first = progress();
    first.page(cursorAt(4))();
    await first.flush();
    const next = progress({ begin: cursorAt(9) });
    await next.resume();
    await next.done();
    expect(bucket.objects.size).toBe(0);
  });

  it.each([
    ['no JSON', '{"v":1,'],
    ['another version', JSON.stringify({ v: 2, begin: RANGE.begin, end: RANGE.end, settled: cursorAt(4) })],
    ['no cursor', JSON.stringify({ v: 1, begin: RANGE.begin, end: RANGE.end, settled: 4 })],
    ['a cursor before the begin', JSON.stringify({ v: 1, begin: RANGE.begin, end: RANGE.end, settled: cursorAt(-1) })],
    ['nothing', ''],
  ])('that holds %s is ignored, and gone when the range is done', async (_, text) => {
    bucket.objects.set(KEY, Buffer.from(text));
    const first = progress();
    expect(await first.resume()).toBe(RANGE.begin);
    await first.done();
    expect(bucket.objects.size).toBe(0);
  });

  it('that could not be read is deleted when the range is done', async () => {
    bucket.objects.set(KEY, Buffer.from('{}'));
    bucket.before = (operation) => {
      if (operation === 'get') throw new Error('no');
    };
    const first = progress();
    await first.resume();
    await first.done();
    expect(bucket.objects.size).toBe(0);
  });

  it.each(['get', 'put', 'delete'] as const)(
    'only logs that OSS did not %s it, and says nothing of why',
    async (operation) => {
      bucket.objects.set(KEY, Buffer.from('{}'));
      bucket.before = (op) => {
        if (op === operation) throw new Error('signed with secret');
      };
      const first = progress();
      expect(await first.resume()).toBe(RANGE.begin);
      first.page(cursorAt(1))();
      await first.flush();
      await first.done();
      expect(lines.join()).toContain('could not');
      expect(lines.join()).not.toContain('secret');
    },
  );

  it('that could not be written is written by the flush', async () => {
    const first = progress();
    bucket.before = () => {
      throw new Error('no');
    };
    clock.advance(3000);
    first.page(cursorAt(1))();
    await turns();
    bucket.before = () => {};
    await first.flush();
    expect(saved()).toBe(1);
  });
});

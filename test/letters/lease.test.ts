import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lease } from '../../lib/letters/lease.ts';
import { openBucket } from '../../lib/letters/open-bucket.ts';
import { type OssStandIn, startOss } from '../stand-ins/oss.ts';
import { memoryBucket } from '../support/bucket.ts';
import { type FakeClock, fakeClock } from '../support/clock.ts';
import { keyOf, PREFIX, recordLetter } from '../support/letters.ts';
import { ReplaySite } from '../support/replay.ts';

const KEY = `${PREFIX}/replay.lease.json`;
const MINUTE = 60_000;

const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret-of-oss', securityToken: 'token-of-oss' };
let oss: OssStandIn;
let clock: FakeClock;
beforeEach(async () => {
  oss = await startOss({ credentials, bucket: 'dead' });
  clock = fakeClock();
});
afterEach(() => oss.close());

/** A lease in a real bucket. */
function lease(prefix = PREFIX): Lease {
  const ports = { clock, random: () => 0.5, until: clock.now() + MINUTE };
  return new Lease(
    openBucket({ bucket: 'dead', region: 'cn-hangzhou', endpoint: oss.url, credentials }, ports),
    prefix,
    clock,
  );
}

describe('the lease', () => {
  it('is held by one at a time, and tells another who has it and until when', async () => {
    const [one, two] = [lease(), lease()];
    const until = clock.now() + MINUTE;
    expect(await one.take('one', until)).toBeUndefined();
    expect(await two.take('two', until + 5)).toEqual({ holder: 'one', expiresAt: until });
    await one.release();
    expect(oss.objects.size).toBe(0);
    expect(await two.take('two', until + 5)).toBeUndefined();
  });

  it('is one for each prefix, and none begins with a slash', async () => {
    for (const prefix of ['a', 'b', '']) expect(await lease(prefix).take('one', clock.now() + MINUTE)).toBeUndefined();
    expect([...oss.objects.keys()].sort()).toEqual(['a/replay.lease.json', 'b/replay.lease.json', 'replay.lease.json']);
  });

  it('is taken over when its time is up, and not a millisecond before', async () => {
    const until = clock.now() + MINUTE;
    await lease().take('dead', until);
    clock.advance(MINUTE - 1);
    expect(await lease().take('two', until * 2)).toMatchObject({ holder: 'dead' });
    clock.advance(1);
    expect(await lease().take('two', until * 2)).toBeUndefined();
    expect(await lease().take('three', until * 2)).toMatchObject({ holder: 'two' });
  });

  it('that another took over is not given back in its place', async () => {
    const late = lease();
    await late.take('late', clock.now() + MINUTE);
    clock.advance(MINUTE);
    await lease().take('two', clock.now() + MINUTE);
    await late.release();
    expect(await lease().take('three', clock.now() + MINUTE)).toMatchObject({ holder: 'two' });
  });

  it('is had when the answer to the claim was lost', async () => {
    oss.fault = ({ number }) => (number === 1 ? { kind: 'stored-then-reset' } : undefined);
    expect(await lease().take('one', clock.now() + MINUTE)).toBeUndefined();
    oss.fault = undefined;
    expect(await lease().take('two', clock.now() + MINUTE)).toMatchObject({ holder: 'one' });
  });

  it('is had when the answer to the claim that took it over was lost', async () => {
    const body = Buffer.from(JSON.stringify({ holder: 'dead', expiresAt: clock.now() }));
    oss.objects.set(KEY, { body, etag: '"x"', lastModified: new Date(0), headers: {} });
    // The claim, the reading and the deletion come before it.
    oss.fault = ({ number }) => (number === 4 ? { kind: 'stored-then-reset' } : undefined);
    expect(await lease().take('one', clock.now() + MINUTE)).toBeUndefined();
    expect(oss.requests.map(({ method }) => method)).toEqual(['PUT', 'GET', 'DELETE', 'PUT', 'PUT', 'GET']);
    expect(await lease().take('two', clock.now() + MINUTE)).toMatchObject({ holder: 'one' });
  });

  it('is given back without complaint when it is gone already', async () => {
    const one = lease();
    await one.take('one', clock.now() + MINUTE);
    oss.objects.clear();
    await one.release();
    expect(oss.requests.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });

  it('goes to another that took it over and gave it back in the same moment', async () => {
    const bucket = memoryBucket();
    bucket.claim = async () => false;
    const expiresAt = clock.now() + MINUTE;
    expect(await new Lease(bucket, PREFIX, clock).take('slow', expiresAt)).toEqual({ holder: 'another', expiresAt });
  });

  it.each([
    ['no JSON', '{"holder"'],
    ['nothing', ''],
    ['something else', '{"a":1}'],
  ])('is taken over from an object that holds %s', async (_, text) => {
    oss.objects.set(KEY, { body: Buffer.from(text), etag: '"x"', lastModified: new Date(0), headers: {} });
    expect(await lease().take('one', clock.now() + MINUTE)).toBeUndefined();
    expect(await lease().take('two', clock.now() + MINUTE)).toMatchObject({ holder: 'one' });
  });

  it('goes to the one whose claim was first when two take it over at once', async () => {
    const bucket = memoryBucket();
    bucket.objects.set(KEY, Buffer.from(JSON.stringify({ holder: 'dead', expiresAt: 0 })));
    let raced = false;
    bucket.before = (operation) => {
      if (operation !== 'claim' || bucket.operations.filter((each) => each.startsWith('claim')).length < 2 || raced)
        return;
      raced = true;
      bucket.objects.set(KEY, Buffer.from(JSON.stringify({ holder: 'fast', expiresAt: clock.now() + 1 })));
    };
    expect(await new Lease(bucket, PREFIX, clock).take('slow', clock.now() + MINUTE)).toMatchObject({ holder: 'fast' });
  });
});

describe('two replays', () => {
  it('do not run at once: the second says who is at it, and does nothing', async () => {
    const site = new ReplaySite();
    site.put(1, recordLetter(1));
    let second: unknown;
    site.bucket.before = async (operation, key) => {
      if (operation !== 'get' || key !== keyOf(1) || second) return;
      second = {};
      second = await site.replay({}, { requestId: 'third' });
    };
    expect(await site.replay()).toMatchObject({ settled: 1 });
    expect(second).toMatchObject({
      objects: 0,
      letters: 0,
      busy: expect.stringMatching(/^replay second until 20.*Z$/),
    });
    expect(site.bucket.objects.size).toBe(0);
  });

  it('that follow one that died wait for its lease to run out', async () => {
    const site = new ReplaySite();
    site.put(1, recordLetter(1));
    const end = site.clock.now() + MINUTE;
    site.bucket.objects.set(KEY, Buffer.from(JSON.stringify({ holder: 'dead', expiresAt: end })));
    expect(await site.replay()).toMatchObject({ busy: expect.stringContaining('dead') });
    expect(site.delivered.size).toBe(0);
    site.clock.advance(MINUTE);
    expect(await site.replay()).toMatchObject({ settled: 1 });
    expect(site.bucket.objects.size).toBe(0);
  });

  it('give the lease back when they fail, and only log that they could not', async () => {
    const site = new ReplaySite();
    site.put(1, recordLetter(1));
    site.bucket.before = (operation, key) => {
      if (operation === 'get' && key === keyOf(1)) throw new Error('no');
    };
    await expect(site.replay()).rejects.toThrow('did not read');
    expect(site.bucket.objects.has(KEY)).toBe(false);
    site.bucket.before = (operation, key) => {
      if (operation === 'delete' && key === KEY) throw new Error('no');
    };
    expect(await site.replay()).toMatchObject({ settled: 1 });
    expect(site.lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'warn', message: expect.stringContaining(`OSS did not delete ${KEY}`) },
    ]);
  });
});

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../lib/letters/bucket.ts';
import { openBucket } from '../../lib/letters/open-bucket.ts';
import { type OssStandIn, startOss } from '../stand-ins/oss.ts';
import { type FakeClock, fakeClock } from '../support/clock.ts';

const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret-of-oss', securityToken: 'token-of-oss' };
const body = Buffer.from('letters');

let oss: OssStandIn;
let clock: FakeClock;
beforeEach(async () => {
  oss = await startOss({ credentials, bucket: 'dead' });
  clock = fakeClock();
});
afterEach(() => oss.close());

function open(secret = credentials.accessKeySecret, leftMs = 60_000): Bucket {
  const access = { bucket: 'dead', region: 'cn-hangzhou', endpoint: oss.url };
  const ports = { clock, random: () => 0.5, until: clock.now() + leftMs };
  return openBucket({ ...access, credentials: { ...credentials, accessKeySecret: secret } }, ports);
}

async function keysOf(bucket: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(prefix)) keys.push(key);
  return keys;
}

describe('the bucket', () => {
  it('stores what it is given, byte for byte, with a checksum', async () => {
    const bucket = open();
    await bucket.put('a/b c%/长-1.ndjson.gz', body);
    expect(await bucket.get('a/b c%/长-1.ndjson.gz')).toEqual(body);
    expect(oss.requests[0]?.headers['content-md5']).toBe(createHash('md5').update(body).digest('base64'));
    expect(clock.slept).toEqual([]);
  });

  it('names an IP address in the Host header, and the bucket in the path', async () => {
    await open().put('key', body);
    expect(oss.requests[0]?.headers.host).toBe(new URL(oss.url).host);
  });

  it('gives nothing for an object that is not there, and deletes it without complaint', async () => {
    const bucket = open();
    expect(await bucket.get('none')).toBeUndefined();
    await bucket.delete('none');
    await bucket.put('some', body);
    await bucket.delete('some');
    expect(oss.objects.size).toBe(0);
  });

  it('claims a key once', async () => {
    const bucket = open();
    expect(await bucket.claim('key', body)).toBe(true);
    expect(await bucket.claim('key', Buffer.from('other'))).toBe(false);
    expect(oss.objects.get('key')?.body).toEqual(body);
  });

  it('lists all objects of a prefix in the order of their keys, page after page', async () => {
    const bucket = open();
    const names = Array.from({ length: 1203 }, (_, n) => `p/${String(n).padStart(5, '0')}`);
    for (const key of [...names, 'q/1']) {
      oss.objects.set(key, { body, etag: '"x"', lastModified: new Date(0), headers: {} });
    }
    expect(await keysOf(bucket, 'p/')).toEqual(names);
    expect(await keysOf(bucket, 'none/')).toEqual([]);
  });

  it.each([
    ['a 503', { kind: 'status', status: 503, code: 'ServiceUnavailable' }],
    ['a reset', { kind: 'reset' }],
    ['a reset after storing', { kind: 'stored-then-reset' }],
  ] as const)('tries again after %s', async (_, fault) => {
    oss.fault = ({ number }) => (number <= 2 ? fault : undefined);
    await open().put('key', body);
    expect(oss.objects.get('key')?.body).toEqual(body);
    expect(clock.slept.length).toBeGreaterThan(0);
  });

  it('rejects after four attempts, and names no secret', async () => {
    oss.fault = () => ({ kind: 'status', status: 503, code: 'ServiceUnavailable' });
    const error = await open()
      .put('key', body)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ServiceUnavailable', status: 503 });
    expect(String(error)).not.toMatch(/secret-of-oss|token-of-oss/);
    expect(clock.slept).toEqual([400, 1600, 6400]);
  });

  it('begins no attempt when the time is over', async () => {
    oss.fault = () => ({ kind: 'status', status: 500, code: 'InternalError' });
    await expect(open(undefined, 1000).put('key', body)).rejects.toMatchObject({ status: 500 });
    expect(clock.slept).toEqual([400]);
  });

  it('rejects at once when the keys are wrong', async () => {
    await expect(open('wrong').put('key', body)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    expect(clock.slept).toEqual([]);
    expect(oss.objects.size).toBe(0);
  });
});

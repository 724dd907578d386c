import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bucket } from '../../lib/letters/bucket.ts';
import { openBucket } from '../../lib/letters/open-bucket.ts';
import { listen } from '../stand-ins/listen.ts';
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
afterEach(() => {
  vi.restoreAllMocks();
  return oss.close();
});

function open(secret = credentials.accessKeySecret, leftMs = 60_000): Bucket {
  const access = { bucket: 'dead', region: 'cn-hangzhou', endpoint: oss.url };
  const ports = { clock, random: () => 0.5, until: clock.now() + leftMs };
  return openBucket({ ...access, credentials: { ...credentials, accessKeySecret: secret } }, ports);
}

/** Answers for every name: with loopback, or with an error. Returns the names that are asked for. */
function answerNames(known: boolean): string[] {
  const asked: string[] = [];
  const lookup = (name: string, { all }: dns.LookupOptions, done: (...answer: unknown[]) => void) => {
    asked.push(name);
    if (!known) done(new Error(`no such name: ${name}`));
    else if (all) done(null, [{ address: '127.0.0.1', family: 4 }]);
    else done(null, '127.0.0.1', 4);
  };
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as never);
  return asked;
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
    const tokens = oss.requests.map(({ query }) => query['continuation-token']);
    expect(tokens).toEqual([undefined, expect.any(String)]);
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

  it('signs by version 4, with the token of temporary credentials, and without advice on the console', async () => {
    const warn = vi.spyOn(console, 'warn');
    const bucket = open();
    await bucket.put('key', body);
    await bucket.claim('other', body);
    for (const { headers } of oss.requests) {
      expect(headers.authorization).toMatch(/^OSS4-HMAC-SHA256 /);
      expect(headers['x-oss-security-token']).toBe(credentials.securityToken);
      expect(headers['content-type']).toBe('application/octet-stream');
    }
    expect(warn).not.toHaveBeenCalled();
  });

  it('takes credentials without a token', async () => {
    const { securityToken: _, ...keys } = credentials;
    const plain = await startOss({ credentials: keys, bucket: 'dead' });
    const ports = { clock, random: () => 0.5, until: clock.now() + 60_000 };
    await openBucket({ bucket: 'dead', region: 'cn-hangzhou', endpoint: plain.url, credentials: keys }, ports).put(
      'k',
      body,
    );
    expect(plain.requests[0]?.headers).not.toHaveProperty('x-oss-security-token');
    await plain.close();
  });

  function at(endpoint?: string, region = 'cn-hangzhou'): Bucket {
    // Only one attempt: there is no time for the pause before a second one.
    const ports = { clock, random: () => 1, until: clock.now() + 500 };
    return openBucket({ bucket: 'dead', region, credentials, ...(endpoint !== undefined && { endpoint }) }, ports);
  }

  it('names localhost in the Host header as well', async () => {
    const { port } = new URL(oss.url);
    await at(`http://localhost:${port}`).put('k', body);
    expect(oss.requests[0]?.headers.host).toBe(`localhost:${port}`);
  });

  it('names the bucket in the Host header before the name of an endpoint', async () => {
    const { port } = new URL(oss.url);
    answerNames(true);
    await at(`http://oss-cn-hangzhou.aliyuncs.com:${port}`).put('k', body);
    expect(oss.requests[0]?.headers.host).toBe(`dead.oss-cn-hangzhou.aliyuncs.com:${port}`);
    expect(oss.objects.get('k')?.body).toEqual(body);
  });

  it.each([
    ['the internal one of its region, without another', undefined, 'dead.oss-cn-shenzhen-internal.aliyuncs.com'],
    ['the one that is given, by TLS without a scheme', 'oss.example', 'dead.oss.example'],
  ])('takes for its endpoint %s', async (_, endpoint, name) => {
    const asked = answerNames(false);
    await expect(at(endpoint, 'cn-shenzhen').put('k', body)).rejects.toThrow(`https://${name}/k`);
    expect(asked).toEqual([name]);
  });

  it('rejects when OSS stored something else than it was sent', async () => {
    const etag = `"${createHash('md5').update('other').digest('hex').toUpperCase()}"`;
    const server = await listen(createServer((_, response) => response.writeHead(200, { etag }).end()));
    const said = `OSS stored something else than was sent: its ETag is ${etag}`;
    await expect(at(server.url).put('k', body)).rejects.toThrow(said);
    await server.close();
  });

  it('keeps the credentials it has, however long it lives', async () => {
    const bucket = open();
    await bucket.put('before', body);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 });
    await bucket.put('after', body).finally(() => vi.useRealTimers());
    expect([...oss.objects.keys()]).toEqual(['before', 'after']);
    expect(oss.requests[1]?.headers['x-oss-security-token']).toBe(credentials.securityToken);
  });

  it('passes on what OSS refuses: that is not an object that is missing, nor a key that is taken', async () => {
    oss.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    const bucket = open();
    for (const refused of [bucket.get('k'), bucket.delete('k'), bucket.claim('k', body), keysOf(bucket, 'k')]) {
      await expect(refused).rejects.toMatchObject({ code: 'AccessDenied' });
    }
  });

  it.each([
    [400, false],
    [404, false],
    [408, true],
    [429, true],
    [500, true],
  ])('after a %i tries again: %s', async (status, again) => {
    oss.fault = () => ({ kind: 'status', status, code: 'Whatever' });
    await expect(open().put('key', body)).rejects.toThrow();
    expect(clock.slept.length > 0).toBe(again);
  });

  it('waits for OSS no longer than there is time, in each operation', async () => {
    oss.fault = () => ({ kind: 'hang' });
    const bucket = open(undefined, 300);
    const started = performance.now();
    const hung = [bucket.put('k', body), bucket.get('k'), bucket.delete('k'), bucket.claim('k', body)];
    for (const { status } of await Promise.allSettled(hung)) expect(status).toBe('rejected');
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it('begins no attempt that could only begin when the time is over', async () => {
    oss.fault = () => ({ kind: 'status', status: 500, code: 'InternalError' });
    await expect(open(undefined, 400).put('key', body)).rejects.toMatchObject({ status: 500 });
    expect(clock.slept).toEqual([]);
  });

  it('rejects at once when the keys are wrong', async () => {
    await expect(open('wrong').put('key', body)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    expect(clock.slept).toEqual([]);
    expect(oss.objects.size).toBe(0);
  });
});

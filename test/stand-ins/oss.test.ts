import { createHash } from 'node:crypto';
import OSS from 'ali-oss';
import { afterEach, describe, expect, it } from 'vitest';
import { crc64 } from './oss/crc64.ts';
import { type OssFault, type OssStandIn, startOss } from './oss.ts';

const BUCKET = 'dead-letters';
const CREDENTIALS = { accessKeyId: 'key-id', accessKeySecret: 'key-secret', securityToken: 'token/+=' };
const KEYS = { accessKeyId: 'key-id', accessKeySecret: 'key-secret' };
const KEY = 'p/v1/shop (eu)/gateway/0/2026/11/21/MTc5NQ==-1-2.ndjson.gz';

let oss: OssStandIn | undefined;
afterEach(() => oss?.close());

type Options = OSS.Options & { sldEnable?: boolean; authorizationV4?: boolean; retryMax?: number };

async function start(options: Partial<Parameters<typeof startOss>[0]> = {}): Promise<OssStandIn> {
  oss = await startOss({ credentials: CREDENTIALS, bucket: BUCKET, ...options });
  return oss;
}

function client(server: OssStandIn, options: Partial<Options> = {}): OSS {
  const { securityToken: stsToken, ...keys } = CREDENTIALS;
  const fresh = { refreshSTSToken: async () => ({ ...keys, stsToken }) };
  const base = { ...keys, stsToken, ...fresh, bucket: BUCKET, region: 'oss-cn-hangzhou', endpoint: server.url };
  return new OSS({ ...base, sldEnable: true, authorizationV4: true, timeout: 10_000, ...options } as Options);
}

async function errorOf(promise: Promise<unknown>): Promise<{ code?: string; status?: number; requestId?: string }> {
  return promise.then(
    () => {
      throw new Error('expected a refusal');
    },
    (error) => error,
  );
}

describe.each([
  ['path-style, version 4', { sldEnable: true, authorizationV4: true }],
  ['host-style, version 4', { sldEnable: false, authorizationV4: true }],
  ['path-style, version 1', { sldEnable: true, authorizationV4: false }],
  ['host-style, version 1', { sldEnable: false, authorizationV4: false }],
])('ali-oss, %s', (_, style) => {
  it('reads back what it wrote, with headers and metadata, until it deletes it', async () => {
    const server = await start();
    const store = client(server, style);
    const body = Buffer.from('{"kind":"record"}\n');
    const written = await store.put(KEY, body, {
      headers: { 'Cache-Control': 'no-store' },
      meta: { reason: 'a' } as never,
    });
    const read = await store.get(KEY);
    expect(read.content).toEqual(body);
    expect((await store.head(KEY)).meta).toEqual({ reason: 'a' });
    expect(server.objects.get(KEY)).toMatchObject({
      etag: `"${createHash('md5').update(body).digest('hex').toUpperCase()}"`,
      headers: { 'content-type': 'application/gzip', 'cache-control': 'no-store', 'x-oss-meta-reason': 'a' },
    });
    expect((written.res.headers as Record<string, string>)['x-oss-request-id']).toMatch(/^[0-9A-F]{24}$/);
    await store.delete(KEY);
    expect(await errorOf(store.get(KEY))).toMatchObject({ code: 'NoSuchKey', status: 404 });
    expect(await errorOf(store.head(KEY))).toMatchObject({ code: 'NoSuchKey', status: 404 });
  });

  it('lists all keys in order over several pages, and folds them at a delimiter', async () => {
    const server = await start();
    const store = client(server, style);
    const keys = ['p/a/1', 'p/a/2', 'p/a&b', 'p/b/1', 'p/c <d>', 'p/é', 'q/1'];
    for (const key of keys) await store.put(key, Buffer.from(key));
    expect(await allKeys(store, 'p/')).toEqual(['p/a&b', 'p/a/1', 'p/a/2', 'p/b/1', 'p/c <d>', 'p/é']);
    const folded = await store.listV2({ prefix: 'p/', delimiter: '/', 'max-keys': '100' } as never);
    expect((folded as unknown as { prefixes: string[] }).prefixes).toEqual(['p/a/', 'p/b/']);
    expect(folded.objects.map(({ name }) => name)).toEqual(['p/a&b', 'p/c <d>', 'p/é']);
    const first = await store.list({ prefix: 'p/', 'max-keys': 4 }, {});
    const second = await store.list({ prefix: 'p/', marker: first.nextMarker, 'max-keys': 4 }, {});
    expect([first, second].map((page) => page.isTruncated)).toEqual([true, false]);
    expect([...first.objects, ...second.objects]).toHaveLength(6);
  });

  it('copies within the bucket and deletes many at once', async () => {
    const server = await start();
    const store = client(server, style);
    await store.put('a b/1', Buffer.from('x'), { meta: { n: '1' } as never });
    await store.copy('parked/1', 'a b/1');
    expect(server.objects.get('parked/1')).toMatchObject({ body: Buffer.from('x'), headers: { 'x-oss-meta-n': '1' } });
    expect(await errorOf(store.copy('parked/2', 'nowhere'))).toMatchObject({ code: 'NoSuchKey' });
    await store.deleteMulti(['a b/1', 'parked/1']);
    expect(server.objects.size).toBe(0);
  });

  it.each([
    ['a wrong secret', { accessKeySecret: 'other' }, 'SignatureDoesNotMatch'],
    ['a wrong key id', { accessKeyId: 'other' }, 'InvalidAccessKeyId'],
    ['a wrong security token', { stsToken: 'other' }, 'InvalidSecurityToken'],
    ['a missing security token', { stsToken: '' }, 'InvalidAccessKeyId'],
    ['another bucket', { bucket: 'not-mine' }, 'NoSuchBucket'],
  ])('is refused with %s, and nothing is stored', async (__, wrong, code) => {
    const server = await start();
    const store = client(server, { ...style, ...wrong });
    expect(await errorOf(store.put(KEY, Buffer.from('x')))).toMatchObject({ code });
    expect(server.objects.size).toBe(0);
  });
});

async function allKeys(store: OSS, prefix: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const query = { prefix, 'max-keys': '2', ...(token === undefined ? {} : { 'continuation-token': token }) };
    const page = await store.listV2(query as never);
    names.push(...(page.objects ?? []).map(({ name }) => name));
    token = (page as unknown as { nextContinuationToken: string | null }).nextContinuationToken ?? undefined;
  } while (token !== undefined);
  return names;
}

describe('the OSS stand-in', () => {
  it('tells a host-style key that begins with the bucket name from a path-style one', async () => {
    const server = await start();
    await client(server, { sldEnable: false }).put(`${BUCKET}/x`, Buffer.from('1'));
    await client(server, { sldEnable: true }).put('x', Buffer.from('2'));
    expect([...server.objects.keys()]).toEqual([`${BUCKET}/x`, 'x']);
  });

  it('lists with an empty prefix', async () => {
    const server = await start();
    const store = client(server);
    await store.put('a', Buffer.from('1'));
    expect((await store.listV2({ prefix: '', 'max-keys': '1' } as never)).objects).toHaveLength(1);
  });

  it('never overwrites where the request forbids it', async () => {
    const server = await start();
    const store = client(server);
    const once = () => store.put(KEY, Buffer.from('1'), { headers: { 'x-oss-forbid-overwrite': 'true' } });
    await once();
    expect(await errorOf(once())).toMatchObject({ code: 'FileAlreadyExists', status: 409 });
    await store.put(KEY, Buffer.from('2'));
    expect(server.objects.get(KEY)?.body.toString()).toBe('2');
  });

  it('reads under conditions: 304 for the same etag, PreconditionFailed for another', async () => {
    const server = await start();
    const store = client(server);
    await store.put('a', Buffer.from('1'));
    const etag = server.objects.get('a')?.etag ?? '';
    expect((await store.get('a', { headers: { 'If-None-Match': etag } })).res.status).toBe(304);
    expect((await store.get('a', { headers: { 'If-Match': etag } })).content).toEqual(Buffer.from('1'));
    const other = store.get('a', { headers: { 'If-Match': '"0"' } });
    expect(await errorOf(other)).toMatchObject({ code: 'PreconditionFailed', status: 412 });
  });

  it('needs no token when the credentials have none, and refuses one that nobody issued', async () => {
    const server = await start({ credentials: KEYS });
    await client(server, { stsToken: '' }).put('a', Buffer.from('1'));
    expect(await errorOf(client(server).put('b', Buffer.from('1')))).toMatchObject({ code: 'InvalidSecurityToken' });
  });

  it('refuses a signature made for another region, and a request from 20 minutes ago', async () => {
    const elsewhere = await start({ region: 'oss-cn-shanghai' });
    expect(await errorOf(client(elsewhere).put('a', Buffer.from('1')))).toMatchObject({ code: 'AccessDenied' });
    await elsewhere.close();
    const later = await start({ now: () => Date.now() + 20 * 60_000 });
    expect(await errorOf(client(later).put('a', Buffer.from('1')))).toMatchObject({ code: 'RequestTimeTooSkewed' });
  });

  it('refuses a body that is not the one whose digest was sent', async () => {
    const server = await start();
    const headers = { 'Content-MD5': createHash('md5').update('other').digest('base64') };
    expect(await errorOf(client(server).put('a', Buffer.from('1'), { headers }))).toMatchObject({
      code: 'InvalidDigest',
    });
  });

  it('answers an unsigned request with an XML error and a request id', async () => {
    const server = await start();
    const response = await fetch(`${server.url}/${BUCKET}/a`);
    const xml = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([403, 'application/xml']);
    expect(xml).toContain('<Code>AccessDenied</Code>');
    expect(xml).toContain(`<RequestId>${response.headers.get('x-oss-request-id')}</RequestId>`);
  });

  it.each<[OssFault, string, number]>([
    [{ kind: 'status', status: 503, code: 'ServiceUnavailable' }, 'ServiceUnavailableError', 0],
    [{ kind: 'reset' }, 'ResponseError', 0],
    [{ kind: 'stored-then-reset' }, 'ResponseError', 1],
    [{ kind: 'hang' }, 'ResponseTimeoutError', 0],
    [{ kind: 'stored-then-hang' }, 'ResponseTimeoutError', 1],
  ])('plays %o once, which ali-oss reports as %s', async (fault, name, stored) => {
    const server = await start();
    server.fault = ({ method, number }) => (method === 'PUT' && number === 1 ? fault : undefined);
    expect(await errorOf(client(server, { timeout: 200 }).put('a', Buffer.from('1')))).toMatchObject({ name });
    expect(server.objects.size).toBe(stored);
    await client(server).put('a', Buffer.from('2'));
    expect(server.objects.get('a')?.body.toString()).toBe('2');
  });

  it('records every request with its key, size and status', async () => {
    const server = await start();
    await client(server).put('a/b', Buffer.from('123'));
    await errorOf(client(server).get('none'));
    expect(server.requests).toMatchObject([
      { method: 'PUT', bucket: BUCKET, key: 'a/b', bytes: 3, number: 1, status: 200 },
      { method: 'GET', bucket: BUCKET, key: 'none', number: 2, status: 404, code: 'NoSuchKey' },
    ]);
  });

  it('sums with CRC-64 as the published check value has it', () => {
    expect(BigInt(crc64(Buffer.from('123456789')))).toBe(0x995dc9bbdf1939fan);
  });
});

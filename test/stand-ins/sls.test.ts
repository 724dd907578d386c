import { afterEach, describe, expect, it } from 'vitest';
import { request } from '../../lib/http.ts';
import { signV1, signV4 } from '../../lib/sls/sign.ts';
import type { Credentials } from '../../lib/types.ts';
import { encodeGroups, lz4Block } from './sls/encode.ts';
import { cursorOf, FIRST_POSITION, type SlsOptions, type SlsStandIn, startSls } from './sls.ts';

const credentials = { accessKeyId: 'STS.ak', accessKeySecret: 'sk', securityToken: 'token' };
const groups = [0, 1, 2].map((n) => ({ logs: [{ time: 1000 + 10 * n, fields: { n: String(n) } }] }));

const open: SlsStandIn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((sls) => sls.close()));
});

async function start(options: Partial<SlsOptions> = {}) {
  const sls = await startSls({ credentials, ...options });
  open.push(sls);
  return { sls, range: sls.load('proj', 'store', 0, groups) };
}

interface Ask {
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly project?: string;
  readonly headers?: Record<string, string>;
  readonly as?: Credentials;
  readonly region?: string;
  readonly signature?: 'v1' | 'v4';
  readonly at?: number;
  /** Changes the signed headers before they are sent. */
  readonly tamper?: (headers: Record<string, string>) => Record<string, string>;
}

async function ask(sls: SlsStandIn, a: Ask = {}) {
  const path = a.path ?? '/logstores/store/shards/0';
  const query = a.query ?? { type: 'cursor', from: 'begin' };
  const host = `${a.project ?? 'proj'}.${new URL(sls.url).host}`;
  const headers = { Host: host, 'x-log-apiversion': '0.6.0', 'x-log-bodyrawsize': '0', ...a.headers };
  const input = { method: 'GET', path, query, headers };
  const key = a.as ?? credentials;
  const at = a.at ?? Date.now();
  const signed = a.signature === 'v1' ? signV1(input, key, at) : signV4(input, key, a.region ?? 'cn-hangzhou', at);
  const url = new URL(`${path}?${new URLSearchParams(query)}`, sls.url);
  const response = await request({ method: 'GET', url, headers: a.tamper?.(signed) ?? signed, timeoutMs: 5000 });
  const body = await response.body();
  return { status: response.status, headers: response.headers, body };
}

const json = async (sls: SlsStandIn, a: Ask = {}) => {
  const { status, body } = await ask(sls, a);
  return { status, ...JSON.parse(String(body)) };
};

describe('signatures', () => {
  it.each(['v1', 'v4'] as const)('of %s are accepted with and without a token', async (signature) => {
    const { sls } = await start();
    expect((await ask(sls, { signature })).status).toBe(200);
    const { securityToken: _, ...longLived } = credentials;
    const other = await start({ credentials: longLived });
    expect((await ask(other.sls, { signature, as: longLived })).status).toBe(200);
  });

  const without = (name: string) => (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));

  it.each<[string, Ask, number, string]>([
    ['of another secret', { as: { ...credentials, accessKeySecret: 'x' } }, 401, 'SignatureNotMatch'],
    [
      'of another secret in v1',
      { signature: 'v1', as: { ...credentials, accessKeySecret: 'x' } },
      401,
      'SignatureNotMatch',
    ],
    ['of another access key', { as: { ...credentials, accessKeyId: 'x' } }, 401, 'InvalidAccessKeyId'],
    ['of another token', { as: { ...credentials, securityToken: 'x' } }, 401, 'Unauthorized'],
    ['of another region', { region: 'cn-shanghai' }, 401, 'SignatureNotMatch'],
    ['of another host', { tamper: (h) => ({ ...h, Host: 'other.127.0.0.1' }) }, 401, 'SignatureNotMatch'],
    ['with a token that was not signed', { tamper: without('x-acs-security-token') }, 401, 'SignatureNotMatch'],
    ['that is absent', { tamper: without('Authorization') }, 400, 'MissAccessKeyId'],
    ['of 16 minutes ago', { at: Date.now() - 16 * 60_000 }, 400, 'RequestTimeExpired'],
    ['of 16 minutes ahead in v1', { signature: 'v1', at: Date.now() + 16 * 60_000 }, 400, 'RequestTimeExpired'],
    ['without a date', { tamper: without('x-log-date') }, 400, 'RequestTimeExpired'],
  ])('%s are refused', async (_, how, status, errorCode) => {
    const { sls } = await start();
    expect(await json(sls, how)).toMatchObject({ status, errorCode });
  });

  it('of 14 minutes ago are accepted', async () => {
    const { sls } = await start();
    expect((await ask(sls, { at: Date.now() - 14 * 60_000 })).status).toBe(200);
  });
});

describe('PullLogs', () => {
  it.each(['log', 'logs'])('with type=%s gives the groups from the cursor on', async (type) => {
    const { sls, range } = await start();
    const query = { type, cursor: range.begin, end_cursor: range.end, count: '2' };
    const { headers, body } = await ask(sls, { query, headers: { 'Accept-Encoding': 'lz4' } });
    const raw = encodeGroups(groups.slice(0, 2));
    expect(headers).toMatchObject({
      'x-log-cursor': cursorOf(FIRST_POSITION + 2n),
      'x-log-count': '2',
      'x-log-bodyrawsize': String(raw.length),
      'x-log-compresstype': 'lz4',
      'x-log-read-last-cursor': String(FIRST_POSITION + 1n),
    });
    expect(body.equals(lz4Block(raw))).toBe(true);
  });

  it('excludes the end cursor', async () => {
    const { sls, range } = await start();
    const query = { type: 'log', cursor: range.begin, end_cursor: cursorOf(FIRST_POSITION + 1n), count: '1000' };
    const { headers } = await ask(sls, { query });
    expect(headers).toMatchObject({ 'x-log-count': '1', 'x-log-cursor': cursorOf(FIRST_POSITION + 1n) });
  });

  it('stands still at the end of the data', async () => {
    const { sls, range } = await start();
    const { headers, body } = await ask(sls, { query: { type: 'log', cursor: range.end, count: '1' } });
    expect(headers).toMatchObject({ 'x-log-count': '0', 'x-log-bodyrawsize': '0', 'x-log-cursor': range.end });
    expect(body).toHaveLength(0);
  });

  it.each<[string, Record<string, string>, string]>([
    ['a bad cursor', { type: 'log', cursor: '!', count: '1' }, 'InvalidCursor'],
    ['a bad end', { type: 'log', cursor: cursorOf(1n), end_cursor: '!', count: '1' }, 'InvalidCursor'],
    ['no count', { type: 'log', cursor: cursorOf(1n) }, 'ParameterInvalid'],
    ['too large a count', { type: 'log', cursor: cursorOf(1n), count: '1001' }, 'ParameterInvalid'],
    ['another type', { type: 'x' }, 'ParameterInvalid'],
  ])('with %s is refused', async (_, query, errorCode) => {
    const { sls } = await start();
    expect(await json(sls, { query })).toMatchObject({ status: 400, errorCode });
  });
});

describe('the other operations', () => {
  it.each<[string, string, bigint]>([
    ['the oldest group', 'begin', 0n],
    ['the next write', 'end', 3n],
    ['the first group received at a time', '1010', 1n],
    ['the first group received after a time', '1011', 2n],
    ['the next write when nothing is so young', '9999', 3n],
  ])('GetCursor finds %s', async (_, from, offset) => {
    const { sls } = await start();
    expect(await json(sls, { query: { type: 'cursor', from } })).toEqual({
      status: 200,
      cursor: cursorOf(FIRST_POSITION + offset),
    });
  });

  it('GetCursorTime gives the time of receipt', async () => {
    const { sls } = await start();
    const query = { type: 'cursor_time', cursor: cursorOf(FIRST_POSITION + 1n) };
    expect(await json(sls, { query })).toEqual({ status: 200, cursor_time: 1010 });
  });

  it('ListShards names every shard', async () => {
    const { sls } = await start();
    sls.load('proj', 'store', 3, []);
    const { body } = await ask(sls, { path: '/logstores/store/shards', query: {} });
    expect(JSON.parse(String(body))).toMatchObject([{ shardID: 0 }, { shardID: 3 }]);
  });

  it.each<[string, Ask, number, string]>([
    ['project', { project: 'other' }, 404, 'ProjectNotExist'],
    ['logstore', { path: '/logstores/other/shards/0' }, 404, 'LogStoreNotExist'],
    ['shard', { path: '/logstores/store/shards/9' }, 400, 'ShardNotExist'],
    ['API version', { headers: { 'x-log-apiversion': '0.5.0' } }, 400, 'MissApiVersion'],
  ])('an unknown %s is refused', async (_, how, status, errorCode) => {
    const { sls } = await start();
    expect(await json(sls, how)).toMatchObject({ status, errorCode });
  });
});

it('appends to a shard behind what it holds', async () => {
  const { sls, range } = await start();
  expect(sls.load('proj', 'store', 0, groups).begin).toBe(range.end);
});

it('records every request with the status it was answered with', async () => {
  const { sls } = await start();
  await ask(sls);
  await ask(sls, { project: 'other' });
  expect(sls.requests.map(({ project, status }) => [project, status])).toEqual([
    ['proj', 200],
    ['other', 404],
  ]);
});

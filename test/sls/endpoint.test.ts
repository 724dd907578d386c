import { describe, expect, it } from 'vitest';
import { addressOf, regionOf, resolveEndpoint } from '../../lib/sls/endpoint.ts';

describe("the trigger event's endpoint", () => {
  it.each([
    ['http://cn-shanghai-intranet.log.aliyuncs.com', 'http://cn-shanghai-intranet.log.aliyuncs.com/'],
    ['cn-hangzhou.log.aliyuncs.com', 'https://cn-hangzhou.log.aliyuncs.com/'],
    ['https://cn-hangzhou-internal.log.aliyuncs.com/', 'https://cn-hangzhou-internal.log.aliyuncs.com/'],
    ['cn-hangzhou-share.log.aliyuncs.com:443', 'https://cn-hangzhou-share.log.aliyuncs.com/'],
    ['http://cn-hangzhou-vpc.log.aliyuncs.com:80', 'http://cn-hangzhou-vpc.log.aliyuncs.com/'],
    ['cn-hangzhou-finance.log.aliyuncs.com', 'https://cn-hangzhou-finance.log.aliyuncs.com/'],
    ['HTTP://AP-SOUTHEAST-1.LOG.ALIYUNCS.COM', 'http://ap-southeast-1.log.aliyuncs.com/'],
  ])('%s is accepted', (offered, url) => {
    expect(resolveEndpoint(offered, undefined)).toEqual({ kind: 'endpoint', url: new URL(url) });
  });

  it.each([
    '',
    'log.aliyuncs.com',
    '.log.aliyuncs.com',
    'evil.example',
    'xlog.aliyuncs.com',
    'cn-hangzhou.log.aliyuncs.com.evil.example',
    'cn-hangzhou.log.aliyuncs.com@evil.example',
    'http://user:pass@cn-hangzhou.log.aliyuncs.com',
    'http://evil.example/cn-hangzhou.log.aliyuncs.com',
    'http://evil.example#.log.aliyuncs.com',
    'http://evil.example\\.log.aliyuncs.com',
    'http://evil.example%2f.log.aliyuncs.com',
    'http://cn-hangzhou.log.aliyuncs.com/path',
    'http://cn-hangzhou.log.aliyuncs.com?x=1',
    'http://cn-hangzhou.log.aliyuncs.com:8080',
    'http://-x.log.aliyuncs.com',
    'http://a_b.log.aliyuncs.com',
    'ftp://cn-hangzhou.log.aliyuncs.com',
    'http://cn-hangzhou.log.aliyuncs.com\n',
    ' cn-hangzhou.log.aliyuncs.com',
    'cn-hangzhou.log.aliyuncs.com.',
    'cn-hangzhou.log。aliyuncs.com',
    'cn-hangzhou.log.aliyuncs.ｃom',
    'http://127.0.0.1',
    'http://100.100.100.200',
  ])('%j is refused, naming SLS_ENDPOINT', (offered) => {
    expect(resolveEndpoint(offered, undefined)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('SLS_ENDPOINT'),
    });
  });

  it('does not show the password it came with', () => {
    expect(JSON.stringify(resolveEndpoint('http://user:hunter2@evil.example', undefined))).not.toContain('hunter2');
  });
});

describe('SLS_ENDPOINT', () => {
  it.each([
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000/'],
    ['sls.example', 'https://sls.example/'],
    ['localhost:4000', 'https://localhost:4000/'],
    ['http://[::1]:4000/', 'http://[::1]:4000/'],
  ])('%s replaces what the event offers', (configured, url) => {
    expect(resolveEndpoint('http://cn-shanghai.log.aliyuncs.com', configured)).toEqual({
      kind: 'endpoint',
      url: new URL(url),
    });
  });

  it.each(['http://', 'ftp://host', 'http://user:hunter2@host', 'http://host/path', 'host?x', 'a b'])(
    '%j is refused by its own name',
    (configured) => {
      const resolved = resolveEndpoint('http://cn-shanghai.log.aliyuncs.com', configured);
      expect(resolved).toMatchObject({ kind: 'refused', message: expect.stringMatching(/^SLS_ENDPOINT /) });
      expect(JSON.stringify(resolved)).not.toContain('hunter2');
    },
  );

  it('counts as absent when it is empty', () => {
    expect(resolveEndpoint('evil.example', '').kind).toBe('refused');
  });
});

it.each([
  ['cn-hangzhou.log.aliyuncs.com', 'cn-hangzhou'],
  ['cn-shanghai-intranet.log.aliyuncs.com', 'cn-shanghai'],
  ['cn-shanghai-share.log.aliyuncs.com:443', 'cn-shanghai'],
  ['cn-shanghai-vpc.log.aliyuncs.com', 'cn-shanghai'],
  ['cn-shanghai-internal.log.aliyuncs.com', 'cn-shanghai'],
  ['my-project.ap-southeast-1.log.aliyuncs.com', 'ap-southeast-1'],
  ['127.0.0.1:4000', undefined],
  ['log.aliyuncs.com', undefined],
])('the region in %s is %s', (host, region) => {
  expect(regionOf(host)).toBe(region);
});

it.each([
  ['https://cn-hangzhou.log.aliyuncs.com', 'https://p.cn-hangzhou.log.aliyuncs.com/', 'p.cn-hangzhou.log.aliyuncs.com'],
  ['http://sls.example:8080', 'http://p.sls.example:8080/', 'p.sls.example:8080'],
  ['http://127.0.0.1:4000', 'http://127.0.0.1:4000/', 'p.127.0.0.1:4000'],
  ['http://10.0.0.1:80', 'http://10.0.0.1/', 'p.10.0.0.1'],
  ['http://localhost:4000', 'http://localhost:4000/', 'p.localhost:4000'],
  ['http://[::1]:4000', 'http://[::1]:4000/', 'p.[::1]:4000'],
])('the project p at %s is reached at %s as %s', (endpoint, origin, host) => {
  expect(addressOf('p', new URL(endpoint))).toEqual({ origin: new URL(origin), host });
});

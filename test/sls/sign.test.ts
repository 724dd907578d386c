import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  authorizationV1,
  authorizationV4,
  canonicalV4,
  rfc3986,
  signV1,
  signV4,
  stringToSignV1,
} from '../../lib/sls/sign.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const publicExample = {
  method: 'GET',
  path: '/logstores',
  query: { logstoreName: '', offset: '0', size: '1000' },
  headers: {
    Date: 'Mon, 09 Nov 2015 06:11:16 GMT',
    'x-log-apiversion': '0.6.0',
    'x-log-signaturemethod': 'hmac-sha1',
  },
};

const pull = {
  method: 'GET',
  path: '/logstores/my-logstore/shards/0',
  query: {
    type: 'log',
    count: '1000',
    cursor: 'MTUwNTM5MDI3NTY1ODcwNzU2Ng==',
    end_cursor: 'MTUwNTM5MDI3NTY1ODcwNzU2OA==',
  },
  headers: {
    Host: 'my-project.cn-hangzhou.log.aliyuncs.com',
    'x-log-apiversion': '0.6.0',
    'x-log-bodyrawsize': '0',
  },
};
const sts = { accessKeyId: 'STS.testak', accessKeySecret: 'testsecret', securityToken: 'sts-token-value' };
const at = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('version 1', () => {
  it('signs the example of the signature page as published', () => {
    const key = { accessKeyId: 'bq2sjzesjmo86kq35behupbq', accessKeySecret: '4fdO2fTDDnZPU/L7CHNdemB2Nsk=' };
    expect(stringToSignV1(publicExample)).toBe(
      'GET\n\n\nMon, 09 Nov 2015 06:11:16 GMT\nx-log-apiversion:0.6.0\nx-log-signaturemethod:hmac-sha1\n' +
        '/logstores?logstoreName=&offset=0&size=1000',
    );
    expect(authorizationV1(publicExample, key)).toBe(`LOG ${key.accessKeyId}:jEYOTCJs2e88o+y5F4/S5IsnBJQ=`);
  });

  it('signs a request without a query as the Go SDK does', () => {
    const headers = {
      Date: 'Mon, 3 Jan 2010 08:33:47 GMT',
      'x-log-apiversion': '0.6.0',
      'x-log-bodyrawsize': '0',
      'x-log-signaturemethod': 'hmac-sha1',
    };
    const key = { accessKeyId: 'mockAccessKeyID', accessKeySecret: 'mockAccessKeySecret' };
    expect(authorizationV1({ method: 'GET', path: '/logstores', query: {}, headers }, key)).toBe(
      'LOG mockAccessKeyID:Rwm6cTKzoti4HWoe+GKcb6Kv07E=',
    );
  });

  it('completes and signs a pull with temporary credentials', () => {
    expect(signV1(pull, sts, at)).toEqual({
      ...pull.headers,
      Date: 'Fri, 02 Jan 2026 03:04:05 GMT',
      'x-log-signaturemethod': 'hmac-sha1',
      'x-acs-security-token': 'sts-token-value',
      Authorization: 'LOG STS.testak:HPRpm+glJ1AMQzXCSFgFZLZxYjU=',
    });
  });
});

describe('version 4', () => {
  it('signs odd keys and empty values as the Go SDK does', () => {
    const input = {
      method: 'GET',
      path: '/logstores',
      query: { ' abc': 'efg', ' agc ': '', '': 'efg', 'A-bc': 'eFg' },
      headers: {
        'x-log-test': 'het123',
        'x-acs-ppp': 'dds',
        hello: 'world',
        'x-log-date': '20220808T032330Z',
        'x-log-content-sha256': sha256(''),
      },
    };
    const key = { accessKeyId: 'acsddda21dsd', accessKeySecret: 'zxasdasdasw2' };
    expect(canonicalV4(input).split('\n')[2]).toBe('=efg& abc=efg& agc &A-bc=eFg');
    expect(sha256(canonicalV4(input))).toBe('c4d4099f73161af1425b67dbcb07d43891970541300229859dfeb2fa4ee4338d');
    expect(authorizationV4(input, key, 'cn-hangzhou')).toBe(
      'SLS4-HMAC-SHA256 Credential=acsddda21dsd/20220808/cn-hangzhou/sls/aliyun_v4_request,' +
        'Signature=d92741852500791d662a8d469ff61627c0559ecd86c3f59b7bf6772b6c62666a',
    );
  });

  it('completes and signs a pull with temporary credentials', () => {
    const signed = signV4(pull, sts, 'cn-hangzhou', at);
    expect(sha256(canonicalV4({ ...pull, headers: signed }))).toBe(
      '3004c321bb25d83f26eee8a7ecf045655c32734fcc69aed0af3e1e81128929c6',
    );
    expect(signed).toEqual({
      ...pull.headers,
      'x-log-date': '20260102T030405Z',
      'x-log-content-sha256': sha256(''),
      'x-acs-security-token': 'sts-token-value',
      Authorization:
        'SLS4-HMAC-SHA256 Credential=STS.testak/20260102/cn-hangzhou/sls/aliyun_v4_request,' +
        'Signature=6570eae7dcc819606fa0bbb4e7c57e56127add7e57bb31643d3b568d36d041db',
    });
  });

  it('sends no token header for long-lived credentials', () => {
    const { securityToken: _, ...longLived } = sts;
    expect(signV4(pull, longLived, 'cn-hangzhou', at)).not.toHaveProperty('x-acs-security-token');
  });
});

it.each([
  ['a==', 'a%3D%3D'],
  ["!'()*", '%21%27%28%29%2A'],
  ['a b+c/~-_.', 'a%20b%2Bc%2F~-_.'],
])('encodes %j for a query as %j', (plain, encoded) => {
  expect(rfc3986(plain)).toBe(encoded);
});

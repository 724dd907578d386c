import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../../bin/doctor/exam.ts';
import { lineOf } from '../support/records.ts';
import { ACCOUNT, Clinic, deployedReplay, deployedShip } from './doctor-clinic.ts';

const LOGSTORE = `acs:log:cn-hangzhou:${ACCOUNT}:project/gateway-logs/logstore/access`;
const OBJECTS = `acs:oss:*:${ACCOUNT}:dead-letters/sls-langfuse/*`;

let clinic: Clinic;
let seen: Result[];

beforeEach(async () => {
  clinic = await Clinic.open();
  seen = [];
});
afterEach(async () => {
  await clinic.close();
  expect(JSON.stringify(seen)).not.toMatch(/secret-of|token-of|sk-lf|question \d|Signature=/);
  for (const { status, next } of seen) if (status === 'fail' || status === 'warn') expect(next).toMatch(/\S/);
});

async function examine(...args: Parameters<Clinic['examine']>): Promise<Map<string, Result>> {
  const results = await clinic.examine(...args);
  seen.push(...results.values());
  return results;
}

function failing(message: RegExp, next: RegExp, status = 'fail') {
  return { status, message: expect.stringMatching(message), next: expect.stringMatching(next) };
}

describe('credentials', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['are missing', { ALIBABA_CLOUD_ACCESS_KEY_SECRET: '' }, /ALIBABA_CLOUD_ACCESS_KEY_SECRET/],
    ['lack their token', { ALIBABA_CLOUD_SECURITY_TOKEN: '' }, /ALIBABA_CLOUD_SECURITY_TOKEN/],
  ])('fail when they %s, and what needs them is skipped', async (_, change, message) => {
    const results = await examine(change);
    expect(results.get('credentials')).toMatchObject({ status: 'fail', message: expect.stringMatching(message) });
    for (const name of ['sls-shards', 'bucket', 'function-ship', 'function-replay']) {
      expect(results.get(name)).toMatchObject({ status: 'skipped', message: 'Not checked: needs credentials.' });
    }
    expect(results.get('langfuse-keys')?.status).toBe('ok');
  });
});

describe('the clock', () => {
  it.each([
    [20, /20 minutes ahead of that of SLS.*OSS.*Langfuse.*15 minutes are refused/],
    [-20, /20 minutes behind that of SLS/],
  ])('fails when it is %i minutes off, which SLS refuses', async (minutes, message) => {
    clinic.fill();
    clinic.ahead = minutes * 60_000;
    const results = await examine();
    expect(results.get('clock')).toMatchObject(failing(message, /clock of this machine/));
    expect(results.get('sls-shards')).toMatchObject(failing(/RequestTimeExpired/, /clock/));
  });

  it('warns when it is off and not refused', async () => {
    clinic.ahead = 3 * 60_000;
    expect((await examine()).get('clock')).toMatchObject(failing(/3\.0 minutes ahead/, /this machine/, 'warn'));
  });

  it('warns when nobody tells the time', async () => {
    await Promise.all([clinic.sls, clinic.oss, clinic.langfuse].map((server) => server.close()));
    expect((await examine({}, { timeoutMs: 3_000 })).get('clock')?.status).toBe('warn');
  });
});

describe('SLS', () => {
  it.each<[string, Record<string, string>, RegExp, RegExp]>([
    [
      'a project that is not there',
      { SLS_PROJECT: 'other' },
      /404 ProjectNotExist/,
      /SLS_PROJECT \(other\) and REGION/,
    ],
    ['a logstore that is not there', { SLS_LOGSTORE: 'other' }, /404 LogStoreNotExist/, /SLS_LOGSTORE \(other\)/],
    ['a wrong secret', { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' }, /401 SignatureNotMatch/, /ACCESS_KEY_SECRET/],
    ['an unknown key', { ALIBABA_CLOUD_ACCESS_KEY_ID: 'STS.other' }, /401 InvalidAccessKeyId/, /ACCESS_KEY_ID/],
    ['another region', { REGION: 'cn-shanghai' }, /SignatureNotMatch/, /region of .* is cn-shanghai/],
  ])('fails for %s', async (_, change, message, next) => {
    clinic.fill();
    const results = await examine(change);
    expect(results.get('sls-shards')).toMatchObject(failing(message, next));
    expect(results.get('sls-pull')).toMatchObject({ status: 'skipped', message: 'Not checked: needs sls-shards.' });
    expect(results.get('recognition')?.status).toBe('skipped');
  });

  it('names the permission that lists shards when it is refused', async () => {
    clinic.fill();
    const { status, next } = (await examine({ ALIBABA_CLOUD_SECURITY_TOKEN: 'wrong' })).get('sls-shards') ?? {};
    expect([status, next]).toEqual(['fail', expect.stringContaining(`Allow log:ListShards on ${LOGSTORE}`)]);
  });

  it('names the permission that reads logs when it is refused', async () => {
    clinic.fill();
    clinic.sls.faults = () => ({ kind: 'error', status: 401, code: 'Unauthorized', message: 'denied by sts or ram' });
    const results = await examine();
    expect(results.get('sls-shards')?.status).toBe('ok');
    expect(results.get('sls-pull')).toMatchObject(
      failing(/401 Unauthorized.*denied by sts or ram/, /log:GetCursorOrData/),
    );
    expect(results.get('sls-pull')?.next).toContain(LOGSTORE);
    expect(results.get('sls-pull')?.message).not.toContain("function's role");
  });

  it('fails when it is not reached', async () => {
    await clinic.sls.close();
    expect((await examine()).get('sls-shards')).toMatchObject(failing(/ECONNREFUSED/, /SLS_ENDPOINT/));
  });

  it('fails when it does not answer in time', async () => {
    clinic.fill();
    clinic.sls.faults = () => ({ kind: 'hold', headers: new Promise(() => undefined) });
    const result = (await examine({}, { timeoutMs: 500 })).get('sls-pull');
    expect(result).toMatchObject(failing(/^Not done within 0\.5 s\.$/, /--timeout/));
  });

  it('warns of a logstore without logs', async () => {
    clinic.sls.load('gateway-logs', 'access', 0, []);
    const results = await examine();
    expect(results.get('sls-pull')).toMatchObject(failing(/holds no log/, /is delivered to it/, 'warn'));
    expect(results.get('recognition')).toMatchObject({ status: 'skipped', message: 'Not checked: needs sls-pull.' });
  });

  it('warns of an SLS_QUERY that fails on logs', async () => {
    const results = await examine();
    expect(results.get('sls-shards')?.status).toBe('fail');
    clinic.fill();
    clinic.sls.faults = () => ({ kind: 'headers', set: { 'x-log-failedlines': '3', 'x-log-rawdatalines': '5' } });
    expect((await examine()).get('sls-pull')).toMatchObject(
      failing(/SLS_QUERY failed on \d+ more/, /SLS_QUERY/, 'warn'),
    );
  });
});

describe('the logs', () => {
  it('are the last ones of all shards, however long ago they came', async () => {
    for (let n = 50; n > 0; n--) clinic.load(n * 3_600, lineOf(n), n % 2);
    const results = await examine({}, { logs: 10 });
    expect(results.get('sls-shards')?.message).toMatch(/2 shards/);
    expect(results.get('sls-pull')).toMatchObject({
      status: 'ok',
      message: '10 logs pulled, the newest of 60 minutes ago.',
    });
    expect(results.get('recognition')).toMatchObject({
      status: 'ok',
      message: '10 of 10 logs are calls (100 %): higress 10.',
    });
  });

  it('are told by format and by the reason why they are skipped', async () => {
    clinic.fill();
    clinic.load(4, { path: '/healthz', method: 'GET', response_code: '200' });
    clinic.load(3, { content: 'some line' });
    expect((await examine()).get('recognition')).toMatchObject({
      status: 'ok',
      message: '2 of 4 logs are calls (50 %): higress 2; 2 skipped: non_ai 1, unparsable 1.',
    });
  });

  it('warn of what becomes a dead letter, with the first reason', async () => {
    clinic.fill();
    const { start_time: _, ...fields } = lineOf(1);
    const received = Math.floor(Date.now() / 1000);
    clinic.sls.load('gateway-logs', 'access', 0, [{ logs: [{ time: 0, fields }], received }]);
    const result = (await examine()).get('recognition');
    expect(result).toMatchObject(
      failing(/^2 of 3 logs are calls .*; 1 rejected, the first because: \S+/, /explain/, 'warn'),
    );
  });

  it('warn when none is a call, and say what to try', async () => {
    clinic.load(3, { path: '/healthz', method: 'GET', response_code: '200' });
    expect((await examine()).get('recognition')).toMatchObject(
      failing(/^0 of 1 logs/, /explain.*SOURCE_FORMAT.*FIELD_MAP/, 'warn'),
    );
  });

  it('warn when the selection leaves all of them out', async () => {
    clinic.fill();
    expect((await examine({ INCLUDE: 'route=other' })).get('recognition')).toMatchObject(
      failing(/not_included 2/, /^INCLUDE/, 'warn'),
    );
  });
});

describe('the retention', () => {
  it('is long enough when a log of two days is there', async () => {
    clinic.fill();
    expect((await examine()).get('retention')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/is 2 days old/),
    });
  });

  it('is to be looked at when the oldest log is of today', async () => {
    clinic.load(5 * 3_600);
    expect((await examine()).get('retention')).toMatchObject(failing(/is 5 hours old/, /raise its retention/, 'warn'));
  });
});

describe('the bucket', () => {
  it('is written, read, listed and cleared below the prefix', async () => {
    expect((await examine()).get('bucket')?.status).toBe('ok');
    expect(clinic.oss.requests.map(({ method }) => method).filter((method) => method !== 'HEAD')).toEqual(
      expect.arrayContaining(['PUT', 'GET', 'DELETE']),
    );
    expect(clinic.oss.requests.filter(({ method }) => method === 'PUT').map(({ key }) => key)).toEqual([
      expect.stringMatching(/^sls-langfuse\/doctor\/[0-9a-f-]{36}\.txt$/),
    ]);
    expect([...clinic.oss.objects]).toEqual([]);
  });

  it.each([
    ['PUT', `oss:PutObject on ${OBJECTS}`],
    ['DELETE', `oss:DeleteObject on ${OBJECTS}`],
  ])('names the permission when %s is denied', async (method, next) => {
    clinic.oss.fault = (request) =>
      request.method === method ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined;
    const result = (await examine()).get('bucket');
    expect([result?.status, result?.next]).toEqual(['fail', expect.stringContaining(`Allow ${next} for the RAM user`)]);
    expect(/may be left behind/.test(result?.message ?? '')).toBe(method === 'DELETE');
  });

  it('names all permissions that are denied, those on the bucket apart', async () => {
    clinic.oss.fault = ({ method }) =>
      method === 'GET' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined;
    expect((await examine()).get('bucket')?.next).toContain(
      `Allow oss:GetObject on ${OBJECTS} and oss:ListObjects on acs:oss:*:${ACCOUNT}:dead-letters for`,
    );
  });

  it('says how to create one that is not there', async () => {
    const result = (await examine({ DEAD_LETTER_BUCKET: 'other-bucket' })).get('bucket');
    expect(result).toMatchObject(failing(/404 NoSuchBucket/, /npm run setup makes other-bucket in cn-hangzhou/));
  });

  it('says that it is in another region', async () => {
    const message = 'The bucket you are attempting to access must be addressed using the specified endpoint.';
    clinic.oss.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied', message });
    expect((await examine()).get('bucket')).toMatchObject(failing(/AccessDenied/, /another region than cn-hangzhou/));
  });

  it('says what is wrong with the keys', async () => {
    const result = (await examine({ ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' })).get('bucket');
    expect(result).toMatchObject(failing(/403 SignatureDoesNotMatch/, /ALIBABA_CLOUD_ACCESS_KEY_SECRET/));
  });

  it('fails when OSS is not reached', async () => {
    await clinic.oss.close();
    expect((await examine()).get('bucket')).toMatchObject(failing(/OSS did not answer/, /OSS_ENDPOINT/));
  });
});

describe('the functions', () => {
  it('are well as s.yaml deploys them', async () => {
    const results = await examine();
    for (const name of ['function-ship', 'trigger', 'function-replay', 'timer']) {
      expect(results.get(name)).toMatchObject({ status: 'ok' });
    }
  });

  it('are skipped without an account', async () => {
    const results = await examine({ ACCOUNT_ID: '' });
    expect(results.get('function-ship')?.message).toBe('Not checked: needs ACCOUNT_ID.');
  });

  it('fail when they are not deployed', async () => {
    const results = await examine({ SHIP_FUNCTION: 'other' });
    expect(results.get('function-ship')).toMatchObject(failing(/^other is not deployed.* 404 /, /npm run deploy/));
    expect(results.get('trigger')).toMatchObject({ status: 'skipped', message: 'Not checked: needs function-ship.' });
  });

  it.each([
    [403, 'AccessDenied', `Allow fc:GetFunction on acs:fc:cn-hangzhou:${ACCOUNT}:functions/sls-langfuse-ship `],
    [503, 'ResourceThrottled', 'Try again later.'],
  ])('say what to do when Function Compute answers %i', async (status, code, next) => {
    clinic.fc.fault = () => ({ status, code });
    const result = (await examine()).get('function-ship');
    expect([result?.status, result?.next]).toEqual(['fail', expect.stringContaining(next)]);
  });

  it('fail without a role', async () => {
    clinic.functions.ship = { ...clinic.functions.ship, attributes: { runtime: 'nodejs20', handler: 'ship.handler' } };
    expect((await examine()).get('function-ship')).toMatchObject(failing(/has no role/, /npm run setup/));
  });

  it('are to be looked at when another runtime or other settings are deployed, whose values are not shown', async () => {
    const { attributes } = clinic.functions.ship;
    clinic.functions.ship = { ...clinic.functions.ship, attributes: { ...attributes, runtime: 'nodejs18' } };
    expect((await examine()).get('function-ship')).toMatchObject(failing(/nodejs18/, /npm run deploy/, 'warn'));
    clinic.functions.ship = { ...clinic.functions.ship, attributes };
    const result = (await examine({ LANGFUSE_RELEASE: 'r-2' })).get('function-ship');
    expect(result).toMatchObject(failing(/Set otherwise than here: LANGFUSE_RELEASE\.$/, /npm run deploy/, 'warn'));
  });
});

describe('the trigger', () => {
  const logConfig = { project: 'gateway-logs', logstore: 'access' };

  it.each<[string, Parameters<typeof deployedShip>, RegExp, RegExp]>([
    ['has no invocation role', [{}, { invocationRole: '' }], /no invocation role: it never fires/, /npm run setup/],
    ['is switched off', [{ enable: false }], /is switched off/, /enable/],
    [
      'reads another logstore',
      [{ sourceConfig: { logstore: 'b' } }],
      /there is one of gateway-logs\/b\./,
      /SLS_LOGSTORE/,
    ],
    [
      'reads another project',
      [{}, { sourceArn: 'acs:log:r:1:project/b' }],
      /there is one of b\/access\./,
      /SLS_PROJECT/,
    ],
    ['logs into its source', [{ logConfig }], /writes its own log into the logstore/, /TRIGGER_LOGSTORE/],
    ['is none', [{}, { triggerType: 'timer' }], /has no log trigger: nothing calls it/, /npm run deploy/],
  ])('fails when it %s', async (_, [config, attributes], message, next) => {
    clinic.functions.ship = { ...clinic.functions.ship, triggers: deployedShip(config, attributes).triggers };
    expect((await examine()).get('trigger')).toMatchObject(failing(message, next));
  });

  it('is to be looked at when its role is of another account', async () => {
    const { triggers } = deployedShip({}, { invocationRole: 'acs:ram::42:role/x' });
    clinic.functions.ship = { ...clinic.functions.ship, triggers };
    expect((await examine()).get('trigger')).toMatchObject(failing(/another account/, /ACCOUNT_ID/, 'warn'));
  });

  it('of the replay is to be looked at when it is switched off or is none', async () => {
    clinic.functions.replay = { ...clinic.functions.replay, triggers: deployedReplay({ enable: false }).triggers };
    expect((await examine()).get('timer')).toMatchObject(failing(/switched off/, /npm run deploy/, 'warn'));
    clinic.functions.replay = { ...clinic.functions.replay, triggers: [] };
    expect((await examine()).get('timer')).toMatchObject(failing(/has no timer/, /npm run deploy/, 'warn'));
  });
});

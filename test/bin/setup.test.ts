import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planOf } from '../../bin/setup/plan.ts';
import { type SetupOptions, stepsFor } from '../../bin/setup/setup.ts';
import { carryOut, type Outcomes } from '../../bin/setup/step.ts';
import { type OssStandIn, startOss } from '../stand-ins/oss.ts';
import { type RamStandIn, startRam } from '../stand-ins/ram.ts';
import { type SlsStandIn, startSls } from '../stand-ins/sls.ts';
import { command } from './command.ts';

const credentials = { accessKeyId: 'STS.setup', accessKeySecret: 'secret-of-setup', securityToken: 'token-of-setup' };
const ACCOUNT = '1234567890123456';
const SOURCE = `acs:log:cn-hangzhou:${ACCOUNT}:project/gateway/logstore/access`;
const BUCKET = `acs:oss:*:${ACCOUNT}:dead-letters`;
const SHIP = 'sls-langfuse-ship';
const REPLAY = 'sls-langfuse-replay';
const TRIGGER = 'sls-langfuse-trigger';
/** Source, two logstores with an index each, three parts of the bucket, three roles of three parts. */
const STEPS = 1 + 4 + 3 + 9;
/** A resource that names the account and something in it. */
const NAMED =
  /^acs:(?:log|oss|fc):[a-z*-]+:1234567890123456:(?:project\/gateway\/logstore\/|dead-letters|functions\/sls-)/;
const READING = /^(?:GetRole|GetPolicy|ListPolicyVersions|ListPoliciesForRole)$/;

let ram: RamStandIn;
let oss: OssStandIn;
let sls: SlsStandIn;
let env: Record<string, string>;
let printed: string[];

beforeEach(async () => {
  [ram, oss, sls] = await Promise.all([
    startRam(credentials),
    startOss({ credentials, bucket: 'dead-letters' }),
    startSls({ credentials }),
  ]);
  oss.settings.exists = false;
  sls.logstores.set('gateway/access', { made: { logstoreName: 'access', ttl: 30 } });
  printed = [];
  env = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: credentials.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: credentials.securityToken,
    ACCOUNT_ID: ACCOUNT,
    SLS_PROJECT: 'gateway',
    SLS_LOGSTORE: 'access',
    DEAD_LETTER_BUCKET: 'dead-letters',
    RAM_ENDPOINT: ram.url,
    OSS_ENDPOINT: oss.url,
    SLS_ENDPOINT: sls.url,
  };
});

afterEach(async () => {
  await Promise.all([ram.close(), oss.close(), sls.close()]);
  expect(printed.join('\n')).not.toMatch(/secret-of-setup|token-of-setup|STS\.setup|[Ss]ignature=|string to sign/);
});

async function setUp(options: SetupOptions & { dryRun?: boolean } = {}): Promise<Outcomes> {
  const { dryRun = false, ...rest } = options;
  printed = [];
  return carryOut(stepsFor(planOf(env, '.env'), env, rest), dryRun, (line) => printed.push(line));
}

/** Requests that could change something. */
function writes(): string[] {
  return [
    ...ram.requests.map(({ action }) => action).filter((action) => !READING.test(action)),
    ...[...oss.requests, ...sls.requests].filter(({ method }) => method !== 'GET').map(({ method }) => method),
  ];
}

function forget(): void {
  for (const requests of [ram.requests, sls.requests, oss.requests as unknown[]]) requests.length = 0;
}

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

function statementsOf(policy: string): Statement[] {
  const stored = ram.policies.get(policy);
  const version = stored?.versions.find(({ id }) => id === stored.default);
  return JSON.parse(version?.document ?? '{"Statement":[]}').Statement;
}

/** Whether a policy allows an action on a resource; patterns end in a star at most. */
function allows(policy: string, action: string, resource: string): boolean {
  const matches = (pattern: string) =>
    pattern.endsWith('*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern;
  return statementsOf(policy).some(({ Action, Resource }) => Action.includes(action) && Resource.some(matches));
}

describe('the first setup', () => {
  it('creates everything that a deployment needs', async () => {
    expect(await setUp()).toEqual({ exists: 1, created: STEPS - 1 });
    expect([...ram.roles.keys()].sort()).toEqual([REPLAY, SHIP, TRIGGER]);
    expect([...ram.policies.keys()].sort()).toEqual([REPLAY, SHIP, TRIGGER]);
    for (const name of [SHIP, REPLAY, TRIGGER]) expect([...(ram.roles.get(name)?.policies ?? [])]).toEqual([name]);
    expect(oss.settings).toMatchObject({ exists: true, acl: 'private' });
    expect(oss.settings.encryption).toContain('<SSEAlgorithm>AES256</SSEAlgorithm>');
    expect([...sls.logstores.keys()].sort()).toEqual([
      'gateway/access',
      'gateway/fc-function-log',
      'gateway/fc-trigger-log',
    ]);
    expect(sls.logstores.get('gateway/fc-function-log')?.made).toMatchObject({ ttl: 30 });
  });

  it('lets Function Compute assume the functions’ roles and SLS the trigger’s', async () => {
    await setUp();
    const services = [SHIP, REPLAY, TRIGGER].map((name) => {
      const [statement] = JSON.parse(ram.roles.get(name)?.trust ?? '{}').Statement;
      return statement.Principal.Service;
    });
    expect(services).toEqual([['fc.aliyuncs.com'], ['fc.aliyuncs.com'], ['log.aliyuncs.com']]);
  });

  it('indexes the numbers of a receipt below the message', async () => {
    await setUp();
    const { index } = sls.logstores.get('gateway/fc-function-log') ?? {};
    expect(index).toMatchObject({
      line: { caseSensitive: false },
      keys: {
        message: { type: 'json', json_keys: { read: { type: 'long', doc_value: true }, lagMs: { type: 'long' } } },
        durationMs: { type: 'double' },
      },
    });
    expect(sls.logstores.get('gateway/fc-trigger-log')?.index).not.toHaveProperty('keys');
  });

  it.each<[policy: string, action: string, resource: string, allowed: boolean]>([
    [SHIP, 'log:GetCursorOrData', SOURCE, true],
    [SHIP, 'log:PostLogStoreLogs', SOURCE.replace(/access$/, 'fc-function-log'), true],
    [SHIP, 'log:PostLogStoreLogs', SOURCE, false],
    [SHIP, 'oss:PutObject', `${BUCKET}/sls-langfuse/v1/gateway/access/0/x.ndjson.gz`, true],
    [SHIP, 'oss:GetObject', `${BUCKET}/sls-langfuse/v1/gateway/access/0/x.ndjson.gz`, false],
    [SHIP, 'oss:DeleteObject', `${BUCKET}/sls-langfuse/v1/gateway/access/0/x.ndjson.gz`, false],
    [SHIP, 'oss:GetObject', `${BUCKET}/sls-langfuse/progress/gateway/access/0.json`, true],
    [SHIP, 'oss:DeleteObject', `${BUCKET}/sls-langfuse/progress/gateway/access/0.json`, true],
    [SHIP, 'oss:PutObject', `${BUCKET}/sls-langfuse/replay.lease.json`, false],
    [SHIP, 'oss:ListObjects', BUCKET, false],
    [REPLAY, 'log:GetCursorOrData', SOURCE, true],
    [REPLAY, 'oss:ListObjects', BUCKET, true],
    [REPLAY, 'oss:DeleteObject', `${BUCKET}/sls-langfuse/v1/gateway/access/0/x.ndjson.gz`, true],
    [REPLAY, 'oss:PutObject', `${BUCKET}/sls-langfuse/parked/v1/gateway/access/0/x.ndjson.gz`, true],
    [REPLAY, 'oss:DeleteObject', `${BUCKET}/sls-langfuse/replay.lease.json`, true],
    [REPLAY, 'oss:PutObject', `${BUCKET}/other/v1/x`, false],
    [TRIGGER, 'fc:InvokeFunction', `acs:fc:cn-hangzhou:${ACCOUNT}:functions/${SHIP}`, true],
    [TRIGGER, 'fc:InvokeFunction', `acs:fc:cn-hangzhou:${ACCOUNT}:functions/${SHIP}/LATEST`, true],
    [TRIGGER, 'fc:InvokeFunction', `acs:fc:cn-hangzhou:${ACCOUNT}:functions/${REPLAY}`, false],
    [TRIGGER, 'log:PostLogStoreLogs', SOURCE.replace(/access$/, 'fc-trigger-log'), true],
  ])('decides whether %s has %s on %s: %s', async (policy, action, resource, allowed) => {
    await setUp();
    expect(allows(policy, action, resource)).toBe(allowed);
  });

  it('gives no right to everything', async () => {
    await setUp();
    const all = [SHIP, REPLAY, TRIGGER].flatMap(statementsOf);
    expect(all.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
    for (const resource of all.flatMap(({ Resource }) => Resource)) expect(resource).toMatch(NAMED);
  });

  it('gives no right to progress that is not kept', async () => {
    env.CHECKPOINT = 'off';
    await setUp();
    expect(allows(SHIP, 'oss:PutObject', `${BUCKET}/sls-langfuse/progress/gateway/access/0.json`)).toBe(false);
  });
});

describe('a setup of what is there', () => {
  it('changes nothing', async () => {
    await setUp({ parkedDays: 90 });
    forget();
    expect(await setUp()).toEqual({ exists: STEPS });
    expect(await setUp({ parkedDays: 90 })).toEqual({ exists: STEPS });
    expect(writes()).toEqual([]);
  });

  it('updates a policy that differs, and says how', async () => {
    await setUp();
    forget();
    env.SLS_LOGSTORE = 'access-2';
    sls.logstores.set('gateway/access-2', { made: { logstoreName: 'access-2' } });
    expect(await setUp()).toEqual({ exists: STEPS - 3, updated: 3 });
    expect(allows(SHIP, 'log:GetCursorOrData', `${SOURCE}-2`)).toBe(true);
    expect(allows(SHIP, 'log:GetCursorOrData', SOURCE)).toBe(false);
    expect(printed.map((line) => line.trim())).toContain(`- log:GetCursorOrData on ${SOURCE}`);
    expect(printed.map((line) => line.trim())).toContain(`+ log:GetCursorOrData on ${SOURCE}-2`);
    expect(writes()).toEqual(['CreatePolicyVersion', 'CreatePolicyVersion', 'CreatePolicyVersion']);
  });

  it('makes room for a sixth version of a policy, and never by the one in force', async () => {
    await setUp();
    const version = (n: number) => ({ id: `v${n}`, document: '{"Statement":[]}', createdAt: Date.UTC(2026, 1, n) });
    ram.policies.set(SHIP, { versions: [8, 9, 10, 11, 12].map(version), default: 'v8' });
    expect(await setUp()).toEqual({ exists: STEPS - 1, updated: 1 });
    const { versions = [], default: current } = ram.policies.get(SHIP) ?? {};
    expect({ ids: versions.map(({ id }) => id), current }).toEqual({
      ids: ['v8', 'v10', 'v11', 'v12', 'v13'],
      current: 'v13',
    });
  });

  it('adds to who may assume a role', async () => {
    await setUp();
    const other = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['ecs.aliyuncs.com'] } };
    const role = ram.roles.get(SHIP);
    if (role) role.trust = JSON.stringify({ Version: '1', Statement: [other] });
    expect(await setUp()).toMatchObject({ updated: 1 });
    const { Statement } = JSON.parse(role?.trust ?? '{}');
    expect(Statement).toEqual([other, { ...other, Principal: { Service: ['fc.aliyuncs.com'] } }]);
    expect(await setUp()).toEqual({ exists: STEPS });
  });

  it('keeps what others put into an index', async () => {
    const theirs = { type: 'text', token: [','], doc_value: true };
    const index = { line: { token: ['|'] }, keys: { tenant: theirs, message: { type: 'text' } }, log_reduce: true };
    sls.logstores.set('gateway/fc-function-log', { made: { logstoreName: 'fc-function-log' }, index });
    await setUp();
    const after = sls.logstores.get('gateway/fc-function-log')?.index;
    expect(after).toMatchObject({ line: { token: ['|'] }, log_reduce: true, keys: { tenant: theirs } });
    expect(after).toMatchObject({ keys: { message: { type: 'json' } } });
    expect(after).not.toHaveProperty('ttl');
    expect(printed.join('\n')).toContain('+ message as JSON');
    expect(await setUp()).toEqual({ exists: STEPS });
  });

  it('goes on where a setup ended in the middle', async () => {
    ram.denied.add('AttachPolicyToRole');
    expect(await setUp()).toMatchObject({ failed: 3 });
    ram.denied.clear();
    expect(await setUp()).toEqual({ exists: STEPS - 3, created: 3 });
  });
});

describe('the bucket', () => {
  const others =
    '<Rule><ID>theirs</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>';

  it('never deletes letters that wait, and parked ones only when asked', async () => {
    await setUp();
    expect(oss.settings.lifecycle).not.toContain('Expiration');
    expect(await setUp({ parkedDays: 30 })).toMatchObject({ updated: 1 });
    expect(oss.settings.lifecycle).toMatch(
      /<Prefix>sls-langfuse\/parked\/v1\/<\/Prefix>.*<Expiration><Days>30<\/Days>/,
    );
    expect(oss.settings.lifecycle?.match(/<Expiration>/g)).toHaveLength(1);
    expect(await setUp({ parkedDays: 0 })).toMatchObject({ updated: 1 });
    expect(oss.settings.lifecycle).not.toContain('Expiration');
  });

  it('keeps the rules of others', async () => {
    oss.settings.exists = true;
    oss.settings.lifecycle = `<LifecycleConfiguration>${others}</LifecycleConfiguration>`;
    await setUp({ parkedDays: 30 });
    expect(oss.settings.lifecycle).toMatch(/<Prefix>logs\/<\/Prefix>.*<Days>3<\/Days>.*<ID>theirs<\/ID>/);
    expect(oss.settings.lifecycle?.match(/<Rule>/g)).toHaveLength(3);
    expect(await setUp()).toEqual({ exists: STEPS });
  });

  it('is encrypted with a key of KMS when asked, which the functions may then use', async () => {
    await setUp({ kmsKey: 'key-1' });
    expect(oss.settings.encryption).toContain('<KMSMasterKeyID>key-1</KMSMasterKeyID>');
    const key = `acs:kms:cn-hangzhou:${ACCOUNT}:key/key-1`;
    for (const policy of [SHIP, REPLAY]) expect(allows(policy, 'kms:GenerateDataKey', key)).toBe(true);
    expect(await setUp()).toEqual({ exists: STEPS });
  });

  it.each(['public-read', 'public-read-write'])('that is %s is refused, not changed', async (acl) => {
    Object.assign(oss.settings, { exists: true, acl });
    expect(await setUp()).toMatchObject({ failed: 1, skipped: 2 });
    expect(oss.settings.acl).toBe(acl);
    expect(printed.join('\n')).toContain(`It is ${acl}, and dead letters hold prompts and answers.`);
  });
});

describe('a dry run', () => {
  it('tells everything and writes nothing', async () => {
    expect(await setUp({ dryRun: true })).toEqual({ exists: 1, 'would create': STEPS - 1 });
    expect(writes()).toEqual([]);
    expect(printed).toContain(`would create  RAM role ${SHIP}, assumed by fc.aliyuncs.com`);
  });

  it('tells a difference and leaves it', async () => {
    await setUp();
    forget();
    env.DEAD_LETTER_PREFIX = 'elsewhere';
    expect(await setUp({ dryRun: true })).toEqual({ exists: STEPS - 3, 'would change': 3 });
    expect(writes()).toEqual([]);
    expect(printed.join('\n')).toContain(`+ oss:PutObject on ${BUCKET}/elsewhere/v1/*`);
  });
});

describe('a refusal', () => {
  it.each(['GetRole', 'CreateRole', 'CreatePolicy', 'ListPoliciesForRole'])('of RAM names ram:%s', async (action) => {
    ram.denied.add(action);
    expect(await setUp()).toMatchObject({ failed: 3 });
    expect(printed.join('\n')).toMatch(
      new RegExp(`Allow ram:${action} on acs:ram:\\*:${ACCOUNT}:(?:role|policy)/${SHIP} `),
    );
  });

  it.each([
    ['GetBucketInfo', 'GET', 'bucketInfo'],
    ['PutBucket', 'PUT', ''],
    ['PutBucketEncryption', 'PUT', 'encryption'],
    ['PutBucketLifecycle', 'PUT', 'lifecycle'],
  ])('of OSS names oss:%s', async (action, method, setting) => {
    oss.fault = (request) =>
      request.method === method && (Object.keys(request.query)[0] ?? '') === setting
        ? { kind: 'status', status: 403, code: 'AccessDenied' }
        : undefined;
    expect(await setUp()).toMatchObject({ failed: 1 });
    expect(printed.join('\n')).toContain(`Allow oss:${action} on ${BUCKET} `);
  });

  it.each([
    ['CreateLogStore', 'POST', 'logstores', 2],
    ['GetLogStore', 'GET', 'fc-function-log', 1],
    ['CreateIndex', 'POST', 'index', 2],
  ])('of SLS names log:%s', async (action, method, last, failed) => {
    sls.denied = (request) => request.method === method && request.path.at(-1) === last;
    expect(await setUp()).toMatchObject({ failed });
    expect(printed.join('\n')).toContain(`Allow log:${action} on ${SOURCE.replace(/access$/, 'fc-function-log')} `);
  });

  it('skips what needs the thing, and goes on with the rest', async () => {
    ram.denied.add('CreateRole');
    expect(await setUp()).toEqual({ exists: 1, created: 7, failed: 3, skipped: 6 });
  });

  it('of a wrong secret repeats no signature', async () => {
    env.ALIBABA_CLOUD_ACCESS_KEY_SECRET = 'wrong';
    expect(await setUp()).toMatchObject({ failed: 7 });
    expect(printed.join('\n')).toContain('Check ALIBABA_CLOUD_ACCESS_KEY_ID, _ACCESS_KEY_SECRET and _SECURITY_TOKEN');
  });

  it.each([
    ['BucketAlreadyExists', 409, 'choose another one for DEAD_LETTER_BUCKET'],
    ['AccessDenied', 403, 'if another account has the bucket'],
    ['InternalError', 500, 'run this again'],
  ])('of OSS with %s says what to do', async (code, status, said) => {
    oss.fault = ({ method, key }) => (method === 'PUT' && key === '' ? { kind: 'status', status, code } : undefined);
    expect(await setUp()).toMatchObject({ failed: 1, skipped: 2 });
    expect(printed.join('\n')).toContain(said);
  });

  it('is told from no answer', async () => {
    await Promise.all([ram.close(), oss.close(), sls.close()]);
    expect(await setUp()).toMatchObject({ failed: 7 });
    for (const service of ['RAM', 'OSS', 'SLS']) {
      expect(printed.join('\n')).toMatch(
        new RegExp(`${service} at http://\\S+ gave no answer .*\\n.*${service}_ENDPOINT`),
      );
    }
  });

  it('is told from an answer that is none', async () => {
    ram.garbled = true;
    expect(await setUp()).toMatchObject({ failed: 3 });
    expect(printed.join('\n')).toContain('gave no answer to ram:GetRole');
  });
});

describe('the trigger’s role', () => {
  it('that the whole account shares is looked for and not changed', async () => {
    env.TRIGGER_ROLE_NAME = 'AliyunLogETLRole';
    ram.roles.set('AliyunLogETLRole', { trust: '{}', policies: new Set() });
    expect(await setUp()).toMatchObject({ exists: 2 });
    expect(ram.roles.get('AliyunLogETLRole')).toEqual({ trust: '{}', policies: new Set() });
    expect(ram.policies.has(TRIGGER)).toBe(false);
  });

  it('that the whole account shares and that is missing fails with what to do', async () => {
    env.TRIGGER_ROLE_NAME = 'aliyunlogetlrole';
    expect(await setUp()).toMatchObject({ failed: 1 });
    expect(printed.join('\n')).toContain('Remove TRIGGER_ROLE_NAME');
  });
});

describe('the source', () => {
  it('that is missing fails and is not made', async () => {
    sls.logstores.delete('gateway/access');
    expect(await setUp()).toMatchObject({ failed: 1 });
    expect(sls.logstores.has('gateway/access')).toBe(false);
  });
});

describe('the plan', () => {
  it.each<[variables: Record<string, string>, said: string]>([
    [{ ACCOUNT_ID: '' }, 'ACCOUNT_ID is not set'],
    [{ ACCOUNT_ID: '123' }, 'ACCOUNT_ID is "123"'],
    [{ SLS_PROJECT: 'x.evil.com/' }, 'SLS_PROJECT is'],
    [{ FUNCTION_LOGSTORE: 'access' }, 'FUNCTION_LOGSTORE is a logstore that is read'],
    [{ SLS_MORE_LOGSTORES: 'a/b' }, 'SLS_MORE_LOGSTORES has "a/b"'],
    [{ REPLAY_ROLE_NAME: 'SLS-langfuse-ship' }, 'FC_ROLE_NAME is the same as REPLAY_ROLE_NAME'],
    [{ DEAD_LETTER_BUCKET: '' }, 'DEAD_LETTER_BUCKET is not set'],
    [{ DEAD_LETTER_PREFIX: 'a b' }, 'DEAD_LETTER_PREFIX must be'],
  ])('of %j is refused', (variables, said) => {
    expect(() => planOf({ ...env, ...variables }, '.env')).toThrow(said);
  });
});

describe('more logstores', () => {
  it('are allowed to be read, and have to be there', async () => {
    env.SLS_MORE_LOGSTORES = 'chat, batch';
    sls.logstores.set('gateway/chat', { made: { logstoreName: 'chat' } });
    expect(await setUp()).toMatchObject({ exists: 2, failed: 1 });
    for (const name of ['access', 'chat', 'batch']) {
      for (const policy of [SHIP, REPLAY, TRIGGER]) {
        expect(allows(policy, 'log:GetCursorOrData', SOURCE.replace(/access$/, name))).toBe(true);
      }
    }
  });
});

describe('npm run setup', () => {
  beforeEach(() => {
    // Out of reach of a .env of the developer's own.
    env.DEPLOY_ENV = 'nowhere';
  });

  it('sets up an environment whose names end in its own, and ends with 0', async () => {
    const { code, stdout, stderr } = await command('setup', ['--env', 'nobody'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`created       RAM role ${SHIP}-nobody, assumed by fc.aliyuncs.com\n`);
    expect(stdout).toContain('Next: DEPLOY_ENV=nobody npm run deploy');
    expect(allows(`${SHIP}-nobody`, 'oss:PutObject', `${BUCKET}/sls-langfuse-nobody/v1/x`)).toBe(true);
    printed = stdout.split('\n');
  });

  it.each<[args: string[], variables: Record<string, string>, code: number, said: RegExp]>([
    [['--parked-days', 'x'], {}, 2, /^--parked-days x: expected/],
    [['--dry-run', '--wat'], {}, 2, /--wat/],
    [['--dry-run'], { ACCOUNT_ID: '' }, 2, /ACCOUNT_ID is not set.*\n.*\.env\.nowhere/],
    [['--dry-run'], { TRIGGER_ROLE_NAME: 'aliyunlogetlrole' }, 1, /^$/],
  ])('%j with %j ends with %i', async (args, variables, expected, said) => {
    const { code, stdout, stderr } = await command('setup', args, { ...env, ...variables });
    expect(stderr.trim()).toMatch(said);
    expect(code).toBe(expected);
    printed = [...stdout.split('\n'), ...stderr.split('\n')];
  });
});

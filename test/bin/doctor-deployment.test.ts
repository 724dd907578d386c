import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diagnose } from '../../bin/doctor/diagnosis.ts';
import type { Result } from '../../bin/doctor/exam.ts';
import { surroundingsOf } from '../../bin/doctor/surroundings.ts';

const SOUND = {
  ACCOUNT_ID: '1234567890123456',
  SLS_PROJECT: 'gateway-logs',
  SLS_LOGSTORE: 'access',
  LANGFUSE_HOST: 'https://langfuse.example.com',
  LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
  LANGFUSE_SECRET_KEY: 'sk-lf-secret',
  DEAD_LETTER_BUCKET: 'dead-letters',
};
const ROUTE = { name: 'team-a', when: { consumer: 'a' }, publicKey: '$TEAM_KEY', secretKey: '$TEAM_SECRET' };
const KEYS = { TEAM_KEY: 'pk-lf-2', TEAM_SECRET: 'sk-lf-other' };

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'doctor-offline-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), text);
}

async function offline(change: Record<string, string> = {}): Promise<Map<string, Result>> {
  const progress = { started: () => undefined, told: () => undefined, ended: () => undefined };
  const clock = { now: () => 0, sleep: async () => undefined };
  const options = { offline: true, write: false, logs: 200, timeoutMs: 5_000 };
  const results = await diagnose(surroundingsOf({ ...SOUND, ...change }, dir), options, { clock, progress });
  expect(JSON.stringify(results)).not.toMatch(/sk-lf-secret|sk-lf-other/);
  return new Map(results.map((result) => [result.name, result]));
}

describe('npm run doctor -- --offline', () => {
  it('checks the configuration and whether it can be deployed, and nothing else', async () => {
    const results = await offline();
    expect([...results.values()].map(({ name, status }) => [name, status])).toEqual([
      ['configuration', 'ok'],
      ['deployment', 'ok'],
    ]);
    expect(results.get('deployment')?.message).toContain('gateway-logs/access in cn-hangzhou');
  });

  it('names all problems of the configuration at once, and where to correct them', async () => {
    const { status, message, next } =
      (await offline({ LANGFUSE_HOST: '', ON_OUTAGE: 'panic' })).get('configuration') ?? {};
    expect(status).toBe('fail');
    expect(message).toMatch(/2 problems:\n {2}- LANGFUSE_HOST is not set.*\n {2}- ON_OUTAGE /);
    expect(next).toMatch(/\.env/);
  });

  it('compiles own patterns', async () => {
    const result = (await offline({ REDACT_PATTERNS: '{"order": "(?=x)"}' })).get('configuration');
    expect(result).toMatchObject({ status: 'fail', message: expect.stringMatching(/REDACT_PATTERNS.*order/) });
  });

  it('sees keys that have changed places', async () => {
    const swapped = { LANGFUSE_PUBLIC_KEY: 'sk-lf-secret', LANGFUSE_SECRET_KEY: 'pk-lf-1' };
    const result = (await offline(swapped)).get('configuration');
    expect(result).toMatchObject({ status: 'warn', next: expect.stringMatching(/LANGFUSE_PUBLIC_KEY.*pk-lf-/) });
  });

  it('takes the time zone from GATEWAY_TZ, not from the terminal', async () => {
    expect((await offline({ TZ: 'nowhere' })).get('configuration')?.status).toBe('ok');
    expect((await offline({ GATEWAY_TZ: 'nowhere' })).get('configuration')?.message).toMatch(/- TZ must be/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['no account', { ACCOUNT_ID: '' }, /^ACCOUNT_ID is not set; /],
    ['an account that is none', { ACCOUNT_ID: 'me' }, /^ACCOUNT_ID is wrong; /],
    ['no project', { SLS_PROJECT: '' }, /^SLS_PROJECT is not set; /],
    ['a project that is none', { SLS_PROJECT: 'evil.example/' }, /^SLS_PROJECT is wrong; /],
    ['no logstore', { SLS_LOGSTORE: '' }, /^SLS_LOGSTORE is not set; /],
    ['a region that is none', { REGION: 'evil.example/' }, /^REGION is "evil\.example\/"/],
    ['a trigger that logs into its source', { TRIGGER_LOGSTORE: 'access' }, /^TRIGGER_LOGSTORE is access, the same/],
    [
      'a function that logs into its source',
      { SLS_LOGSTORE: 'fc-function-log' },
      /^FUNCTION_LOGSTORE is fc-function-log/,
    ],
    [
      'more than 4 KB',
      { TRACE_NAME: 'x'.repeat(4000) },
      /a function has 4096 for all; the largest: TRACE_NAME \(4010\)/,
    ],
    ['another name that s.yaml does not know', { LANGFUSE_SDK_TIMEOUT: '9' }, /^LANGFUSE_SDK_TIMEOUT is not handed/],
  ])('fails at %s', async (_, change, message) => {
    const result = (await offline(change)).get('deployment');
    expect(result).toMatchObject({ status: 'fail', message: expect.stringMatching(message) });
    expect(result?.next).toMatch(/\.env/);
  });

  it('counts bytes and the names of what is not set', async () => {
    const room = 3000;
    expect((await offline({ TAGS: 'x'.repeat(room) })).get('deployment')?.status).toBe('ok');
    expect((await offline({ TAGS: '中'.repeat(room / 2) })).get('deployment')?.status).toBe('fail');
  });

  it('warns of a .env whose $ Serverless Devs would expand', async () => {
    write('.env', 'LANGFUSE_RELEASE="a$b"\n');
    expect((await offline()).get('deployment')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/\$ is expanded.*LANGFUSE_RELEASE/),
    });
  });

  it('reads the file of the environment, and takes its names', async () => {
    write('.env', 'SLS_QUERY=from-another\n');
    write('.env.prod', 'REGION=cn-beijing\nSLS_LOGSTORE=not-this-one\n');
    const results = await offline({ DEPLOY_ENV: 'prod', TRIGGER_LOGSTORE: 'access' });
    expect(results.get('deployment')?.message).toMatch(/^TRIGGER_LOGSTORE is access/);
    expect((await offline({ DEPLOY_ENV: 'prod' })).get('deployment')?.message).toContain('access in cn-beijing');
  });

  it('reads .env, over which the shell wins', async () => {
    write('.env', '# settings\nREGION=cn-shanghai\nSLS_PROJECT=other\nSLS_QUERY="* | where a = 1"\n');
    expect((await offline()).get('deployment')?.message).toContain('gateway-logs/access in cn-shanghai');
  });
});

describe('routes offline', () => {
  const routes = JSON.stringify([ROUTE]);

  it('fails for a file that nobody can read, and does not quote its name', async () => {
    const results = await offline({ ROUTES_FILE: 'sk-lf-secret.json' });
    expect(results.get('configuration')).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/ROUTES_FILE/),
    });
  });

  it('finds the file where it is deployed from', async () => {
    write('dist/routes.json', routes);
    for (const name of ['routes.json', '/code/routes.json']) {
      const results = await offline({ ROUTES_FILE: name, ...KEYS });
      expect([...results.values()].map(({ status }) => status)).toEqual(['ok', 'ok']);
    }
  });

  it('warns of a file that is not deployed', async () => {
    write('routes.json', routes);
    const results = await offline({ ROUTES_FILE: join(dir, 'routes.json'), ...KEYS });
    expect(results.get('configuration')?.status).toBe('ok');
    expect(results.get('deployment')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/ROUTES_FILE.*dist/),
    });
  });

  it('fails for keys in variables that s.yaml does not hand over', async () => {
    write('s.yaml', 'vars:\n  settings:\n    TEAM_KEY: a\n');
    expect((await offline({ ROUTES: routes, ...KEYS })).get('deployment')).toMatchObject({
      status: 'fail',
      message: 'ROUTES takes a key from TEAM_SECRET, which s.yaml does not name under settings.',
    });
    write('s.yaml', 'vars:\n  settings:\n    TEAM_KEY: a\n    TEAM_SECRET: b\n');
    expect((await offline({ ROUTES: routes, ...KEYS })).get('deployment')?.status).toBe('ok');
  });

  it('fails for a variable that is not set', async () => {
    const result = (await offline({ ROUTES: routes, TEAM_KEY: 'k' })).get('configuration');
    expect(result?.message).toMatch(/route team-a: the variable TEAM_SECRET is not set/);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deploy } from '../../bin/deploy/deploy.ts';
import { deploymentOf } from '../../bin/env.ts';

const KEYS = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: 'STS.x',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: 's',
  ALIBABA_CLOUD_SECURITY_TOKEN: 't',
};
const ACCESS = 'sls_langfuse_serverless_devs_key';
const NEEDED = 'ACCOUNT_ID=1234567890123456\nSLS_PROJECT=gateway\nSLS_LOGSTORE=access\nDEAD_LETTER_BUCKET=letters\n';

interface Ran {
  readonly what: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

let dir = '';
let ran: Ran[];
let told: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sls-langfuse-deploy-'));
  await writeFile(join(dir, '.env'), `${NEEDED}LANGFUSE_HOST=https://dev.example\nREDACT=all\n`);
  ran = [];
  told = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function deployed(
  args: readonly string[] = [],
  shell: Record<string, string> = {},
  codes: Readonly<Record<string, number>> = {},
): Promise<number> {
  return deploy(args, shell, dir, {
    tell: (line) => told.push(line),
    build: async () => ran.push({ what: 'build', args: [], env: {} }),
    run: async (all, env) => {
      const at = all.findIndex((arg) => /bin\/(?:doctor\.ts|s)$/.test(arg));
      const what = all[at]?.endsWith('doctor.ts') ? 'doctor' : 's';
      ran.push({ what, args: all.slice(at + 1), env });
      return codes[what] ?? 0;
    },
  });
}

const steps = () => ran.map(({ what }) => what);

describe('a deployment', () => {
  it('builds, examines the settings, and then has Serverless Devs deploy with the other arguments', async () => {
    expect(await deployed(['-y'])).toBe(0);
    expect(ran.map(({ what, args }) => [what, ...args])).toEqual([
      ['build'],
      ['doctor', '--offline'],
      ['s', 'deploy', '-y'],
    ]);
    expect(told.at(-1)).toBe('Deployed. Next: npm run doctor');
  });

  it.each([
    [{ doctor: 1 }, 1, ['build', 'doctor'], /^Nothing was deployed/],
    [{ doctor: 2 }, 2, ['build', 'doctor'], /^Nothing was deployed/],
    [{ s: 101 }, 1, ['build', 'doctor', 's'], /^Serverless Devs did not deploy/],
  ])('stops at the first failure: %j', async (codes, code, expected, said) => {
    expect(await deployed([], {}, codes)).toBe(code);
    expect(steps()).toEqual(expected);
    expect(told.at(-1)).toMatch(said);
  });

  it('begins nothing with settings that name nothing', async () => {
    await expect(deployed([], { ACCOUNT_ID: '12' })).rejects.toThrow(/ACCOUNT_ID is "12".*\n.*\.env /);
    expect(ran).toEqual([]);
  });

  it('hands the keys of the shell to Serverless Devs', async () => {
    await deployed(['-y'], KEYS);
    const { args = [], env }: Partial<Ran> = ran.at(-1) ?? {};
    expect(args).toEqual(['deploy', '-y', '-a', ACCESS]);
    expect(JSON.parse(env?.[ACCESS] ?? '')).toEqual({
      AccountID: '1234567890123456',
      AccessKeyID: 'STS.x',
      AccessKeySecret: 's',
      SecurityToken: 't',
    });
    expect(args.join()).not.toContain('STS.x');
  });

  it.each([[['-a', 'mine']], [['--access=mine']]])('leaves the access %j that was asked for', async (asked) => {
    await deployed(asked, KEYS);
    expect(ran.at(-1)?.args).toEqual(['deploy', ...asked]);
  });
});

describe('DEPLOY_ENV', () => {
  it('reads a file of its own, and nothing of .env gets in', async () => {
    await writeFile(join(dir, '.env.prod'), `${NEEDED}LANGFUSE_HOST=https://prod.example\n`);
    await deployed([], { DEPLOY_ENV: 'prod' });
    const { env = {} } = ran.at(-1) ?? {};
    expect(env.LANGFUSE_HOST).toBe('https://prod.example');
    // Empty and not absent: Serverless Devs reads .env for what is absent.
    expect(env.REDACT).toBe('');
  });

  it('ends the names of everything that is made in its own, unless they are set', async () => {
    const { env, file } = deploymentOf({ DEPLOY_ENV: 'prod', TRIGGER_ROLE_NAME: 'aliyunlogetlrole' }, dir);
    expect({ ...env, file }).toMatchObject({
      file: '.env.prod',
      SHIP_FUNCTION: 'sls-langfuse-ship-prod',
      REPLAY_FUNCTION: 'sls-langfuse-replay-prod',
      FC_ROLE_NAME: 'sls-langfuse-ship-prod',
      REPLAY_ROLE_NAME: 'sls-langfuse-replay-prod',
      TRIGGER_ROLE_NAME: 'aliyunlogetlrole',
      FUNCTION_LOGSTORE: 'fc-function-log-prod',
      TRIGGER_LOGSTORE: 'fc-trigger-log-prod',
      DEAD_LETTER_PREFIX: 'sls-langfuse-prod',
    });
  });

  it('may come without a file, all from the shell', () => {
    const shell = { DEPLOY_ENV: 'ci', SLS_PROJECT: 'from-shell' };
    expect(deploymentOf(shell, dir).env).toMatchObject({ SLS_PROJECT: 'from-shell', SLS_LOGSTORE: '' });
  });

  it.each(['Prod', '../x', 'a b', '-x', 'x'.repeat(17)])('%j is refused', (name) => {
    expect(() => deploymentOf({ DEPLOY_ENV: name }, dir)).toThrow('DEPLOY_ENV is');
  });
});

describe('without DEPLOY_ENV', () => {
  it('the shell wins over .env, and an empty variable counts as not set', () => {
    const { env } = deploymentOf({ SLS_PROJECT: 'shell', SLS_LOGSTORE: '' }, dir);
    expect(env).toMatchObject({ SLS_PROJECT: 'shell', SLS_LOGSTORE: 'access', SHIP_FUNCTION: 'sls-langfuse-ship' });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Exam, type Finding, ok, type Progress, type Result } from '../../bin/doctor/exam.ts';
import { progressOn, summaryOf, textOf } from '../../bin/doctor/report.ts';
import type { Finished } from './command.ts';
import { Clinic } from './doctor-clinic.ts';

const DOCTOR = fileURLToPath(new URL('../../bin/doctor.ts', import.meta.url));
const ORDER = [
  ...['configuration', 'deployment', 'credentials', 'clock', 'sls-shards', 'sls-pull', 'recognition', 'retention'],
  ...['langfuse', 'langfuse-keys', 'langfuse-transport', 'langfuse-write', 'bucket'],
  ...['function-ship', 'trigger', 'function-replay', 'timer'],
];

let clinic: Clinic;

beforeEach(async () => {
  clinic = await Clinic.open();
});
afterEach(() => clinic.close());

/** The command in the clinic's empty directory, with nothing in its environment but what it needs and `env`. */
async function doctor(args: readonly string[], env: Record<string, string>): Promise<Finished> {
  const { PATH = '', HOME = '' } = process.env;
  const argv = ['--import', import.meta.resolve('tsx'), DOCTOR, ...args];
  const child = spawn(process.execPath, argv, { cwd: clinic.dir, env: { PATH, HOME, ...env } });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  expect(said.stdout + said.stderr).not.toMatch(/secret-of|token-of|sk-lf-stand|\n\s+at /);
  return { code, ...said };
}

describe('npm run doctor', () => {
  it('prints each check in its order, uncoloured on a pipe, and exits with 0 when all is well', async () => {
    clinic.fill();
    const { code, stdout, stderr } = await doctor(['--write'], clinic.env);
    const lines = stdout.trim().split('\n');
    expect(lines.slice(0, ORDER.length).map((line) => line.split(/\s+/).slice(0, 2))).toEqual(
      ORDER.map((name) => ['ok', name]),
    );
    expect(lines.at(-1)).toBe('17 checks: 17 ok, 0 to be looked at, 0 failed, 0 skipped');
    expect(stdout).not.toContain('\u001b');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('prints one JSON document, takes what is not in the shell from .env, and exits with 1 when a check failed', async () => {
    clinic.fill();
    const { SLS_PROJECT, ...shell } = clinic.env;
    writeFileSync(join(clinic.dir, '.env'), `SLS_PROJECT=${SLS_PROJECT}\nSLS_LOGSTORE=not-this-one\n`);
    clinic.oss.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    const { code, stdout, stderr } = await doctor(['--json'], shell);
    const { ok: well, checks } = JSON.parse(stdout) as { ok: boolean; checks: Result[] };
    expect(checks.map(({ name }) => name)).toEqual(ORDER);
    expect(new Map(checks.map(({ name, status }) => [name, status])).get('sls-pull')).toBe('ok');
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([
      { name: 'bucket', status: 'fail', message: expect.any(String), next: expect.stringContaining('oss:PutObject') },
    ]);
    expect({ code, stderr, well, lines: stdout.trim().split('\n').length }).toEqual({
      code: 1,
      stderr: '',
      well: false,
      lines: 1,
    });
  });

  it('asks nobody with --offline, and exits with 0 when there are only warnings', async () => {
    const swapped = { LANGFUSE_PUBLIC_KEY: 'sk-lf-x', LANGFUSE_SECRET_KEY: 'pk-lf-x' };
    const { code, stdout } = await doctor(['--offline'], { ...clinic.env, ...swapped });
    expect(stdout.trim().split('\n').at(-1)).toBe('2 checks: 1 ok, 1 to be looked at, 0 failed, 0 skipped');
    const asked = [clinic.sls, clinic.oss, clinic.langfuse, clinic.fc].map(({ requests }) => requests.length);
    expect({ code, asked }).toEqual({ code: 0, asked: [0, 0, 0, 0] });
  });

  it.each<[string[], RegExp]>([
    [['--onlin'], /--onlin/],
    [['--logs', '0'], /^--logs 0: expected a whole number from 1 to 10000\.\n$/],
    [['--write', '--offline'], /leave one of them out/],
  ])('ends with 2 for %s', async (args, message) => {
    const { code, stdout, stderr } = await doctor(args, clinic.env);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('an exam', () => {
  const silent: Progress = { started: () => undefined, told: () => undefined, ended: () => undefined };

  it('skips a check for what it needs, and goes on with what a failed one found', async () => {
    const exam = new Exam(1_000, silent);
    const found = await exam.check('a', {}, () => ({ status: 'fail' as const, message: 'm', next: 'n', value: 7 }));
    expect(await exam.check('b', { a: found, c: undefined }, () => ok('never', 1))).toBeUndefined();
    expect(await exam.check('d', { a: found }, ({ a }) => ok(`with ${a}`, a))).toBe(7);
    expect(exam.results).toEqual([
      { name: 'a', status: 'fail', message: 'm', next: 'n' },
      { name: 'b', status: 'skipped', message: 'Not checked: needs c.' },
      { name: 'd', status: 'ok', message: 'with 7' },
    ]);
  });

  it('survives a mistake in a check, and does not quote it', async () => {
    const exam = new Exam(1_000, silent);
    await exam.check('a', {}, () => {
      throw new TypeError('sk-lf-secret is no function');
    });
    expect(exam.results).toMatchObject([{ status: 'fail', message: 'The check itself failed: TypeError' }]);
  });

  it('ends a check that takes too long, and tells it so', async () => {
    const exam = new Exam(20, silent);
    let signal: AbortSignal | undefined;
    await exam.check('a', {}, (_, bedside) => {
      signal = bedside.signal;
      return new Promise<Finding<never>>(() => undefined);
    });
    expect(exam.results).toMatchObject([{ status: 'fail', message: 'Not done within 0.02 s.' }]);
    expect(signal?.aborted).toBe(true);
  });
});

describe('a report', () => {
  const result: Result = { name: 'bucket', status: 'fail', message: 'first\nsecond \u001b[31m', next: 'do that' };

  it('shows every line below the first, and lets nothing move the cursor', () => {
    const indent = ' '.repeat(29);
    expect(textOf(result, false)).toBe(
      `fail     bucket              first\n${indent}second \\u001b[31m\n${indent}Next: do that`,
    );
    expect(textOf(result, true).startsWith('\u001b[31mfail   \u001b[0m')).toBe(true);
  });

  it('tells on a terminal what is being checked, and clears that line', () => {
    const written: string[] = [];
    const out = { write: (text: string) => void written.push(`out ${text}`) };
    const err = { write: (text: string) => void written.push(`err ${text}`) };
    const progress = progressOn({ out, err, colour: false }, true);
    progress.started('bucket');
    progress.told('2 of 60 s');
    progress.ended(result);
    expect(written.slice(0, 3)).toEqual([
      'err \r\u001b[2Kchecking bucket ...',
      'err \r\u001b[2Kchecking bucket: 2 of 60 s',
      'err \r\u001b[2K',
    ]);
    expect(written[3]).toMatch(/^out fail/);
  });

  it('counts what was found', () => {
    expect(summaryOf([result, { ...result, status: 'skipped' }])).toBe(
      '2 checks: 0 ok, 0 to be looked at, 1 failed, 1 skipped',
    );
  });
});

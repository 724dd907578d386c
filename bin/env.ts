import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Env } from '../lib/config.ts';
import { UsageError } from './run.ts';

/**
 * What the parts of a deployment are called unless a variable says otherwise. With `DEPLOY_ENV=prod` each ends in `-prod`:
 * several environments share an account, a project and a bucket without meeting each other's functions, rights or letters.
 */
export const NAMES = {
  SHIP_FUNCTION: 'sls-langfuse-ship',
  REPLAY_FUNCTION: 'sls-langfuse-replay',
  FC_ROLE_NAME: 'sls-langfuse-ship',
  REPLAY_ROLE_NAME: 'sls-langfuse-replay',
  TRIGGER_ROLE_NAME: 'sls-langfuse-trigger',
  FUNCTION_LOGSTORE: 'fc-function-log',
  TRIGGER_LOGSTORE: 'fc-trigger-log',
  DEAD_LETTER_PREFIX: 'sls-langfuse',
} as const;

/** The variables of one deployment. */
export interface Deployment {
  /** Of the shell, of the file, and the names; `s.yaml`, setup and doctor read these alone. */
  readonly env: Readonly<Record<string, string>>;
  /** `.env`, or `.env.prod` with `DEPLOY_ENV=prod`; it need not exist. */
  readonly file: string;
}

/**
 * The variables of a deployment: those of `shell`, then those of `.env.$DEPLOY_ENV` in `dir` (without `DEPLOY_ENV`: of
 * `.env`), then NAMES. An empty variable counts as not set.
 *
 * @throws UsageError for a DEPLOY_ENV that cannot be part of a name
 */
export function deploymentOf(shell: Env, dir: string): Deployment {
  const stage = shell.DEPLOY_ENV?.trim() ?? '';
  if (!/^(?:[a-z][a-z0-9-]{0,15})?$/.test(stage)) {
    throw new UsageError(`DEPLOY_ENV is "${stage}"; it is one short word such as prod: 1 to 16 of a-z, 0-9 and -.`);
  }
  const file = stage === '' ? '.env' : `.env.${stage}`;
  const names = Object.entries(NAMES).map(([name, usual]) => [name, stage === '' ? usual : `${usual}-${stage}`]);
  return { env: { ...Object.fromEntries(names), ...blanks(dir), ...set(variablesIn(dir, file)), ...set(shell) }, file };
}

/**
 * Serverless Devs reads `.env` by itself, whatever the environment is, and leaves alone what is set, empty or not: so
 * nothing of `.env` gets into a deployment that has a file of its own.
 */
function blanks(dir: string): Record<string, string> {
  const names = Object.keys(variablesIn(dir, '.env')).filter((name) => !Object.hasOwn(NAMES, name));
  return Object.fromEntries(names.map((name) => [name, '']));
}

function variablesIn(dir: string, file: string): Env {
  try {
    return parseEnv(readFileSync(join(dir, file), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function set(variables: Env): Record<string, string> {
  const entries = Object.entries(variables).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  return Object.fromEntries(entries);
}

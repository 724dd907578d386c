import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Env } from '../../lib/config.ts';
import { deploymentOf } from '../env.ts';

/** The settings of a deployment, as setup and `s.yaml` have them too. */
export interface Surroundings {
  /** Of the shell, of the file, and the usual names. */
  readonly env: Env;
  /** What stands in the file alone; it need not exist. */
  readonly written: Env;
  /** `.env`, or `.env.prod` with `DEPLOY_ENV=prod`. */
  readonly file: string;
  /** Where that file is, and also s.yaml. */
  readonly dir: string;
}

/** @throws UsageError for a wrong DEPLOY_ENV, and what reading a file throws that is there */
export function surroundingsOf(shell: Env, dir: string): Surroundings {
  const { env, file } = deploymentOf(shell, dir);
  return { env, file, dir, written: parseEnv(textOf(join(dir, file)) ?? '') };
}

/** A file's text; `undefined` when there is no such file. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Env } from '../../lib/config.ts';

/** The settings as a deployment finds them. */
export interface Surroundings {
  /** Of the shell and the file together. */
  readonly env: Env;
  /** Of the file alone; absent when there is none. */
  readonly file?: Env;
  /** The working directory, where also s.yaml is. */
  readonly dir: string;
}

/** The shell's variables over those of `.env` in `dir`. @throws what reading a file throws that is there */
export function surroundingsOf(shell: Env, dir: string): Surroundings {
  const text = textOf(join(dir, '.env'));
  if (text === undefined) return { env: shell, dir };
  const file = parseEnv(text);
  const set = Object.entries(shell).filter(([, value]) => value !== undefined);
  return { env: { ...file, ...Object.fromEntries(set) }, file, dir };
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

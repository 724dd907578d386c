import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, type Env, parseConfig, SETTING_NAMES } from '../../lib/config.ts';
import { ALL } from '../../lib/formats/all.ts';
import type { ViewOptions } from '../../lib/view/view.ts';
import { settingOf } from '../letters/settings.ts';
import { type Finding, ok, warn } from './exam.ts';
import type { Surroundings } from './surroundings.ts';

/** The configuration as the function reads it. */
export interface Configured {
  readonly config: Config;
  readonly view: ViewOptions;
}

/**
 * Reads the settings as the deployed function does, patterns and files included.
 *
 * @throws InvocationError that lists every problem with what to set
 */
export async function checkConfiguration(surroundings: Surroundings): Promise<Finding<Configured>> {
  const env = functionEnv(surroundings);
  const config = parseConfig(env);
  const { redaction, ...settings } = config.view;
  const { redactorOf } = await import('../../lib/redact/redactor.ts');
  const value = { config, view: { ...settings, readers: ALL, redactor: await redactorOf(redaction) } };
  const set = SETTING_NAMES.filter((name) => settingOf(env, name) !== undefined).length;
  const message = `${set} settings are set, and all are right. Langfuse: ${config.langfuse.host}`;
  if (!isSwapped(config)) return ok(message, value);
  const next = 'LANGFUSE_PUBLIC_KEY is the one that begins with pk-lf-, LANGFUSE_SECRET_KEY the one with sk-lf-.';
  return warn('The keys of Langfuse seem to have changed places.', next, value);
}

/** The settings under the names that the function knows; `s.yaml` hands GATEWAY_TZ over as TZ. */
export function functionEnv({ env, dir }: Surroundings): Env {
  const { TZ: _, ...rest } = env;
  const zone = settingOf(env, 'GATEWAY_TZ');
  const file = settingOf(env, 'ROUTES_FILE');
  return { ...rest, ...(zone && { TZ: zone }), ...(file && { ROUTES_FILE: deployedFile(dir, file) }) };
}

/** Where a file is found here that the function looks for beside its code, which is deployed from ./dist. */
export function deployedFile(dir: string, file: string): string {
  const inCode = join(dir, 'dist', file.replace(/^\/code\//, ''));
  return existsSync(inCode) ? inCode : file;
}

function isSwapped({ langfuse: { publicKey, secretKey } }: Config): boolean {
  return publicKey.startsWith('sk-') || secretKey.startsWith('pk-');
}

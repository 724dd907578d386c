import { join } from 'node:path';
import { type Env, SETTING_NAMES } from '../../lib/config.ts';
import { regionIn, settingOf } from '../letters/settings.ts';
import { deployedFile, functionEnv } from './configuration.ts';
import { CORRECT, type Finding, ok } from './exam.ts';
import { type Surroundings, textOf } from './surroundings.ts';

export interface Source {
  readonly project: string;
  readonly logstore: string;
}

/** Where the functions are deployed and what they read. */
export interface Place {
  readonly region: string;
  readonly account?: string;
  readonly source?: Source;
}

/** Of all variables of a function together. Function Compute 3.0 "Limits". */
const MAX_BYTES = 4096;
const LOGSTORES = [
  ['FUNCTION_LOGSTORE', 'the function would be triggered by its own log'],
  ['TRIGGER_LOGSTORE', 'SLS refuses the source itself there'],
] as const;

interface Problem {
  readonly status: 'warn' | 'fail';
  readonly text: string;
}

/**
 * Whether what is set can be deployed with `s.yaml`. Needs no network.
 *
 * @throws Failure for a region that is none
 */
export function checkDeployment(surroundings: Surroundings): Finding<Place> {
  const { env } = surroundings;
  const place = placeOf(env);
  const problems = [
    ...missing(env, place),
    ...confused(env, place),
    ...oversized(functionEnv(surroundings)),
    ...dropped(surroundings),
    ...expanded(surroundings),
  ];
  if (problems.length === 0) return ok(told(place), place);
  const status = problems.some((problem) => problem.status === 'fail') ? 'fail' : 'warn';
  return { status, message: problems.map(({ text }) => text).join('\n'), next: CORRECT, value: place };
}

function placeOf(env: Env): Place {
  const account = settingOf(env, 'ACCOUNT_ID') ?? settingOf(env, 'FC_ACCOUNT_ID') ?? '';
  const project = settingOf(env, 'SLS_PROJECT') ?? '';
  const logstore = settingOf(env, 'SLS_LOGSTORE') ?? '';
  // The project becomes part of a host name to which credentials are sent.
  const named = /^[a-z0-9][a-z0-9-]*$/.test(project) && logstore !== '';
  return {
    region: regionIn(env),
    ...(/^\d+$/.test(account) && { account }),
    ...(named && { source: { project, logstore } }),
  };
}

function told({ region, account, source }: Place): string {
  return `Logs of ${source?.project}/${source?.logstore} in ${region}, functions in account ${account}`;
}

/** `s.yaml` puts an example in the place of each: what is deployed then reads nothing and may do nothing. */
function* missing(env: Env, { account, source }: Place): Generator<Problem> {
  const wrong = (name: string, what: string): Problem => {
    const text = `${name} ${settingOf(env, name) === undefined ? 'is not set' : 'is wrong'}; it is ${what}.`;
    return { status: 'fail', text };
  };
  if (account === undefined) yield wrong('ACCOUNT_ID', 'the id of the Alibaba Cloud account, 16 digits');
  if (source) return;
  if (settingOf(env, 'SLS_LOGSTORE') === undefined) yield wrong('SLS_LOGSTORE', "the logstore of the gateway's log");
  const project = settingOf(env, 'SLS_PROJECT') ?? '';
  if (!/^[a-z0-9][a-z0-9-]*$/.test(project)) yield wrong('SLS_PROJECT', 'the SLS project of that logstore');
}

function* confused(env: Env, { source }: Place): Generator<Problem> {
  for (const [name, why] of LOGSTORES) {
    const logstore = settingOf(env, name);
    if (logstore === undefined || logstore !== source?.logstore) continue;
    yield { status: 'fail', text: `${name} is ${logstore}, the same as SLS_LOGSTORE: ${why}.` };
  }
}

function* oversized(env: Env): Generator<Problem> {
  // Names that are not set are deployed with an empty value.
  const sizes = SETTING_NAMES.map(
    (name) => [name, name.length + Buffer.byteLength(settingOf(env, name) ?? '')] as const,
  );
  const bytes = sizes.reduce((sum, [, size]) => sum + size, 0);
  if (bytes <= MAX_BYTES) return;
  const largest = [...sizes].sort(([, a], [, b]) => b - a).slice(0, 3);
  const list = largest.map(([name, size]) => `${name} (${size})`).join(', ');
  const text = `The variables take ${bytes} bytes, and a function has ${MAX_BYTES} for all; the largest: ${list}.`;
  yield { status: 'fail', text: `${text} ROUTES can go into a file (ROUTES_FILE).` };
}

/** What is set here and does not get to the function. */
function* dropped({ env, dir }: Surroundings): Generator<Problem> {
  for (const [name, right] of [
    ['LANGFUSE_BASE_URL', 'LANGFUSE_HOST'],
    ['LANGFUSE_SDK_TIMEOUT', 'LANGFUSE_TIMEOUT'],
  ] as const) {
    if (settingOf(env, name) === undefined || settingOf(env, right) !== undefined) continue;
    yield { status: 'fail', text: `${name} is not handed to the functions by s.yaml; set ${right} instead.` };
  }
  const file = settingOf(env, 'ROUTES_FILE');
  if (file !== undefined && deployedFile(dir, file) === file) {
    yield { status: 'warn', text: 'ROUTES_FILE names no file in ./dist, and what is deployed is ./dist.' };
  }
  yield* unnamed(env, dir);
}

/** Variables that hold keys of ROUTES have to be named in `s.yaml`, too. */
function* unnamed(env: Env, dir: string): Generator<Problem> {
  const template = textOf(join(dir, 's.yaml'));
  const file = settingOf(env, 'ROUTES_FILE');
  const routes = settingOf(env, 'ROUTES') ?? (file ? textOf(deployedFile(dir, file)) : undefined) ?? '';
  if (template === undefined) return;
  const names = new Set(Array.from(routes.matchAll(/"\$(\w{1,100})"/g), ([, name = '']) => name));
  for (const name of names) {
    if (new RegExp(`^\\s*${name}:`, 'm').test(template)) continue;
    yield { status: 'fail', text: `ROUTES takes a key from ${name}, which s.yaml does not name under settings.` };
  }
}

/** Serverless Devs reads a .env with `$` in another way than a shell and this command do. */
function* expanded({ file, written }: Surroundings): Generator<Problem> {
  const names = Object.keys(written).filter((name) => written[name]?.includes('$'));
  if (names.length === 0) return;
  const text = `In ${file} a $ is expanded at deployment: set ${names.join(' and ')} in the shell instead.`;
  yield { status: 'warn', text };
}

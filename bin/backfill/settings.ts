import { type Env, parseConfig } from '../../lib/config.ts';
import { InvocationError } from '../../lib/errors.ts';
import { resolveEndpoint } from '../../lib/sls/endpoint.ts';
import type { Credentials } from '../../lib/types.ts';
import { publicEndpoints, settingOf } from '../letters/settings.ts';
import { UsageError } from '../run.ts';

/** Where the slices are shipped: by the built function here, by the deployed one, or not at all. */
export type Place = 'here' | 'deployed' | 'nowhere';

export interface Settings {
  readonly project: string;
  readonly logstore: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Of SLS, as it is reached from this machine. */
  readonly endpoint: URL;
  readonly signature: 'v4' | 'v1';
  /** Digits; empty unless the function is a deployed one. */
  readonly account: string;
  /** The environment of the function that runs here. */
  readonly env: Readonly<Record<string, string>>;
}

const SOURCE: Readonly<Record<string, string>> = {
  SLS_PROJECT: "the SLS project of the gateway's access log",
  SLS_LOGSTORE: 'the logstore in it',
  REGION: 'the region of the project, such as cn-hangzhou',
  ALIBABA_CLOUD_ACCESS_KEY_ID: 'the access key that reads the logs',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'its secret',
};
const SHAPES: readonly (readonly [name: string, shape: RegExp, what: string])[] = [
  ['SLS_PROJECT', /^[a-z0-9][a-z0-9-]{0,62}$/, 'is no name of a project: a-z, 0-9 and -'],
  ['SLS_LOGSTORE', /^[\w-]{1,128}$/, 'is no name of a logstore: letters, digits, - and _'],
  ['REGION', /^[a-z]{2}(?:-[a-z0-9]{1,20}){1,4}$/, 'is no region; one is cn-hangzhou'],
];

/** What is set, for backfilling at a place. @throws UsageError that lists everything missing or wrong */
export function settingsFor(env: Env, place: Place): Settings {
  const region = settingOf(env, 'REGION') ?? settingOf(env, 'FC_REGION') ?? '';
  const own = functionEnv(env, region);
  const endpoint = resolveEndpoint('', own.SLS_ENDPOINT);
  const problems = [
    ...sourceProblems({ ...env, REGION: region }),
    ...(endpoint.kind === 'refused' && region ? [endpoint.message] : []),
    ...(place === 'deployed' ? accountProblems(env) : []),
    ...(place === 'here' ? functionProblems(own) : []),
  ];
  if (problems.length > 0 || endpoint.kind === 'refused') throw refusal(problems);
  return {
    project: settingOf(env, 'SLS_PROJECT') ?? '',
    logstore: settingOf(env, 'SLS_LOGSTORE') ?? '',
    region,
    credentials: credentialsIn(env),
    endpoint: endpoint.url,
    signature: settingOf(env, 'SLS_SIGNATURE') === 'v1' ? 'v1' : 'v4',
    account: accountIn(env),
    env: own,
  };
}

/**
 * The environment as the deployed function would have it, with endpoints that can be reached from here. While Langfuse
 * is down it fails instead of writing letters: the backfill keeps the position and can wait.
 */
function functionEnv(env: Env, region: string): Record<string, string> {
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  // The template hands GATEWAY_TZ to the function as TZ; the terminal's own zone is not the gateway's.
  const TZ = settingOf(env, 'GATEWAY_TZ') ?? 'UTC';
  const quiet = { LOG_LEVEL: 'warn', LOG_FORMAT: 'human' };
  return { ...publicEndpoints(region), ...quiet, ...Object.fromEntries(set), TZ, ON_OUTAGE: 'retry' };
}

function sourceProblems(env: Env): string[] {
  const missing = Object.entries(SOURCE).filter(([name]) => !settingOf(env, name));
  const odd = SHAPES.filter(([name, shape]) => !shape.test(settingOf(env, name) ?? ''));
  const temporary = settingOf(env, 'ALIBABA_CLOUD_ACCESS_KEY_ID')?.startsWith('STS');
  return [
    ...missing.map(([name, what]) => `${name} is not set; it is ${what}`),
    ...odd.filter(([name]) => settingOf(env, name)).map(([name, , what]) => `${name} ${what}`),
    ...(temporary && !settingOf(env, 'ALIBABA_CLOUD_SECURITY_TOKEN')
      ? ['ALIBABA_CLOUD_SECURITY_TOKEN is not set; a temporary access key (STS) needs it']
      : []),
  ];
}

function accountProblems(env: Env): string[] {
  if (/^\d+$/.test(accountIn(env))) return [];
  const what = 'it is the id of the Alibaba Cloud account, the digits in the names of its roles';
  return [`ACCOUNT_ID ${accountIn(env) ? 'is no account' : 'is not set'}; ${what}`];
}

/** What the function itself would refuse. */
function functionProblems(env: Env): string[] {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof InvocationError)) throw error;
    return error.message.split('\n').flatMap((line) => /^ {2}- (.*)$/.exec(line)?.[1] ?? []);
  }
}

function refusal(problems: readonly string[]): UsageError {
  const heading = `The backfill cannot begin, of its settings ${problems.length === 1 ? 'one is' : `${problems.length} are`} missing or wrong:`;
  const next = 'Set them in the shell, or from the file of the deployment: set -a; . ./.env; set +a';
  return new UsageError([heading, ...problems.map((problem) => `  - ${problem}`), next].join('\n'));
}

function credentialsIn(env: Env): Credentials {
  const securityToken = settingOf(env, 'ALIBABA_CLOUD_SECURITY_TOKEN');
  return {
    accessKeyId: settingOf(env, 'ALIBABA_CLOUD_ACCESS_KEY_ID') ?? '',
    accessKeySecret: settingOf(env, 'ALIBABA_CLOUD_ACCESS_KEY_SECRET') ?? '',
    ...(securityToken && { securityToken }),
  };
}

function accountIn(env: Env): string {
  return settingOf(env, 'ACCOUNT_ID') ?? settingOf(env, 'FC_ACCOUNT_ID') ?? '';
}

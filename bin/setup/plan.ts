import { type Env, parseConfig } from '../../lib/config.ts';
import { NAMES } from '../env.ts';
import { settingOf } from '../letters/settings.ts';
import { UsageError } from '../run.ts';

/** The names of everything that a deployment is made of. */
export interface Plan {
  readonly account: string;
  readonly region: string;
  readonly project: string;
  /** Logstores that are read: SLS_LOGSTORE, and SLS_MORE_LOGSTORES. */
  readonly sources: readonly string[];
  readonly functionLog: string;
  readonly triggerLog: string;
  readonly functions: { readonly ship: string; readonly replay: string };
  readonly roles: { readonly ship: string; readonly replay: string; readonly trigger: string };
  readonly bucket: string;
  /** Without slashes at its ends. */
  readonly prefix: string;
  /** Whether the ship function may keep its progress in the bucket. */
  readonly keepsProgress: boolean;
}

const LOGSTORE = /^[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]$/;
const ROLE = /^[A-Za-z0-9.-]{1,64}$/;
const FUNCTION = /^[A-Za-z_][\w-]{0,63}$/;

const OTHERS = ['SLS_MORE_LOGSTORES', 'DEAD_LETTER_BUCKET', 'DEAD_LETTER_PREFIX', 'CHECKPOINT'];

type Shape = readonly [name: string, shape: RegExp, what: string];

/** Simple Log Service "Basic resources", Resource Access Management "Limits", Function Compute 3.0 "Limits". */
const SHAPES: readonly Shape[] = [
  ['ACCOUNT_ID', /^\d{16}$/, 'the id of the Alibaba Cloud account, 16 digits'],
  ['REGION', /^[a-z]{2}(?:-[a-z0-9]{1,20}){1,4}$/, 'the region of the SLS project, such as cn-hangzhou'],
  ['SLS_PROJECT', /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "the SLS project of the gateway's access log"],
  ['SLS_LOGSTORE', LOGSTORE, 'the logstore of that log in it'],
  ['FUNCTION_LOGSTORE', LOGSTORE, "the logstore for the functions' own log"],
  ['TRIGGER_LOGSTORE', LOGSTORE, "the logstore for the trigger's log"],
  ['SHIP_FUNCTION', FUNCTION, 'the name of the function that ships'],
  ['REPLAY_FUNCTION', FUNCTION, 'the name of the function that replays'],
  ['FC_ROLE_NAME', ROLE, 'the RAM role of the function that ships'],
  ['REPLAY_ROLE_NAME', ROLE, 'the RAM role of the function that replays'],
  ['TRIGGER_ROLE_NAME', ROLE, 'the RAM role that SLS takes to call the function'],
];

/** What the function's own settings demand and setup does not use: nothing is sent to Langfuse. */
const UNUSED = { LANGFUSE_HOST: 'https://unused.invalid', LANGFUSE_PUBLIC_KEY: '-', LANGFUSE_SECRET_KEY: '-' };

/**
 * Reads the names from a deployment's variables; `file` is where to correct them.
 *
 * @throws UsageError that lists everything missing or wrong, InvocationError for the settings of the dead letters
 */
export function planOf(env: Env, file: string): Plan {
  const values: Env = { REGION: 'cn-hangzhou', ...NAMES, ...given(env) };
  const problems = [...misshapen(values), ...confused(values)];
  if (problems.length > 0) {
    const heading = `The deployment has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:`;
    const next = `Correct it in ${file} or in the shell; .env.example explains every variable.`;
    throw new UsageError([heading, ...problems.map((problem) => `  - ${problem}`), next].join('\n'));
  }
  return arranged(values);
}

function given(env: Env): Env {
  const names = [...SHAPES.map(([name]) => name), ...OTHERS];
  const set = names.map((name) => [name, settingOf(env, name)] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== undefined));
}

function misshapen(values: Env): string[] {
  const wrong = SHAPES.filter(([name, shape]) => !shape.test(values[name] ?? ''));
  const problems = wrong.map(([name, , what]) => {
    const value = values[name];
    return value === undefined ? `${name} is not set; it is ${what}` : `${name} is "${value}", and it is ${what}`;
  });
  const more = moreIn(values).filter((name) => !LOGSTORE.test(name));
  return [...problems, ...more.map((name) => `SLS_MORE_LOGSTORES has "${name}", which is no name of a logstore`)];
}

function moreIn({ SLS_MORE_LOGSTORES = '' }: Env): string[] {
  return SLS_MORE_LOGSTORES.split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

function confused(values: Env): string[] {
  const sources = [values.SLS_LOGSTORE, ...moreIn(values)];
  const logs = ['FUNCTION_LOGSTORE', 'TRIGGER_LOGSTORE'].filter((name) => sources.includes(values[name]));
  const same = (a: string, b: string) => values[a]?.toLowerCase() === values[b]?.toLowerCase();
  const twins = [
    ['FC_ROLE_NAME', 'REPLAY_ROLE_NAME', 'which may read and delete letters'],
    ['FC_ROLE_NAME', 'TRIGGER_ROLE_NAME', 'which SLS assumes'],
    ['REPLAY_ROLE_NAME', 'TRIGGER_ROLE_NAME', 'which SLS assumes'],
    ['SHIP_FUNCTION', 'REPLAY_FUNCTION', 'which is another function'],
  ] as const;
  return [
    ...logs.map((name) => `${name} is a logstore that is read: the function would be triggered by its own log`),
    ...twins.filter(([a, b]) => same(a, b)).map(([a, b, why]) => `${a} is the same as ${b}, ${why}`),
  ];
}

function arranged(values: Env): Plan {
  const { DEAD_LETTER_BUCKET, DEAD_LETTER_PREFIX, CHECKPOINT } = values;
  const { letters, checkpoint } = parseConfig({ DEAD_LETTER_BUCKET, DEAD_LETTER_PREFIX, CHECKPOINT, ...UNUSED });
  const of = (name: string) => values[name] ?? '';
  return {
    account: of('ACCOUNT_ID'),
    region: of('REGION'),
    project: of('SLS_PROJECT'),
    sources: [...new Set([of('SLS_LOGSTORE'), ...moreIn(values)])],
    functionLog: of('FUNCTION_LOGSTORE'),
    triggerLog: of('TRIGGER_LOGSTORE'),
    functions: { ship: of('SHIP_FUNCTION'), replay: of('REPLAY_FUNCTION') },
    roles: { ship: of('FC_ROLE_NAME'), replay: of('REPLAY_ROLE_NAME'), trigger: of('TRIGGER_ROLE_NAME') },
    bucket: letters.bucket,
    prefix: letters.prefix,
    keepsProgress: checkpoint !== 'off',
  };
}

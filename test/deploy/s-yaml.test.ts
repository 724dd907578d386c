import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, DIST, ROOT } from '../../bin/build.ts';
import { NAMES } from '../../bin/env.ts';
import { parseConfig, SETTING_NAMES } from '../../lib/config.ts';
import { render } from './render.ts';
import type { Shipped } from './schema.ts';
import { at, mutated, refusals } from './values.ts';

const require = createRequire(import.meta.url);
const textOf = (name: string) => readFile(join(ROOT, name), 'utf8');
const namesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);
const template = await textOf('s.yaml');
const dotenv = await textOf('.env.example');

/** A secret with what a template language or a shell could trip over. */
const SECRET_KEY = 'sk-lf-1a: "b" #c \\d';
const VARIABLES = {
  REGION: 'cn-shanghai',
  ACCOUNT_ID: '1234567890123456',
  SLS_PROJECT: 'gateway-logs',
  SLS_LOGSTORE: 'gateway_access',
  FUNCTION_LOGSTORE: 'ship-log',
  TRIGGER_LOGSTORE: 'trigger-log',
  FC_ROLE_NAME: 'ship-role',
  REPLAY_ROLE_NAME: 'replay-role',
  TRIGGER_ROLE_NAME: 'trigger-role',
  SHIP_FUNCTION: 'ship-function',
  REPLAY_FUNCTION: 'replay-function',
  FC3_COMPONENT: 'fc3@0.1.22',
  LANGFUSE_HOST: 'https://langfuse.example.com',
  LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
  LANGFUSE_SECRET_KEY: SECRET_KEY,
  LANGFUSE_TIMEOUT: '20',
  LANGFUSE_TRANSPORT: 'otlp',
  LANGFUSE_CONCURRENCY: '8',
  LANGFUSE_ENVIRONMENT: 'production',
  LANGFUSE_RELEASE: '007',
  DEAD_LETTER_BUCKET: 'dead-letters',
  DEAD_LETTER_PREFIX: 'letters',
  DEAD_LETTER_MAX_REPLAYS: '3',
  ON_OUTAGE: 'retry',
  CHECKPOINT: 'on',
  OSS_ENDPOINT: 'oss-cn-shanghai-internal.aliyuncs.com',
  SLS_ENDPOINT: 'cn-shanghai-intranet.log.aliyuncs.com',
  SLS_SIGNATURE: 'v1',
  SLS_QUERY: "* | where route_name = 'chat'",
  SOURCE_FORMAT: 'higress',
  FIELD_MAP: '{"userId":["x_user","consumer"],"metadata.tenant":"t"}',
  TRACE_NAME: '{route|model}',
  TAGS: '{tags},team:{metadata.tenant}',
  MODEL_PRICES: '{"qwen-*":{"input":2.4,"output":9.6}}',
  INCLUDE_MCP: 'true',
  CAPTURE_CONTENT: 'errors-only',
  CAPTURE_MEDIA: 'true',
  REDACT: 'mobile,email',
  REDACT_PATTERNS: '{"order":"ORD-\\\\d{8}"}',
  REDACT_LETTERS: 'false',
  INCLUDE: 'route=chat-*; status=2xx,>=500',
  EXCLUDE: 'consumer=health-check',
  SAMPLE_RATE: '0.5',
  SAMPLE_ERRORS: 'true',
  ROUTES: '[{"name":"a","when":{"consumer":"a"},"publicKey":"pk-lf-2","secretKey":"sk-lf-2"}]',
  // Only one of the two may be set.
  ROUTES_FILE: '',
  LOG_FORMAT: 'human',
  LOG_LEVEL: 'debug',
  GATEWAY_TZ: 'Asia/Shanghai',
};

const PROPS = 'resources.ship.props';
const TRIGGER = `${PROPS}.triggers.0`;
const ENVIRONMENT = `${PROPS}.environmentVariables`;
const REPLAY = 'resources.replay.props';
const TIMER = `${REPLAY}.triggers.0`;
const REPLAY_ENVIRONMENT = `${REPLAY}.environmentVariables`;
const ENVIRONMENTS = [ENVIRONMENT, REPLAY_ENVIRONMENT];

let outdir = '';
let shipped: Shipped;
let full: unknown;
let bare: unknown;

beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'sls-langfuse-dist-'));
  shipped = {
    code: `./${relative(ROOT, DIST)}`,
    handlers: await build(),
    settings: SETTING_NAMES,
    secretKey: SECRET_KEY,
  };
  // TZ: a deploying machine has one too, and it is not the gateway's.
  [full, bare] = await Promise.all([render(template, { ...VARIABLES, TZ: 'Mars/Crater' }), render(template, {})]);
}, 60_000);

afterAll(() => rm(outdir, { recursive: true, force: true }));

/** `{file}.{export}` of each function among the built files. */
async function build(): Promise<string[]> {
  const { outputs } = await bundle(outdir);
  const files = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint?.startsWith('functions/'));
  return files.flatMap(([path]) => {
    const name = basename(path, '.js');
    return Object.keys(require(join(outdir, `${name}.js`))).map((exported) => `${name}.${exported}`);
  });
}

const isSetting = (name: string) => shipped.settings.includes(name);

describe('the shipped s.yaml', () => {
  it('renders to a deployment that agrees with the schema', () => {
    expect(refusals(full, shipped)).toEqual([]);
  });

  it('renders without any variable, and holds no key then', () => {
    expect(refusals(bare, { ...shipped, secretKey: '' })).toEqual([]);
    for (const path of ENVIRONMENTS) expect(new Set(Object.values(Object(at(bare, path))))).toEqual(new Set(['']));
  });

  it.each(ENVIRONMENTS)('hands every setting as it was given to %s', (path) => {
    const { GATEWAY_TZ, ...given } = VARIABLES;
    const expected = Object.fromEntries(
      Object.entries({ ...given, TZ: GATEWAY_TZ }).filter(([name]) => isSetting(name)),
    );
    const environment = Object(at(full, path));
    expect(environment).toEqual(expected);
    expect(parseConfig(environment).langfuse.secretKey).toBe(SECRET_KEY);
  });

  it('uses every other variable', () => {
    const others = Object.entries(VARIABLES).filter(([name]) => !isSetting(name));
    const text = JSON.stringify(full);
    expect(others.filter(([, value]) => !text.includes(value))).toEqual([]);
  });

  it('describes a VPC that only has to be uncommented', async () => {
    const inVpc = template.replace(/^( +)# (vpcConfig:\n)((?:\1# {3}.*\n){3})/gm, (_, indent, head, rest) =>
      [indent, head, rest.replaceAll(`${indent}# `, indent)].join(''),
    );
    const rendered = await render(inVpc, VARIABLES);
    for (const props of [PROPS, REPLAY]) expect(at(rendered, `${props}.vpcConfig.vSwitchIds`)).toEqual(['vsw-your-id']);
    expect(refusals(rendered, shipped)).toEqual([]);
  });

  it('describes a trigger for another logstore that only has to be uncommented', async () => {
    const withMore = template.replace(
      /^( +)# (- triggerName: sls-more\n(?:\1# {3}.*\n)+)/m,
      (_, indent, block) => `${indent}${block.replaceAll(`${indent}# `, indent)}`,
    );
    const rendered = await render(withMore, VARIABLES);
    const added = (value: string) =>
      mutated(rendered, `${PROPS}.triggers.1.triggerConfig.sourceConfig.logstore`, value);
    expect(refusals(added('another-log'), shipped)).toEqual([]);
    expect(refusals(added(VARIABLES.SLS_LOGSTORE), shipped)).toEqual([`${PROPS}.triggers`]);
    expect(refusals(added(VARIABLES.TRIGGER_LOGSTORE), shipped)).toContain(
      `${PROPS}.triggers.1.triggerConfig.logConfig.logstore`,
    );
  });

  it('has the names that setup and doctor expect', () => {
    const text = JSON.stringify(bare);
    const { DEAD_LETTER_PREFIX: _, ...names } = NAMES;
    expect(Object.values(names).filter((name) => !text.includes(name))).toEqual([]);
    expect(
      namesIn(template, /\$\{env\('\w+', '((?:sls-langfuse|fc)-[^']+)'\)/g).filter(
        (name) => !Object.values<string>(NAMES).includes(name),
      ),
    ).toEqual([]);
  });

  it('gives a replay less time than there is between two of them', () => {
    const [, minutes] =
      /^0 \*\/(\d+) \* \* \* \*$/.exec(String(at(full, `${TIMER}.triggerConfig.cronExpression`))) ?? [];
    expect(Number(at(full, `${REPLAY}.timeout`))).toBeLessThan(Number(minutes) * 60);
  });

  it('leaves a developer who copies .env.example with the defaults', async () => {
    expect(await render(template, {}, dotenv)).toEqual(bare);
  });
});

describe('.env.example', () => {
  it('names exactly the variables that s.yaml and setup read', () => {
    const read = namesIn(template, /\$\{env\('(\w+)'/g);
    expect(namesIn(dotenv, /^(\w+)=/gm).sort()).toEqual([...new Set([...read, 'SLS_MORE_LOGSTORES'])].sort());
    expect(Object.keys(VARIABLES).sort()).toEqual([...new Set(read)].sort());
  });
});

describe('the schema refuses', () => {
  it.each<[what: string, path: string, value: unknown, where?: string]>([
    ['memory that is no multiple of 64 MB', `${PROPS}.memorySize`, 500],
    ['memory that is less than 1 GB for each vCPU', `${PROPS}.memorySize`, 192],
    ['memory that is more than 4 GB for each vCPU', `${PROPS}.memorySize`, 2112],
    ['a step of vCPU that does not exist', `${PROPS}.cpu`, 0.52],
    ['a disk size that does not exist', `${PROPS}.diskSize`, 1024],
    ['a timeout that is text', `${PROPS}.timeout`, '300'],
    ['a timeout above a day', `${PROPS}.timeout`, 86_401],
    ['no timeout', `${PROPS}.timeout`, undefined],
    ['a runtime that does not exist', `${PROPS}.runtime`, 'nodejs22'],
    ['a handler in a file that is not built', `${PROPS}.handler`, 'index.handler'],
    ['a handler that the file does not export', `${PROPS}.handler`, 'ship.main'],
    ['code that is not what is built', `${PROPS}.code`, './'],
    ['two events at once in one instance', `${PROPS}.instanceConcurrency`, 10],
    ['no role', `${PROPS}.role`, undefined],
    ['a role without an account', `${PROPS}.role`, 'acs:ram:::role/sls-langfuse-ship'],
    ['a role of another account', `${PROPS}.role`, 'acs:ram::9999999999999999:role/ship-role'],
    ['a property that is not known', `${PROPS}.memory`, 1024],
    ['an environment value that is a number', `${ENVIRONMENT}.LANGFUSE_TIMEOUT`, 30],
    ['an environment name that is no setting', `${ENVIRONMENT}.LANGFUSE_KEY`, 'x'],
    ['a setting left out', `${ENVIRONMENT}.DEAD_LETTER_BUCKET`, undefined],
    ['a secret key written into the template', `${ENVIRONMENT}.LANGFUSE_SECRET_KEY`, 'sk-lf-written-down'],
    ['a secret anywhere else', `${PROPS}.description`, 'with sk-lf-written-down'],
    ['the function logging into the source', `${PROPS}.logConfig.logstore`, VARIABLES.SLS_LOGSTORE],
    ['no trigger', `${PROPS}.triggers`, []],
    ['a trigger of another type', `${TRIGGER}.triggerType`, 'timer'],
    ['a trigger without a role', `${TRIGGER}.invocationRole`, undefined],
    ['a trigger with a role of another account', `${TRIGGER}.invocationRole`, 'acs:ram::9999999999999999:role/x'],
    [
      'a trigger on a logstore where a project belongs',
      `${TRIGGER}.sourceArn`,
      'acs:log:cn-shanghai:1234567890123456:x',
    ],
    ['a trigger in another region', `${TRIGGER}.sourceArn`, 'acs:log:cn-beijing:1234567890123456:project/gateway-logs'],
    ['a trigger log in the source', `${TRIGGER}.triggerConfig.logConfig.logstore`, VARIABLES.SLS_LOGSTORE],
    ['a trigger without a source', `${TRIGGER}.triggerConfig.sourceConfig.logstore`, undefined],
    ['an interval that is text', `${TRIGGER}.triggerConfig.jobConfig.triggerInterval`, '60'],
    ['an interval below 3 seconds', `${TRIGGER}.triggerConfig.jobConfig.triggerInterval`, 2],
    ['an interval above 600 seconds', `${TRIGGER}.triggerConfig.jobConfig.triggerInterval`, 601],
    ['retries that are text', `${TRIGGER}.triggerConfig.jobConfig.maxRetryTime`, '3'],
    ['more than 100 retries', `${TRIGGER}.triggerConfig.jobConfig.maxRetryTime`, 1000],
    ['a parameter nobody reads', `${TRIGGER}.triggerConfig.functionParameter.host`, 'x'],
    ['a trigger setting that is not known', `${TRIGGER}.triggerConfig.startTime`, 'x'],
    ['the handler of the other function', `${PROPS}.handler`, 'replay.handler'],
    ['the handler of the other function in replay', `${REPLAY}.handler`, 'ship.handler'],
    ['a replay at the same time as another', `${REPLAY}.concurrencyConfig.reservedConcurrency`, 2],
    ['replays without a limit of their own', `${REPLAY}.concurrencyConfig`, undefined],
    ['a replay repeated by Function Compute', `${REPLAY}.asyncInvokeConfig.maxAsyncRetryAttempts`, 3],
    ['a limit of events that is text', `${REPLAY}.asyncInvokeConfig.maxAsyncEventAgeInSeconds`, '600'],
    ['a replay with little memory', `${REPLAY}.memorySize`, 192],
    ['a replay in another region', `${REPLAY}.region`, 'cn-beijing'],
    ['a replay with a role of another account', `${REPLAY}.role`, 'acs:ram::9999999999999999:role/replay-role'],
    ['a replay with the role of ship', `${REPLAY}.role`, 'acs:ram::1234567890123456:role/ship-role'],
    ['a replay under the name of ship', `${REPLAY}.functionName`, VARIABLES.SHIP_FUNCTION],
    ['a replay with settings of its own', `${REPLAY}.environmentVariables.DEAD_LETTER_PREFIX`, 'x', REPLAY_ENVIRONMENT],
    ['a secret in the replay', `${TIMER}.triggerConfig.payload`, '{"prefix":"sk-lf-written-down"}'],
    ['a replay without a timer', `${REPLAY}.triggers`, []],
    ['a replay by another trigger', `${TIMER}.triggerType`, 'log'],
    ['a timer without a schedule', `${TIMER}.triggerConfig.cronExpression`, undefined],
    ['a schedule of five fields', `${TIMER}.triggerConfig.cronExpression`, '*/10 * * * *'],
    ['a schedule of seven fields', `${TIMER}.triggerConfig.cronExpression`, '0 */10 * * * * *'],
    ['a schedule at minute 60', `${TIMER}.triggerConfig.cronExpression`, '0 60 * * * *'],
    ['a schedule at day 0', `${TIMER}.triggerConfig.cronExpression`, '0 0 0 0 * *'],
    ['a schedule in words', `${TIMER}.triggerConfig.cronExpression`, 'every ten minutes'],
    ['an interval without a unit', `${TIMER}.triggerConfig.cronExpression`, '@every 10'],
    ['a payload that is no text', `${TIMER}.triggerConfig.payload`, {}],
    ['a payload that is no JSON', `${TIMER}.triggerConfig.payload`, 'all'],
    ['an empty payload', `${TIMER}.triggerConfig.payload`, ''],
    ['a payload with a word the function does not know', `${TIMER}.triggerConfig.payload`, '{"maxObjects":50}'],
    ['a payload with a limit that is text', `${TIMER}.triggerConfig.payload`, '{"limit":"50"}'],
    ['an access that would not be rendered', 'access', '${' + "env('ALIBABA_CLOUD_ACCESS')}"],
    ['a resource that is not known', 'resources.other', {}],
  ])('%s', (_, path, value, where = path) => {
    expect(refusals(mutated(full, path, value), shipped)).toContain(where);
  });

  it.each(['@every 10m', '0 */10 * * * *', 'CRON_TZ=Asia/Shanghai 0 0 4 * * *', '0 0,30 8-20/2 1 * 1-5'])(
    'nothing about the schedule %s',
    (schedule) => {
      expect(refusals(mutated(full, `${TIMER}.triggerConfig.cronExpression`, schedule), shipped)).toEqual([]);
    },
  );

  it('more than 4 KB of environment, counted in bytes over all names and values', () => {
    const path = `${ENVIRONMENT}.LANGFUSE_RELEASE`;
    const others = Object.entries(Object(at(mutated(full, path, ''), ENVIRONMENT)));
    const left = 4096 - others.flat().join('').length;
    const filled = (value: string) =>
      ENVIRONMENTS.reduce((made, of) => mutated(made, `${of}.LANGFUSE_RELEASE`, value), full);
    expect(refusals(filled('x'.repeat(left)), shipped)).toEqual([]);
    expect(refusals(filled(`é${'x'.repeat(left - 1)}`), shipped)).toEqual(ENVIRONMENTS);
  });
});

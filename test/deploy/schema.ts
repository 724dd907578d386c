import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { LogTrigger, logstore, project, role, TimerTrigger } from './triggers.ts';

/** What the repository ships, which the rendered template has to agree with. */
export interface Shipped {
  /** Folder of the built code, from the repository's root. */
  readonly code: string;
  /** `{file}.{export}` of every function that the build produces. */
  readonly handlers: readonly string[];
  /** Names of all settings of the function. */
  readonly settings: readonly string[];
  /** The secret key that was handed to the rendering: the template itself holds none. */
  readonly secretKey: string;
}

/** Function Compute 3.0 "Limits" and "Instance types": what both functions have. */
const commonProps = ({ code, settings, secretKey }: Shipped) =>
  z.strictObject({
    region: z.string().regex(/^[a-z]{2}-[a-z]+(?:-[a-z0-9]+)*$/),
    functionName: z.string().regex(/^[A-Za-z_][\w-]{0,63}$/),
    description: z.string().max(256),
    runtime: z.literal('nodejs20'),
    code: z.literal(code),
    cpu: z.number().min(0.05).max(16).multipleOf(0.05),
    memorySize: z.int().min(128).max(32_768).multipleOf(64),
    diskSize: z.literal([512, 10_240]),
    timeout: z.int().min(1).max(86_400),
    instanceConcurrency: z.literal(1),
    internetAccess: z.boolean(),
    vpcConfig: z
      .strictObject({
        vpcId: z.string().startsWith('vpc-'),
        vSwitchIds: z.array(z.string().startsWith('vsw-')).min(1),
        securityGroupId: z.string().startsWith('sg-'),
      })
      .optional(),
    role,
    environmentVariables: z
      .record(z.enum(settings), z.string())
      .refine((variables) => bytesOf(variables) <= 4096, 'more than 4 KB of environment variables')
      .refine((variables) => variables.LANGFUSE_SECRET_KEY === secretKey, {
        message: 'not the key that was handed in',
        path: ['LANGFUSE_SECRET_KEY'],
      }),
    logConfig: z.strictObject({
      project,
      logstore,
      enableRequestMetrics: z.boolean(),
      enableInstanceMetrics: z.boolean(),
      logBeginRule: z.enum(['DefaultRegex', 'None']),
    }),
  });

const handlerIn = ({ handlers }: Shipped, file: string) =>
  z.enum(handlers.filter((name) => name.startsWith(`${file}.`)));

const shipProps = (shipped: Shipped) =>
  commonProps(shipped).extend({ handler: handlerIn(shipped, 'ship'), triggers: z.array(LogTrigger).min(1) });

const replayProps = (shipped: Shipped) =>
  commonProps(shipped).extend({
    handler: handlerIn(shipped, 'replay'),
    concurrencyConfig: z.strictObject({ reservedConcurrency: z.literal(1) }),
    asyncInvokeConfig: z.strictObject({
      maxAsyncRetryAttempts: z.literal(0),
      maxAsyncEventAgeInSeconds: z.int().min(1).max(604_800),
    }),
    triggers: z.tuple([TimerTrigger]),
  });

type Common = z.infer<ReturnType<typeof commonProps>>;
type Ship = z.infer<ReturnType<typeof shipProps>>;
type Problem = readonly [path: readonly PropertyKey[], message: string];

/** What no single property can tell. */
function* problemsOfShip(props: Ship): Generator<Problem> {
  for (const i of props.triggers.keys()) yield* problemsOfTrigger(props, i);
  const sources = props.triggers.map(({ triggerConfig }) => triggerConfig.sourceConfig.logstore);
  if (new Set(sources).size < sources.length) yield [['triggers'], 'two triggers on one logstore: all is sent twice'];
}

function* problemsOfTrigger(props: Ship, i: number): Generator<Problem> {
  const trigger = props.triggers[i];
  if (!trigger) return;
  const { sourceArn, invocationRole, triggerConfig } = trigger;
  const [, , region, account, resource] = sourceArn.split(':');
  const { logstore: source } = triggerConfig.sourceConfig;
  const isSource = (logs: { project: string; logstore: string }) =>
    `project/${logs.project}` === resource && logs.logstore === source;
  const at = (...path: PropertyKey[]) => ['triggers', i, ...path];

  if (region !== props.region) yield [at('sourceArn'), 'a project of another region'];
  if (!props.role.includes(`:${account}:`)) yield [['role'], 'a role of another account'];
  if (!invocationRole.includes(`:${account}:`)) yield [at('invocationRole'), 'a role of another account'];
  if (isSource(triggerConfig.logConfig)) yield [at('triggerConfig', 'logConfig', 'logstore'), 'the source itself'];
  if (isSource(props.logConfig)) yield [['logConfig', 'logstore'], 'the source itself'];
}

function* problemsOf({ memorySize, cpu, environmentVariables: _, ...props }: Common): Generator<Problem> {
  const gigabytes = memorySize / 1024 / cpu;
  if (gigabytes < 1 || gigabytes > 4) yield [['memorySize'], `${gigabytes} GB for each vCPU, which must be 1 to 4`];
  yield* secretsIn(props);
}

/** What two functions have to agree on, or must not. */
function* problemsBetween(ship: Ship, replay: Common): Generator<Problem> {
  const account = (props: Common) => props.role.split(':')[3];
  if (replay.region !== ship.region) yield [['region'], 'another region than that of ship'];
  if (account(replay) !== account(ship)) yield [['role'], 'a role of another account'];
  if (replay.role === ship.role) yield [['role'], 'the role of ship, which may not list or delete'];
  if (replay.functionName === ship.functionName) yield [['functionName'], 'the name of ship'];
  if (!isDeepStrictEqual(replay.environmentVariables, ship.environmentVariables)) {
    yield [['environmentVariables'], 'other settings than those of ship'];
  }
}

/** Keys of Langfuse and of Alibaba Cloud. */
const SECRET = /\b(?:sk-lf-\S|pk-lf-\S|LTAI\w{8})/;

/** A rendered s.yaml. Unknown properties are errors: the service would drop them without a word. */
export const deployment = (shipped: Shipped) =>
  z.strictObject({
    edition: z.literal('3.0.0'),
    name: z.string().min(1),
    access: z.literal('default'),
    vars: z.strictObject({
      region: z.string(),
      account: z.string().regex(/^\d{16}$/),
      project,
      settings: z.record(z.string(), z.string()),
      functionLog: z.record(z.string(), z.unknown()),
    }),
    resources: z
      .strictObject({
        ship: resource(shipProps(shipped).check(checked(problemsOfShip)).check(checked(problemsOf))),
        replay: resource(replayProps(shipped).check(checked(problemsOf))),
      })
      .check(
        checked(function* ({ ship, replay }) {
          for (const [path, message] of problemsBetween(ship.props, replay.props)) {
            yield [['replay', 'props', ...path], message] as const;
          }
        }),
      ),
  });

const resource = <Props extends z.ZodType>(props: Props) =>
  z.strictObject({ component: z.string().regex(/^(?:fc3(?:@\d+\.\d+\.\d+)?|\.{0,2}\/.+)$/), props });

/** A check that adds each of these problems at its path. */
const checked =
  <T>(problems: (value: T) => Iterable<Problem>): z.core.CheckFn<T> =>
  ({ value, issues }) => {
    for (const [path, message] of problems(value)) {
      issues.push({ code: 'custom', input: value, path: [...path], message });
    }
  };

function* secretsIn(value: unknown, path: readonly PropertyKey[] = []): Generator<Problem> {
  if (typeof value === 'string' && SECRET.test(value)) yield [path, 'a secret'];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* secretsIn(inner, [...path, key]);
}

function bytesOf(variables: Readonly<Record<string, string>>): number {
  return Object.entries(variables).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
}

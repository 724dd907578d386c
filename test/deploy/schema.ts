import * as z from 'zod';

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

const project = z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
const logstore = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]$/);
const role = z.string().regex(/^acs:ram::\d{16}:role\/[A-Za-z0-9.-]{1,64}$/);

/** Function Compute 3.0 "API: LogTriggerConfig". fc3's own schema wants text where the service wants numbers. */
const LogTrigger = z.strictObject({
  triggerName: z.string().regex(/^[A-Za-z_][\w-]{0,127}$/),
  triggerType: z.literal('log'),
  qualifier: z.literal('LATEST'),
  invocationRole: role,
  sourceArn: z.string().regex(/^acs:log:[a-z0-9-]+:\d{16}:project\/[a-z0-9-]+$/),
  triggerConfig: z.strictObject({
    enable: z.boolean(),
    sourceConfig: z.strictObject({ logstore }),
    jobConfig: z.strictObject({
      maxRetryTime: z.int().min(0).max(100),
      triggerInterval: z.int().min(3).max(600),
    }),
    functionParameter: z.strictObject({}),
    logConfig: z.strictObject({ project, logstore }),
  }),
});

/** Function Compute 3.0 "Limits" and "Instance types". */
const functionProps = ({ code, handlers, settings, secretKey }: Shipped) =>
  z.strictObject({
    region: z.string().regex(/^[a-z]{2}-[a-z]+(?:-[a-z0-9]+)*$/),
    functionName: z.string().regex(/^[A-Za-z_][\w-]{0,63}$/),
    description: z.string().max(256),
    runtime: z.literal('nodejs20'),
    handler: z.enum(handlers),
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
    triggers: z.tuple([LogTrigger]),
  });

type Props = z.infer<ReturnType<typeof functionProps>>;
type Problem = readonly [path: readonly PropertyKey[], message: string];

/** What no single property can tell. */
function* problemsOf(props: Props): Generator<Problem> {
  const [{ sourceArn, invocationRole, triggerConfig }] = props.triggers;
  const [, , region, account, resource] = sourceArn.split(':');
  const { logstore: source } = triggerConfig.sourceConfig;
  const isSource = (logs: { project: string; logstore: string }) =>
    `project/${logs.project}` === resource && logs.logstore === source;
  const at = (...path: PropertyKey[]) => ['triggers', 0, ...path];

  const gigabytes = props.memorySize / 1024 / props.cpu;
  if (gigabytes < 1 || gigabytes > 4) yield [['memorySize'], `${gigabytes} GB for each vCPU, which must be 1 to 4`];
  if (region !== props.region) yield [at('sourceArn'), 'a project of another region'];
  if (!props.role.includes(`:${account}:`)) yield [['role'], 'a role of another account'];
  if (!invocationRole.includes(`:${account}:`)) yield [at('invocationRole'), 'a role of another account'];
  if (isSource(triggerConfig.logConfig)) yield [at('triggerConfig', 'logConfig', 'logstore'), 'the source itself'];
  if (isSource(props.logConfig)) yield [['logConfig', 'logstore'], 'the source itself'];
}

/** Keys of Langfuse and of Alibaba Cloud. */
const SECRET = /\b(?:sk-lf-\S|pk-lf-\S|LTAI\w{8})/;

/** A rendered s.yaml. Unknown properties are errors: the service would drop them without a word. */
export const deployment = (shipped: Shipped) =>
  z.strictObject({
    edition: z.literal('3.0.0'),
    name: z.string().min(1),
    access: z.literal('default'),
    vars: z.strictObject({ region: z.string(), account: z.string().regex(/^\d{16}$/), project }),
    resources: z.strictObject({
      ship: z.strictObject({
        component: z.string().regex(/^(?:fc3(?:@\d+\.\d+\.\d+)?|\.{0,2}\/.+)$/),
        props: functionProps(shipped).superRefine((props, context) => {
          const { environmentVariables: _, ...rest } = props;
          for (const [path, message] of [...problemsOf(props), ...secretsIn(rest)]) {
            context.addIssue({ code: 'custom', path: [...path], message });
          }
        }),
      }),
    }),
  });

function* secretsIn(value: unknown, path: readonly PropertyKey[] = []): Generator<Problem> {
  if (typeof value === 'string' && SECRET.test(value)) yield [path, 'a secret'];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* secretsIn(inner, [...path, key]);
}

function bytesOf(variables: Readonly<Record<string, string>>): number {
  return Object.entries(variables).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
}

import * as z from 'zod/mini';
import { closest } from './closest.ts';
import { InvocationError } from './errors.ts';
import type { LogOptions } from './log.ts';

export type Transport = 'auto' | 'otlp' | 'ingestion';

/** Everything that is set from outside, read once. */
export interface Config {
  readonly langfuse: {
    /** Without a slash at its end. */
    readonly host: string;
    readonly publicKey: string;
    readonly secretKey: string;
    readonly timeoutMs: number;
    readonly transport: Transport;
    /** Requests in flight at most. */
    readonly concurrency: number;
    readonly environment?: string;
    readonly release?: string;
  };
  readonly letters: {
    readonly bucket: string;
    /** Without slashes at its ends. */
    readonly prefix: string;
    /** Replays in vain after which a letter is parked. */
    readonly maxReplays: number;
    readonly endpoint?: string;
  };
  readonly sls: { readonly endpoint?: string; readonly signature: 'v4' | 'v1' };
  readonly log: LogOptions;
  /** What to do when Langfuse is down for longer than an invocation waits: letters, or throw. */
  readonly onOutage: 'dead-letter' | 'retry';
  /** Whether to keep progress; `auto`: where Langfuse would show a call twice that is sent twice. */
  readonly checkpoint: 'auto' | 'on' | 'off';
  /** IANA name of the zone meant by times that name none. */
  readonly timeZone: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Names that mean the same setting; the first is the one to use. */
const ALIASES: Readonly<Record<string, string>> = {
  LANGFUSE_BASE_URL: 'LANGFUSE_HOST',
  LANGFUSE_SDK_TIMEOUT: 'LANGFUSE_TIMEOUT',
};

const whole = (least: number, most: number, fallback: number) => {
  const problem = `must be a whole number from ${least} to ${most}`;
  const inside = z.refine<number>((value) => Number.isInteger(value) && value >= least && value <= most, problem);
  return z._default(z.coerce.number(problem).check(inside), fallback);
};
const required = (what: string) => z.string(`is not set; it is ${what}`);
const choice = <const T extends readonly string[]>(...values: T) =>
  z.enum(values, `must be one of ${values.join(', ')}`);
const url = z.refine<string>(isHttpUrl, 'must be an http:// or https:// address without user, query or fragment');
const address = z.refine<string>(
  (value) => isHttpUrl(value) || /^[a-z0-9.-]+(?::\d+)?$/i.test(value),
  'must be a host name or an http(s):// address',
);

const Settings = z.object({
  LANGFUSE_HOST: required('the address of your Langfuse, such as https://langfuse.example.com').check(url),
  LANGFUSE_PUBLIC_KEY: required("the project's public key (pk-lf-…), found in Langfuse under Settings, API Keys"),
  LANGFUSE_SECRET_KEY: required("the project's secret key (sk-lf-…), found in Langfuse under Settings, API Keys"),
  LANGFUSE_TIMEOUT: z._default(
    z.coerce
      .number('must be a number of seconds')
      .check(z.refine((seconds) => seconds >= 1 && seconds <= 600, 'must be 1 to 600 seconds')),
    30,
  ),
  LANGFUSE_TRANSPORT: z._default(choice('auto', 'otlp', 'ingestion'), 'auto'),
  LANGFUSE_CONCURRENCY: whole(1, 64, 16),
  LANGFUSE_ENVIRONMENT: z.optional(
    z
      .string()
      .check(
        z.regex(
          /^(?!langfuse)[a-z0-9_-]{1,40}$/,
          'must be 1 to 40 of a-z, 0-9, - and _, and not start with "langfuse"',
        ),
      ),
  ),
  LANGFUSE_RELEASE: z.optional(z.string().check(z.maxLength(200, 'must not be longer than 200 characters'))),
  DEAD_LETTER_BUCKET: required('the OSS bucket for what could not be delivered').check(
    z.regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'must be the name of an OSS bucket: 3 to 63 of a-z, 0-9 and -'),
  ),
  DEAD_LETTER_PREFIX: z._default(
    z.string().check(z.regex(/^[\w.=/-]{1,200}$/, 'must be 1 to 200 letters, digits and . _ = - /')),
    'sls-langfuse',
  ),
  DEAD_LETTER_MAX_REPLAYS: whole(1, 1000, 5),
  ON_OUTAGE: z._default(choice('dead-letter', 'retry'), 'dead-letter'),
  CHECKPOINT: z._default(choice('auto', 'on', 'off'), 'auto'),
  OSS_ENDPOINT: z.optional(z.string().check(address)),
  SLS_ENDPOINT: z.optional(z.string().check(address)),
  SLS_SIGNATURE: z._default(choice('v4', 'v1'), 'v4'),
  LOG_FORMAT: z._default(choice('json', 'human'), 'json'),
  LOG_LEVEL: z._default(choice('debug', 'info', 'warn', 'error'), 'info'),
  TZ: z._default(
    z.string().check(z.refine(isTimeZone, 'must be the name of a time zone, such as Asia/Shanghai or UTC')),
    'UTC',
  ),
});

/**
 * Reads the settings from the environment. An empty value counts as absent, as templates write them.
 *
 * @throws InvocationError that lists every problem with what to set
 */
export function parseConfig(env: Env): Config {
  const { values, problems } = gather(env);
  const result = Settings.safeParse(values);
  const all = [...problems, ...(result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`)];
  if (!result.success || all.length > 0) {
    const heading = `The configuration has ${all.length === 1 ? 'a problem' : `${all.length} problems`}:`;
    throw new InvocationError('config', [heading, ...all.map((problem) => `  - ${problem}`)].join('\n'));
  }
  return arrange(result.data, env);
}

function gather(env: Env): { values: Record<string, string>; problems: string[] } {
  const known = [...Object.keys(Settings.shape), ...Object.keys(ALIASES)];
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, raw] of Object.entries(env)) {
    const value = raw?.trim() ?? '';
    if (value === '') continue;
    const target = ALIASES[name] ?? name;
    if (Object.hasOwn(Settings.shape, target)) {
      if ((values[target] ?? value) !== value)
        problems.push(`${target} and its other name are set to different values`);
      values[target] = value;
    } else if (/^(?:LANGFUSE|DEAD_LETTER)_/.test(name)) {
      const near = closest(name, known);
      problems.push(`${name} is no setting of this function${near ? `; did you mean ${near}?` : ''}`);
    }
  }
  return { values, problems };
}

function arrange(s: z.infer<typeof Settings>, env: Env): Config {
  return {
    langfuse: {
      host: s.LANGFUSE_HOST.replace(/\/+$/, ''),
      publicKey: s.LANGFUSE_PUBLIC_KEY,
      secretKey: s.LANGFUSE_SECRET_KEY,
      timeoutMs: s.LANGFUSE_TIMEOUT * 1000,
      transport: s.LANGFUSE_TRANSPORT,
      concurrency: s.LANGFUSE_CONCURRENCY,
      ...(s.LANGFUSE_ENVIRONMENT && { environment: s.LANGFUSE_ENVIRONMENT }),
      ...(s.LANGFUSE_RELEASE && { release: s.LANGFUSE_RELEASE }),
    },
    letters: {
      bucket: s.DEAD_LETTER_BUCKET,
      prefix: s.DEAD_LETTER_PREFIX.replace(/^\/+|\/+$/g, ''),
      maxReplays: s.DEAD_LETTER_MAX_REPLAYS,
      ...(s.OSS_ENDPOINT && { endpoint: s.OSS_ENDPOINT }),
    },
    sls: { signature: s.SLS_SIGNATURE, ...(s.SLS_ENDPOINT && { endpoint: s.SLS_ENDPOINT }) },
    log: { format: s.LOG_FORMAT, level: s.LOG_LEVEL, colour: env.FORCE_COLOR !== undefined && !env.NO_COLOR },
    onOutage: s.ON_OUTAGE,
    checkpoint: s.CHECKPOINT,
    timeZone: s.TZ,
  };
}

function isHttpUrl(value: string): boolean {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) return false;
  return parsed.username === '' && parsed.password === '' && parsed.search === '' && parsed.hash === '';
}

function isTimeZone(value: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: value }));
  } catch {
    return false;
  }
}

import * as z from 'zod/mini';
import { closest } from './closest.ts';
import { InvocationError } from './errors.ts';
import type { LogOptions } from './log.ts';
import { choice, whole } from './settings.ts';
import { parseRoutes, type TenantRoute } from './view/routes.ts';
import { type View, ViewSettings, viewOf, wrongTogether } from './view/settings.ts';

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
  readonly sls: {
    readonly endpoint?: string;
    readonly signature: 'v4' | 'v1';
    /** SPL that filters on the server. */
    readonly query?: string;
  };
  readonly log: LogOptions;
  /** What to do when Langfuse is down for longer than an invocation waits: letters, or throw. */
  readonly onOutage: 'dead-letter' | 'retry';
  /** Whether to keep progress; `auto`: where Langfuse would show a call twice that is sent twice. */
  readonly checkpoint: 'auto' | 'on' | 'off';
  readonly view: View;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Names that mean the same setting; the first is the one to use. */
const ALIASES: Readonly<Record<string, string>> = {
  LANGFUSE_BASE_URL: 'LANGFUSE_HOST',
  LANGFUSE_SDK_TIMEOUT: 'LANGFUSE_TIMEOUT',
};

const required = (what: string) => z.string(`is not set; it is ${what}`);
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
  SLS_QUERY: z.optional(z.string().check(z.maxLength(10_000, 'must not be longer than 10,000 characters'))),
  ROUTES: z.optional(z.string()),
  ROUTES_FILE: z.optional(z.string()),
  ...ViewSettings,
});

/** The names of all settings there are. */
export const SETTING_NAMES: readonly string[] = Object.keys(Settings.shape);

/**
 * Reads the settings from the environment. An empty value counts as absent, as templates write them.
 *
 * @throws InvocationError that lists every problem with what to set
 */
export function parseConfig(env: Env): Config {
  const { values, problems } = gather(env);
  const routes = parseRoutes(env);
  const result = Settings.safeParse(values);
  const all = [...problems, ...saidOf(result.error?.issues), ...wrongTogether(values), ...routes.problems];
  if (!result.success || all.length > 0) throw refusal(all);
  return arrange(result.data, routes.routes, env);
}

/**
 * Reads only what says how logs are shown in Langfuse, which needs no Langfuse, bucket or keys.
 *
 * @throws InvocationError that lists every problem with what to set
 */
export function parseView(env: Env): View {
  const { values } = gather(env);
  const result = z.object(ViewSettings).safeParse(values);
  const all = [...saidOf(result.error?.issues), ...wrongTogether(values)];
  if (!result.success || all.length > 0) throw refusal(all);
  return viewOf(result.data);
}

function saidOf(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] = []): string[] {
  return issues.map(({ path, message }) => `${path.map(String).join('.')} ${message}`);
}

function refusal(problems: readonly string[]): InvocationError {
  const heading = `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:`;
  return new InvocationError('config', [heading, ...problems.map((problem) => `  - ${problem}`)].join('\n'));
}

function gather(env: Env): { values: Record<string, string>; problems: string[] } {
  const known = [...SETTING_NAMES, ...Object.keys(ALIASES)];
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

function arrange(s: z.infer<typeof Settings>, routes: readonly TenantRoute[], env: Env): Config {
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
    sls: {
      signature: s.SLS_SIGNATURE,
      ...(s.SLS_ENDPOINT && { endpoint: s.SLS_ENDPOINT }),
      ...(s.SLS_QUERY && { query: s.SLS_QUERY }),
    },
    log: { format: s.LOG_FORMAT, level: s.LOG_LEVEL, colour: env.FORCE_COLOR !== undefined && !env.NO_COLOR },
    onOutage: s.ON_OUTAGE,
    checkpoint: s.CHECKPOINT,
    view: { ...viewOf(s), ...(routes.length > 0 && { routes }) },
  };
}

function isHttpUrl(value: string): boolean {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) return false;
  return parsed.username === '' && parsed.password === '' && parsed.search === '' && parsed.hash === '';
}

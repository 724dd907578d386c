import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { parseJson } from '../formats/values/values.ts';
import { type Conditions, conditionsFrom, meetsAll } from '../select/conditions.ts';
import type { Facets, LlmCall } from '../types.ts';

/** The destination of calls that no route takes. */
export const DEFAULT_DESTINATION = 'default';

/** A Langfuse project of its own for some of the calls. */
export interface TenantRoute {
  readonly name: string;
  readonly when: Conditions;
  readonly publicKey: string;
  readonly secretKey: string;
  /** Absent: the one that LANGFUSE_HOST names. Without a slash at its end. */
  readonly host?: string;
  readonly environment?: string;
}

/** Where a call goes: the name of the first route whose conditions it meets all of, else the default. */
export function destinationOf(call: LlmCall, facets: Facets, routes: readonly TenantRoute[] = []): string {
  return routes.find(({ when }) => meetsAll(when, call, facets))?.name ?? DEFAULT_DESTINATION;
}

type Env = Readonly<Record<string, string | undefined>>;

export interface ParsedRoutes {
  readonly routes: readonly TenantRoute[];
  readonly problems: readonly string[];
}

const MOST = 200;
const PATTERNS = 'must be a pattern or a list of patterns';
const pattern = z.union([z.string(), z.number()]);
const NAME = 'must be 1 to 40 of a-z, 0-9 and -, not default and no key';
const KEY = 'must be a key in quotes, or $NAME of a variable';
const HOST = 'must be an http(s):// address';
const ENVIRONMENT = 'must be 1 to 40 of a-z, 0-9, - and _, and not start with "langfuse"';
const Route = z.strictObject(
  {
    name: z.string(NAME).check(z.regex(/^(?!default$|[ps]k-)[a-z0-9-]{1,40}$/, NAME)),
    when: z.record(z.string(), z.union([pattern, z.array(pattern)], PATTERNS), 'must be an object of conditions'),
    publicKey: z.string(KEY),
    secretKey: z.string(KEY),
    host: z.optional(z.string(HOST).check(z.refine(isAddress, HOST))),
    environment: z.optional(z.string(ENVIRONMENT).check(z.regex(/^(?!langfuse)[a-z0-9_-]{1,40}$/, ENVIRONMENT))),
  },
  'must be an object of name, when, publicKey, secretKey, maybe host and environment, and nothing else',
);
const Routes = z
  .array(Route, 'must be a list')
  .check(z.minLength(1, 'is empty'), z.maxLength(MOST, `holds more than ${MOST} routes`));
type Written = z.infer<typeof Routes>[number];

/**
 * The routes of `ROUTES`, JSON `[{"name", "when": {"consumer": "a"}, "publicKey", "secretKey", "host"?, "environment"?}]`, or
 * of the file that `ROUTES_FILE` names. A key written as `$NAME` is the value of that variable. No problem quotes a key.
 */
export function parseRoutes(env: Env): ParsedRoutes {
  const inline = env.ROUTES?.trim() ?? '';
  const file = env.ROUTES_FILE?.trim() ?? '';
  if (inline === '' && file === '') return { routes: [], problems: [] };
  if (inline !== '' && file !== '') return refused('ROUTES and ROUTES_FILE are both set; unset one of them');
  const setting = file === '' ? 'ROUTES' : 'ROUTES_FILE';
  const text = file === '' ? inline : contentOf(file);
  // The name is not quoted: it may be the routes themselves, with their keys.
  if (text === undefined) {
    return refused(
      'ROUTES_FILE names no file that can be read; set it to the path of one that is deployed with the code',
    );
  }
  const json = parseJson(text);
  if (json === undefined) return refused(`${setting} is no JSON; write [{"name": …, "when": …, "publicKey": …, …}]`);
  const checked = Routes.safeParse(json);
  if (!checked.success) {
    const said = checked.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')} ${message}`.trim());
    return refused(...said.map((message) => `${setting} is no list of routes as the README shows it: ${message}`));
  }
  return resolved(checked.data, env, setting);
}

function resolved(written: readonly Written[], env: Env, setting: string): ParsedRoutes {
  const routes: TenantRoute[] = [];
  const problems: string[] = [];
  for (const [i, { name, when, publicKey, secretKey, host, environment }] of written.entries()) {
    const parsed = conditionsFrom(when);
    const keys = [keyIn(publicKey, env), keyIn(secretKey, env)] as const;
    const wrong = [
      ...('problem' in parsed ? [`when: ${parsed.problem}`] : []),
      ...(Object.keys(when).length === 0 ? ['when is empty; say which calls it takes'] : []),
      ...keys.flatMap((key, k) => (key === undefined ? [unset(k === 0 ? publicKey : secretKey)] : [])),
      ...(written.findIndex((route) => route.name === name) < i ? ['another route has the same name; rename one'] : []),
    ];
    problems.push(...wrong.map((what) => `${setting}, route ${name}: ${what}`));
    const [open, secret] = keys;
    if (wrong.length > 0 || 'problem' in parsed || open === undefined || secret === undefined) continue;
    const more = { ...(host && { host: host.replace(/\/+$/, '') }), ...(environment && { environment }) };
    routes.push({ name, when: parsed.conditions, publicKey: open, secretKey: secret, ...more });
  }
  return { routes, problems };
}

function keyIn(text: string, env: Env): string | undefined {
  if (!text.startsWith('$')) return text === '' ? undefined : text;
  return env[text.slice(1)]?.trim() || undefined;
}

/** Only what can be a variable's name is one; anything else may be a key, which nothing may quote. */
function unset(text: string): string {
  if (/^\$\w{1,100}$/.test(text)) return `the variable ${text.slice(1)} is not set; set it to the key`;
  return text === ''
    ? 'a key is empty; write it, or $NAME of a variable'
    : 'a key begins with $, but names no variable';
}

function isAddress(value: string): boolean {
  return /^https?:\/\/[^\s?#@]+$/.test(value) && URL.canParse(value);
}

function refused(...problems: string[]): ParsedRoutes {
  return { routes: [], problems };
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

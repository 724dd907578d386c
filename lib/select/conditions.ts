import { closest } from '../closest.ts';
import { type Glob, matches, parseGlob } from '../glob.ts';
import type { Facets, LlmCall } from '../types.ts';
import { endsInEscape, split } from './split.ts';
import { parseStatus, type StatusRange, within } from './status.ts';

interface TextCondition {
  readonly name: keyof typeof TEXTS;
  /** Whether a call without such a value meets it. */
  readonly absent: boolean;
  readonly globs: readonly Glob[];
}

interface StatusCondition {
  readonly name: 'status';
  readonly absent: boolean;
  readonly ranges: readonly StatusRange[];
}

export type Condition = TextCondition | StatusCondition;

/** What is asked of a call, at most once by each name. */
export type Conditions = readonly Condition[];

/** Conditions, or what is wrong with them: where, what, and what to write instead. */
export type ParsedConditions = { readonly conditions: Conditions } | { readonly problem: string };

type Texts = readonly (string | undefined)[];

const TEXTS = {
  route: (_, { route }) => [route],
  consumer: (_, { consumer }) => [consumer],
  model: ({ observation }) => [observation.model],
  path: (_, { path }) => [path],
  user: ({ trace }) => [trace.userId],
  tag: ({ trace }) => trace.tags,
  format: (_, { format }) => [format],
  level: ({ observation }) => [observation.level],
} satisfies Record<string, (call: LlmCall, facets: Facets) => Texts>;

const NAMES: readonly string[] = [...Object.keys(TEXTS), 'status'];
const LEVELS = ['DEBUG', 'DEFAULT', 'WARNING', 'ERROR'];

/** The pattern of a call that has no such value. */
const ABSENT = '-';

/**
 * Reads conditions as a setting writes them: `name=pattern,pattern; name=pattern`. Names are route, consumer, model,
 * status, path, user, tag, format and level; patterns are globs ({@link parseGlob}), of a status numbers, classes,
 * ranges and comparisons ({@link parseStatus}), and `-` means that there is no such value. A backslash takes `,`, `;`,
 * `*`, `?`, `-` and itself as they are.
 */
export function parseConditions(text: string): ParsedConditions {
  const written = split(text, ';').map((part) => part.trim());
  const parts = written.filter((part) => part !== '');
  if (parts.length === 0) return { problem: 'says no condition; write some as in route=chat-*; status=429,5xx' };
  const bare = parts.findIndex((part) => !part.includes('='));
  if (bare >= 0)
    return problem(bare, parts[bare] ?? '', 'it has no "="; write name=pattern, as in route=chat-* or status=<400');
  return gather(parts.map((part) => [part.slice(0, part.indexOf('=')).trim(), [part.slice(part.indexOf('=') + 1)]]));
}

/**
 * The same from an object, such as `{"route": "chat-*", "status": [429, ">=500"]}`. A text may hold several patterns,
 * with commas between them, as in a setting. No names at all: every call meets all of them.
 */
export function conditionsFrom(
  object: Readonly<Record<string, string | number | readonly (string | number)[]>>,
): ParsedConditions {
  return gather(Object.entries(object).map(([name, value]) => [name, [value].flat().map(String)]));
}

/** Whether a call meets every condition: one pattern of each name. */
export function meetsAll(conditions: Conditions, call: LlmCall, facets: Facets): boolean {
  return conditions.every((condition) => meets(condition, call, facets));
}

/** Whether a call meets any of the conditions. */
export function meetsAny(conditions: Conditions, call: LlmCall, facets: Facets): boolean {
  return conditions.some((condition) => meets(condition, call, facets));
}

function meets(condition: Condition, call: LlmCall, facets: Facets): boolean {
  if (condition.name === 'status') {
    return facets.status === undefined ? condition.absent : within(condition.ranges, facets.status);
  }
  const texts: Texts = TEXTS[condition.name](call, facets);
  const said = texts.map((text) => text ?? '').filter((text) => text !== '');
  if (said.length === 0) return condition.absent;
  return said.some((text) => condition.globs.some((glob) => matches(glob, text)));
}

function gather(entries: readonly [name: string, values: readonly string[]][]): ParsedConditions {
  const conditions: Condition[] = [];
  for (const [i, [name, values]] of entries.entries()) {
    const patterns = values.flatMap((value) => split(value, ',')).map((pattern) => pattern.trim());
    const wrong = entries.findIndex((entry) => entry[0] === name) < i ? twice(name) : wrongWith(name, patterns);
    if (wrong !== undefined) return problem(i, `${name}=${patterns.join(',')}`, wrong);
    conditions.push(conditionOf(name, patterns));
  }
  return { conditions };
}

function conditionOf(name: string, patterns: readonly string[]): Condition {
  const absent = patterns.includes(ABSENT);
  const rest = patterns.filter((pattern) => pattern !== ABSENT);
  if (isText(name)) return { name, absent, globs: rest.map(parseGlob) };
  return { name: 'status', absent, ranges: rest.map(parseStatus).filter((range) => range !== undefined) };
}

function isText(name: string): name is keyof typeof TEXTS {
  return Object.hasOwn(TEXTS, name);
}

function wrongWith(name: string, patterns: readonly string[]): string | undefined {
  if (!NAMES.includes(name)) return unknown(name);
  if (patterns.length === 0 || patterns.includes('')) {
    return `a pattern of it is empty; take it out, or write ${name}=- for calls without a ${name}`;
  }
  const open = patterns.find(endsInEscape);
  if (open !== undefined)
    return `"${shown(open)}" ends in a backslash with nothing behind it; write \\\\ for a backslash`;
  return patterns.map((pattern) => (pattern === ABSENT ? undefined : senseless(name, pattern))).find(Boolean);
}

function senseless(name: string, pattern: string): string | undefined {
  if (name === 'status' && !parseStatus(pattern)) {
    return `"${shown(pattern)}" is no status; write 429, 4xx, 500-599, >=500, <400, or 0 for calls that got none`;
  }
  const levelled = name !== 'level' || LEVELS.some((level) => matches(parseGlob(pattern), level));
  return levelled ? undefined : `"${shown(pattern)}" is no level; write one of ${LEVELS.join(', ')}`;
}

function unknown(name: string): string {
  if (/^status\s{0,4}[<>]$/.test(name)) return 'a comparison stands behind the "="; write it as in status=>=500';
  const near = closest(name.slice(0, 40).toLowerCase(), NAMES);
  return `"${shown(name)}" is no name; ${near ? `did you mean ${near}?` : `use one of ${NAMES.join(', ')}`}`;
}

function twice(name: string): string {
  return `${name} was named before; write its patterns together, as in ${name}=one,other`;
}

function problem(index: number, part: string, wrong: string): ParsedConditions {
  return { problem: `condition ${index + 1} (${shown(part)}): ${wrong}` };
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

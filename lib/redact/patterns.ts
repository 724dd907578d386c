import * as z from 'zod/mini';
import { BUILT_IN } from './built-in.ts';
import { markerOf } from './found.ts';
import { isRule } from './rules.ts';

/** A pattern of the user's own, in RE2 syntax; what it finds becomes `[name]`. */
export interface OwnPattern {
  readonly name: string;
  readonly source: string;
}

export type CheckedPatterns = { readonly patterns: readonly OwnPattern[] } | { readonly problems: readonly string[] };

const MAX_PATTERNS = 20;
const MAX_LENGTH = 500;

const Name = z.string().check(
  z.regex(/^[a-z0-9-]{1,40}$/, 'has a name that must be 1 to 40 of a-z, 0-9 and -'),
  z.refine((name) => !isRule(name), 'has the name of a built-in rule; give it another'),
  // What a built-in rule takes out of a marker, the pattern would find again, and so on.
  z.refine(
    (name) => BUILT_IN.every((rule) => rule.apply(markerOf(name)) === markerOf(name)),
    'has a name that would be redacted itself; give it another',
  ),
);
const Source = z
  .string('must be a regular expression, as a string')
  .check(
    z.minLength(1, 'is empty; leave it out'),
    z.maxLength(MAX_LENGTH, `must not be longer than ${MAX_LENGTH} characters; make two of it`),
  );
// Names and patterns as pairs: a record would pass over a pattern whose name is `__proto__`.
const Pairs = z
  .array(z.tuple([Name, Source]))
  .check(z.maxLength(MAX_PATTERNS, `there are too many; at most ${MAX_PATTERNS} are possible`));

/**
 * The patterns that a setting holds: a JSON object of names and regular expressions, `{"employee": "E\\d{6}"}`; an empty
 * text has none. They are compiled on trial: problems are sentences that name the pattern, what is wrong with it, and
 * what to write instead.
 */
export async function checkPatterns(setting: string): Promise<CheckedPatterns> {
  const pairs = pairsOf(setting);
  if (!pairs)
    return { problems: ['must be a JSON object of names and regular expressions: {"employee": "E\\\\d{6}"}'] };
  const result = Pairs.safeParse(pairs);
  if (!result.success) return { problems: result.error.issues.map((issue) => sentence(issue, pairs)) };
  const patterns = result.data.map(([name, source]) => ({ name, source }));
  if (patterns.length === 0) return { patterns };
  const { compileOwn } = await import('./own.ts');
  const { problems } = compileOwn(patterns);
  return problems.length > 0 ? { problems } : { patterns };
}

function pairsOf(setting: string): [string, unknown][] | undefined {
  if (setting.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(setting);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
  } catch {
    return undefined;
  }
}

function sentence(issue: z.core.$ZodIssue, pairs: readonly [string, unknown][]): string {
  const pair = pairs[Number(issue.path[0])];
  return pair ? `the pattern "${pair[0].slice(0, 60)}" ${issue.message}` : issue.message;
}

import { InvocationError } from '../errors.ts';
import type { Json, LogRecord } from '../types.ts';
import { BUILT_IN } from './built-in.ts';
import type { Rule } from './found.ts';
import { checkPatterns, type OwnPattern } from './patterns.ts';
import { changeRecord, plainName } from './record.ts';
import type { RuleName } from './rules.ts';
import { changeJson, type TextChange } from './value.ts';

/** Puts `[name of the rule]` where a rule finds something. Doing it twice is doing it once. */
export interface Redactor {
  /** A plain text. */
  text(value: string): string;
  /** Strings and whole numbers at any depth; keys stay. The same object when nothing is found. */
  json(value: Json): Json;
  /**
   * The values of a record's fields and own tags, JSON text value by value; its ids and times stay, its undecodable
   * bytes go. The same record when there is nothing to do.
   */
  record(record: LogRecord): LogRecord;
}

export interface Redaction {
  readonly rules: readonly RuleName[];
  /** As `checkPatterns` found them right. */
  readonly patterns: readonly OwnPattern[];
}

/**
 * What redacts by these rules and patterns; `undefined` when there are none.
 *
 * @throws InvocationError for a pattern that was not checked and is none
 */
export async function createRedactor({ rules, patterns }: Redaction): Promise<Redactor | undefined> {
  const builtIn = BUILT_IN.filter(({ name }) => rules.some((rule) => rule === name));
  const own = patterns.length > 0 ? await ownRules(patterns) : [];
  const all = [...builtIn, ...own];
  return all.length > 0 ? assembled(all, own) : undefined;
}

/**
 * The same from settings: the built-in rules and, as JSON, the own patterns.
 *
 * @throws InvocationError that lists what is wrong with the patterns
 */
export async function redactorOf(settings: {
  readonly rules: readonly RuleName[];
  readonly patterns?: string;
}): Promise<Redactor | undefined> {
  const checked = await checkPatterns(settings.patterns ?? '');
  if ('patterns' in checked) return createRedactor({ rules: settings.rules, patterns: checked.patterns });
  const lines = checked.problems.map((problem) => `  - REDACT_PATTERNS: ${problem}`);
  throw new InvocationError('config', ['The configuration has a problem:', ...lines].join('\n'));
}

/** The only way to the engine for patterns, which is large: most functions never load it. */
async function ownRules(patterns: readonly OwnPattern[]): Promise<Rule[]> {
  const { compileOwn } = await import('./own.ts');
  const { rules, problems } = compileOwn(patterns);
  if (problems.length > 0) throw new InvocationError('config', problems.join('\n'));
  return rules;
}

function assembled(rules: readonly Rule[], own: readonly Rule[]): Redactor {
  const text = settled((value) => rules.reduce((rest, rule) => rule.apply(rest), value));
  const byField = new Map(own.map((rule) => [plainName(rule.name), settled((value) => rule.apply(value))]));
  const change = { text, named: (name: string) => byField.get(name) };
  return { text, json: (value) => changeJson(value, text), record: (record) => changeRecord(record, change) };
}

/**
 * Markers are new borders, at which a rule may find what it did not before. Only so many times: an own pattern that takes
 * a word letter by letter, such as `\b\w`, would go on for as long as the word is.
 */
const MAX_ROUNDS = 8;

function settled(once: TextChange): TextChange {
  return (text) => {
    let now = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const next = once(now);
      if (next === now) return now;
      now = next;
    }
    return now;
  };
}

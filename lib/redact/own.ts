import { RE2JS } from 're2js';
import { markerOf, type Rule } from './found.ts';
import { Markers, markerPattern } from './markers.ts';
import type { OwnPattern } from './patterns.ts';

/** Instructions of a compiled pattern. The engine's time is at most this times the length of the text. */
const MAX_SIZE = 1000;

/** By the beginning of what the engine refuses: what people expect there, and what to write instead. */
const ADVICE: readonly (readonly [beginning: RegExp, advice: string])[] = [
  [/^\(\?<?[=!]/, 'looking ahead or behind is not possible; match what stands around, too, or use \\b'],
  [/^\\(?:[1-9]|k)/, 'references back to a group are not possible; write out what may stand there'],
  [/^\(\?>|^[*+?}]\+/, 'atomic groups and possessive quantifiers are not needed here; leave the "?>" or the "+" out'],
  [/^\\u/, 'write a character as it is or as \\x{4e00}'],
  [/^\\[ZG]/, 'write the end of the text as \\z'],
  [/^\{/, 'a repetition counts to 1000 at most, nested ones together'],
  [/^\\/, 'it is none of RE2; write a letter or sign as it is, a backslash as two'],
];

export interface Compiled {
  readonly rules: Rule[];
  /** Sentences that name the pattern. */
  readonly problems: string[];
}

/**
 * The patterns as rules, compiled with RE2's syntax and guarantees (https://github.com/google/re2/wiki/Syntax): one
 * search takes time in proportion to the text. Many matches can still take more, if each is found only by reading on to
 * the end, as with `a.*b|a`.
 */
export function compileOwn(patterns: readonly OwnPattern[]): Compiled {
  const markers = markerPattern(patterns.map(({ name }) => name));
  const compiled: Compiled = { rules: [], problems: [] };
  for (const { name, source } of patterns) {
    const result = compile(source);
    if (typeof result === 'string') compiled.problems.push(`the pattern "${name}" ${result}`);
    else compiled.rules.push({ name, apply: (text) => withoutMatches(text, result, markerOf(name), markers) });
  }
  return compiled;
}

/** The compiled pattern, or what is wrong with it. */
function compile(source: string): RE2JS | string {
  try {
    const pattern = RE2JS.compile(source);
    if (findsNothing(pattern)) return 'matches the empty text; write + instead of *, or {1,9} instead of {0,9}';
    return pattern.programSize() > MAX_SIZE ? 'is too large; repeat less, or fewer alternatives' : pattern;
  } catch (error) {
    return refusal(error);
  }
}

/** `\b` matches nothing within a text, `^` and `x*` nothing at all. */
function findsNothing(pattern: RE2JS): boolean {
  return ['', 'a 1'].some((sample) => {
    const matcher = pattern.matcher(sample);
    return matcher.find() && matcher.start() === matcher.end();
  });
}

function refusal(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, what = message, where = ''] = /^error parsing regexp: ([^`]{1,100}): `(.*)`$/s.exec(message) ?? [];
  const advice = ADVICE.find(([beginning]) => beginning.test(where))?.[1];
  const place = where === '' ? '' : ` at ${where}`;
  return `cannot be read (${what}${place})${advice ? `: ${advice}` : '; see https://github.com/google/re2/wiki/Syntax'}`;
}

/** The text with the matches replaced. What is in a marker is no text; a match that takes in a marker takes all of it. */
function withoutMatches(text: string, pattern: RE2JS, marker: string, known: RegExp): string {
  if (!pattern.test(text)) return text;
  const markers = new Markers(text, known);
  const matcher = pattern.matcher(text);
  const parts: string[] = [];
  let from = 0;
  let isFound = matcher.find();
  while (isFound) {
    const [start, end] = [matcher.start(), matcher.end()];
    const skipped = markers.endAround(start, end);
    const next = skipped ?? (end > start ? markers.endOutside(end) : end + 1);
    if (skipped === undefined && end > start) {
      parts.push(text.slice(from, start), marker);
      from = next;
    }
    isFound = next < text.length && matcher.find(next);
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

/** What follows an escape stands at a border, although the escape ends in a letter or digit: `\n138…`, `%3D138…`. */
const BEHIND_ESCAPE = String.raw`(?<=\\(?:[bfnrt]|u[\dA-Fa-f]{4})|%[\dA-Fa-f]{2})`;

/** Nothing of a word in front, and not the letter of an escape itself. */
export const WORD_START = String.raw`(?:(?<![0-9A-Za-z])(?!(?<=\\)[bfnrtu])|${BEHIND_ESCAPE})`;
export const WORD_END = '(?![0-9A-Za-z])';

/**
 * The borders of a number that a word may touch (`tel138…`, `138…QQ`) but no digit, and no letter that may belong to a
 * hexadecimal id: a-f, unless a letter beyond f is near (`phone138…`).
 */
export const NUMBER_START = String.raw`(?:(?:(?<![\dA-Fa-f])|(?<=[G-Zg-z][A-Fa-f]{1,3}))(?<!\\u[\dA-Fa-f]{0,3})|${BEHIND_ESCAPE})`;
export const NUMBER_END = '(?![0-9]|[A-Fa-f](?![A-Fa-f]{0,3}[G-Zg-z]))';

/** How many characters of a match are what is looked for, from its beginning; 0 when it is something else. */
export type Judge = (match: string) => number;

/**
 * The text with what `pattern` finds and `judge` confirms replaced by `marker`. Behind a match that is refused the
 * search goes on at its second character: so a refused match has to be short, or its beginning rare.
 */
export function replaceFound(text: string, pattern: RegExp, marker: string, judge: Judge): string {
  const parts: string[] = [];
  let from = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const length = judge(match[0]);
    pattern.lastIndex = match.index + Math.max(length, 1);
    if (length === 0) continue;
    parts.push(text.slice(from, match.index), marker);
    from = match.index + length;
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

/** A rule at work: the text with what the rule finds replaced by `[name]`, the same text when it finds nothing. */
export interface Rule {
  readonly name: string;
  apply(text: string): string;
}

/** The marker that stands where the rule of this name found something. */
export function markerOf(name: string): string {
  return `[${name}]`;
}

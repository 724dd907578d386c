/** A parsed pattern: code points to find one after the other, {@link RUN} and {@link ONE} among them. */
export type Glob = readonly number[];

const RUN = -1;
const ONE = -2;

/**
 * Reads a pattern: `*` stands for any run of characters, also an empty one, `?` for one character (a code point), and a
 * backslash takes the next character as it is. One at the very end stands for itself.
 */
export function parseGlob(pattern: string): Glob {
  const tokens: number[] = [];
  let escaped = false;
  for (const char of pattern) {
    if (char === '\\' && !escaped) {
      escaped = true;
      continue;
    }
    tokens.push(escaped ? codeOf(char) : tokenOf(char));
    escaped = false;
  }
  return escaped ? [...tokens, codeOf('\\')] : tokens;
}

function tokenOf(char: string): number {
  if (char === '*') return RUN;
  return char === '?' ? ONE : codeOf(char);
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}

/**
 * Whether the whole text is of the pattern, letters compared as they are. Only the last run is ever taken back, so the
 * steps are bounded by the text's length times that of the longest part between two runs, whatever the text.
 */
export function matches(glob: Glob, text: string): boolean {
  let [at, token, afterRun, resume] = [0, 0, 0, 0];
  while (at < text.length) {
    const wanted = glob[token];
    if (wanted === RUN) {
      afterRun = ++token;
      resume = at;
    } else if (wanted === ONE || wanted === text.codePointAt(at)) {
      token++;
      at += width(text, at);
    } else if (afterRun > 0) {
      resume += width(text, resume);
      [at, token] = [resume, afterRun];
    } else return false;
  }
  while (glob[token] === RUN) token++;
  return token === glob.length;
}

/** UTF-16 units of the code point there; a lone surrogate is one. */
function width(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

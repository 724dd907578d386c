/**
 * How far a JSON value reaches in a text that may be damaged: `whole` up to `end`, `cut` off by the end of the text, or
 * `unclear`, because what follows its end is not what follows a value.
 */
export type Extent =
  | { readonly kind: 'whole'; readonly end: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'unclear' };

/** The extent of the value at `start`. Reads the text once, whatever stands in it. */
export function extentOf(text: string, start: number): Extent {
  const first = text[start];
  const end =
    first === '"'
      ? endOfString(text, start)
      : first === '[' || first === '{'
        ? endOfNested(text, start)
        : endOfScalar(text, start);
  if (end === undefined) return { kind: 'cut' };
  return isFollowed(text, end) ? { kind: 'whole', end } : { kind: 'unclear' };
}

/** The next key, even if the text ends within it, or the object's end. */
const FOLLOWER = /\s{0,8}(?:,\s{0,8}(?:$|"[^"\\]{0,64}(?:$|"\s{0,8}(?::|$)))|\}|$)/y;

function isFollowed(text: string, end: number): boolean {
  FOLLOWER.lastIndex = end;
  return FOLLOWER.test(text);
}

function endOfString(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at + 1;
  }
  return undefined;
}

function endOfNested(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      if (end === undefined) return undefined;
      at = end - 1;
    } else if (char === '[' || char === '{') depth++;
    else if ((char === ']' || char === '}') && --depth === 0) return at + 1;
  }
  return undefined;
}

const SCALAR = /(?:-?\d[\d.eE+-]*|true|false|null)?/y;

function endOfScalar(text: string, start: number): number | undefined {
  SCALAR.lastIndex = start;
  SCALAR.test(text);
  // At the very end it may be the first half of a longer number.
  return SCALAR.lastIndex < text.length ? SCALAR.lastIndex : undefined;
}

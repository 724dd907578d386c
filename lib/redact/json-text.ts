/** What becomes of the values in a JSON text. */
export interface Rewriting {
  /** The text that a string value becomes; the same when it stays. */
  text(value: string): string;
  /** Whether the value of this key of the outermost object stays as it is. */
  keeps?(key: string): boolean;
}

/**
 * A JSON text with its string values, and the whole numbers that `text` changes, written anew: the latter as strings.
 * Keys, spaces and all other numbers stay as they are written, since a double would change those of 16 digits and more.
 * The text must be valid JSON. Reads it once, without recursion.
 */
export function rewriteJson(json: string, { text, keeps }: Rewriting): string {
  const parts: string[] = [];
  let from = 0;
  let depth = 0;
  let key: string | undefined;
  for (const token of tokensOf(json)) {
    if (token.kind === 'open' || token.kind === 'close') depth += token.kind === 'open' ? 1 : -1;
    else if (token.kind === 'key') key = depth === 1 ? stringOf(json, token) : key;
    else {
      const isKept = depth === 1 && key !== undefined && keeps?.(key) === true;
      const written = isKept ? undefined : rewritten(json, token, text);
      if (written === undefined) continue;
      parts.push(json.slice(from, token.start), written);
      from = token.end;
    }
  }
  return from === 0 ? json : parts.join('') + json.slice(from);
}

interface Token {
  readonly kind: 'open' | 'close' | 'key' | 'string' | 'number';
  readonly start: number;
  readonly end: number;
}

/** The JSON text of the changed value, `undefined` when it stays. */
function rewritten(json: string, token: Token, text: Rewriting['text']): string | undefined {
  const value = token.kind === 'string' ? stringOf(json, token) : json.slice(token.start, token.end);
  if (token.kind === 'number' && !/^\d+$/.test(value)) return undefined;
  const changed = text(value);
  return changed === value ? undefined : JSON.stringify(changed);
}

function* tokensOf(json: string): Generator<Token> {
  const starts = /["{}[\]]|-?\d[\d.eE+-]*/g;
  for (let found = starts.exec(json); found; found = starts.exec(json)) {
    const start = found.index;
    const first = found[0];
    if (first === '"') {
      const end = endOfString(json, start);
      yield { kind: isKey(json, end) ? 'key' : 'string', start, end };
      starts.lastIndex = end;
    } else if (first === '{' || first === '[') yield { kind: 'open', start, end: start + 1 };
    else if (first === '}' || first === ']') yield { kind: 'close', start, end: start + 1 };
    else yield { kind: 'number', start, end: starts.lastIndex };
  }
}

function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (quote >= 0 && isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
  return quote < 0 ? json.length : quote + 1;
}

function isEscaped(json: string, quote: number): boolean {
  let first = quote;
  while (json[first - 1] === '\\') first--;
  return (quote - first) % 2 === 1;
}

const COLON = /\s*:/y;

function isKey(json: string, end: number): boolean {
  COLON.lastIndex = end;
  return COLON.test(json);
}

function stringOf(json: string, { start, end }: Token): string {
  const inner = json.slice(start + 1, end - 1);
  return inner.includes('\\') ? String(JSON.parse(json.slice(start, end))) : inner;
}

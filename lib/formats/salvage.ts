import type { Json, JsonObject } from '../types.ts';
import { parseJson } from './values.ts';

/** A text longer than this is searched for keys only in its first part: what follows is kept raw all the same. */
const SEARCHED = 1 << 20;

/**
 * What can still be read of a JSON object's text that does not parse: cut off, or with quotes inside a value that
 * nobody escaped (the AI statistics of 2024 wrote those). A value reaches from its key to the next known key, because
 * commas and quotes cannot be trusted. Of a cut value only `prose` is kept: half an id or number would be a wrong one.
 */
export function salvage(text: string, keys: readonly string[], prose: ReadonlySet<string>): JsonObject {
  const plain = keysIn(text, keys).length > 0 ? text : unescapeOnce(text);
  const found = keysIn(plain, keys);
  const result: JsonObject = Object.create(null);
  found.forEach(({ key, start }, i) => {
    const next = found[i + 1];
    const whole = next !== undefined || /\}\s*$/.test(plain);
    const value = plain.slice(start, next?.at ?? plain.length);
    const read = whole ? readValue(next ? value : value.replace(/\}\s*$/, '')) : prose.has(key) ? cutText(value) : null;
    if (read !== null && !Object.hasOwn(result, key)) result[key] = read;
  });
  return result;
}

interface Found {
  readonly key: string;
  /** Where the delimiter before the key stands, and where the value starts. */
  readonly at: number;
  readonly start: number;
}

function keysIn(text: string, keys: readonly string[]): Found[] {
  const pattern = new RegExp(`[{,]\\s{0,8}"(${keys.join('|')})"\\s{0,8}:\\s{0,8}`, 'g');
  return [...text.slice(0, SEARCHED).matchAll(pattern)].map((match) => ({
    key: match[1] ?? '',
    at: match.index,
    start: match.index + match[0].length,
  }));
}

function readValue(text: string): Json {
  const value = text.trim();
  const json = parseJson(value);
  if (json !== undefined) return json;
  if (!value.startsWith('"')) return value;
  const inner = value.slice(1).replace(/"$/, '');
  // An unescaped list or object between quotes, or a text with bare quotes or line breaks in it.
  return /^[[{]/.test(inner) ? (parseJson(inner) ?? inner) : unescapeOnce(inner);
}

function cutText(text: string): Json {
  const value = text.trim().replace(/^"/, '');
  return value === '' ? null : unescapeOnce(value);
}

function unescapeOnce(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (whole, hex: string | undefined, char: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return char === undefined ? whole : (ESCAPES[char] ?? char);
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

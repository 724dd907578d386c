import type { Json, JsonObject } from '../../types.ts';
import { parseJson } from '../values/values.ts';
import { unescapeOnce } from './escapes.ts';
import { extentOf } from './extent.ts';

/**
 * What can still be read of a JSON object's text that does not parse: cut off, or with quotes inside a value that
 * nobody escaped (the AI statistics of 2024 wrote those). A value that is JSON is taken as it is, so that keys inside of
 * it are not mistaken for the object's own; any other reaches to the next known key, because commas and quotes cannot be
 * trusted. Of a cut value only `prose` is kept: half an id or number would be a wrong one.
 */
export function salvage(text: string, keys: readonly string[], prose: ReadonlySet<string>): JsonObject {
  const pattern = new RegExp(`[{,]\\s{0,8}"(${keys.join('|')})"\\s{0,8}:\\s{0,8}`, 'g');
  return valuesIn(pattern.test(text) ? text : unescapeOnce(text), pattern, prose);
}

function valuesIn(text: string, pattern: RegExp, prose: ReadonlySet<string>): JsonObject {
  const result: JsonObject = Object.create(null);
  pattern.lastIndex = 0;
  let match = pattern.exec(text);
  while (match) {
    const key = match[1] ?? '';
    const found = valueAt(text, pattern);
    // The first of a repeated key is kept: what follows is more likely to stand inside a text.
    const value = Object.hasOwn(result, key) ? null : readFound(found, prose.has(key));
    if (value !== null) result[key] = value;
    match = found.next;
  }
  return result;
}

interface FoundValue {
  readonly text: string;
  readonly whole: boolean;
  /** The key after it. */
  readonly next: RegExpExecArray | null;
}

function readFound(found: FoundValue, isProse: boolean): Json {
  if (found.whole) return readValue(found.text);
  return isProse ? cutText(found.text) : null;
}

/** The value behind the key that `pattern` has just found. */
function valueAt(text: string, pattern: RegExp): FoundValue {
  const start = pattern.lastIndex;
  const extent = extentOf(text, start);
  if (extent.kind === 'cut') return { text: text.slice(start), whole: false, next: null };
  if (extent.kind === 'whole') pattern.lastIndex = extent.end;
  const next = pattern.exec(text);
  if (extent.kind === 'whole') return { text: text.slice(start, extent.end), whole: true, next };
  if (next) return { text: text.slice(start, next.index), whole: true, next };
  const rest = text.slice(start).trimEnd();
  return rest.endsWith('}') ? { text: rest.slice(0, -1), whole: true, next } : { text: rest, whole: false, next };
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

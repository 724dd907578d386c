import type { Json, JsonObject } from '../../types.ts';
import { withoutQuery } from './path.ts';
import { type Kind, kindOf, LEFT_OUT, textWithoutSecrets } from './secret-text.ts';
import { isObject, present, structured } from './values.ts';

/** A longer text is no name of a header. */
const MAX_NAME = 64;

/**
 * Metadata without what may open a door: headers and fields that carry keys (in objects, in lists of names and values,
 * in JSON text), the queries of addresses, and tokens that a text names as such. The same object when there is nothing to
 * take out.
 */
export function withoutSecrets(metadata: Readonly<JsonObject>): Readonly<JsonObject> {
  return cleaned(metadata, () => true);
}

/** The same, and without what says nothing. */
export function presentWithoutSecrets(metadata: Readonly<JsonObject>): Readonly<JsonObject> {
  return cleaned(metadata, present);
}

function cleaned(metadata: Readonly<JsonObject>, isKept: (value: Json) => boolean): Readonly<JsonObject> {
  const name = metadata.name ?? metadata.key ?? metadata.Name ?? metadata.Key;
  const keys = Object.keys(metadata);
  let copy: JsonObject | undefined;
  for (const key of keys) {
    const value = metadata[key] ?? null;
    const clean = isKept(value) ? member(key, value, name) : undefined;
    // Most have nothing to take out, and are not copied.
    if (!copy && clean === value) continue;
    copy ??= picked(metadata, keys.slice(0, keys.indexOf(key)));
    if (clean !== undefined) copy[key] = clean;
  }
  return copy ?? metadata;
}

function picked(from: Readonly<JsonObject>, keys: readonly string[]): JsonObject {
  const copy: JsonObject = Object.create(null);
  for (const key of keys) copy[key] = from[key] ?? null;
  return copy;
}

/** What may be shown of a value; `undefined` for nothing. `name` is what the object it belongs to calls itself. */
function member(key: string, value: Json, name: Json | undefined): Json | undefined {
  const kind = kindOf(key);
  if (kind === 'secret') return undefined;
  // `{"name": "authorization", "value": …}`: a header as an object of its own.
  const named = typeof name === 'string' && /^values?$/i.test(key);
  return named ? valueOfName(name, value) : scrubbed(kind, value);
}

function valueOfName(name: string, value: Json): Json {
  const kind = kindOf(name);
  return kind === 'secret' ? LEFT_OUT : scrubbed(kind, value);
}

function scrubbed(kind: Kind, value: Json): Json {
  if (typeof value !== 'string') return inside(value);
  if (kind === 'address') return textWithoutSecrets(withoutQuery(value));
  const read = structured(value);
  if (isObject(read) || Array.isArray(read)) return cleanJsonText(value, read, kind);
  // Headers as a text that cannot be read cannot be cleaned either.
  return kind === 'headers' && value !== '' ? '[unreadable headers left out]' : textWithoutSecrets(value);
}

/** Headers are shown as the object they are; any other text stays the text it was, unless something had to go. */
function cleanJsonText(text: string, read: Json, kind: Kind): Json {
  const clean = inside(read);
  if (kind === 'headers' || kind === 'header') return clean;
  // Of a name that stands twice, only the last value was read.
  return clean === read ? textWithoutSecrets(text) : JSON.stringify(clean);
}

function inside(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map((item, i) => listed(value[i - 1], item));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  if (typeof value === 'string') return scrubbed('plain', value);
  return isObject(value) ? withoutSecrets(value) : value;
}

const NAMING: ReadonlySet<Kind> = new Set(['secret', 'address']);

/** An item of a list that may be a pair of name and value, or alternate them: `["authorization", "Bearer …"]`. */
function listed(before: Json | undefined, item: Json): Json {
  const named = typeof before === 'string' && before.length < MAX_NAME && NAMING.has(kindOf(before));
  return named ? valueOfName(before, item) : inside(item);
}

import type { Json, JsonObject } from '../types.ts';
import { withoutQuery } from './path.ts';
import { isObject, structured } from './values.ts';

const SECRET =
  /^(?:proxy-?)?authorization$|cookie|api[-_]?key$|apikey|access[-_]?key|secret|password|credential|^x-goog-api|^(?:x-)?(?:auth|access|security|session|csrf)[-_]token$/i;
const ADDRESS = /(?:^|[-_])(?:path|uri|url|referr?er)$/i;

/** Metadata without what may open a door: headers and fields that carry keys, and the queries of addresses. */
export function withoutSecrets(metadata: Readonly<Record<string, Json>>): JsonObject {
  const result: JsonObject = Object.create(null);
  for (const [key, value] of Object.entries(metadata)) {
    if (!SECRET.test(key)) result[key] = scrubbed(key, value);
  }
  return result;
}

function scrubbed(key: string, value: Json): Json {
  if (typeof value === 'string' && ADDRESS.test(key)) return withoutQuery(value);
  const read = /header/i.test(key) ? structured(value) : value;
  // Headers as a text that cannot be read cannot be cleaned either.
  if (/headers?$/i.test(key) && typeof read === 'string' && read !== '') return '[unreadable headers left out]';
  return inside(read ?? null);
}

function inside(value: Json): Json {
  if (Array.isArray(value)) return value.map(inside);
  return isObject(value) ? withoutSecrets(value) : value;
}

import type { Json } from '../../types.ts';
import { parseJson, present } from '../values/values.ts';

/** Gateways leave the name of a template's variable standing where it has no value: `$OPTIONAL_BODY`. */
const PLACEHOLDER = /^\$\{?[A-Z][A-Z0-9_]{2,80}\}?$/;

/**
 * What a logged body holds: the value of its JSON text, however often that was quoted again, or a text that is no JSON
 * as it is. `undefined` for a body that is missing or whose place a placeholder holds.
 */
export function bodyOf(body: Json | undefined): Json | undefined {
  if (typeof body !== 'string') return present(body) ? body : undefined;
  const text = body.trim();
  if (!present(text) || PLACEHOLDER.test(text)) return undefined;
  const value = /^[[{"]/.test(text) ? parseJson(text) : undefined;
  if (value === undefined) return body;
  // Each level of quoting doubles the backslashes of the one inside, so the levels are few.
  return typeof value === 'string' ? bodyOf(value) : value;
}

/** The fields that have a value. */
export function stated<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** A text that says anything; `undefined` for every other value. */
export function textIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' && present(value) ? value : undefined;
}

/** The items of a list; none for any other value. */
export function listIn(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

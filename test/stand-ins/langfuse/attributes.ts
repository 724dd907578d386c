import type { Json } from '../../../lib/types.ts';
import { isObject } from './values.ts';

export type Attributes = ReadonlyMap<string, Json>;

/** OTLP key/value pairs by key; the last of a repeated key counts. A pair without a readable value is null. */
export function readAttributes(pairs: unknown): Attributes {
  const read = new Map<string, Json>();
  for (const pair of Array.isArray(pairs) ? pairs : []) {
    if (isObject(pair) && typeof pair.key === 'string') read.set(pair.key, readValue(pair.value));
  }
  return read;
}

function readValue(value: unknown): Json {
  if (!isObject(value)) return null;
  if (value.stringValue !== undefined) return value.stringValue as Json;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.boolValue !== undefined) return value.boolValue as Json;
  if (isObject(value.arrayValue)) return (asArray(value.arrayValue.values) as unknown[]).map(readValue);
  if (isObject(value.kvlistValue)) return Object.fromEntries(readAttributes(value.kvlistValue.values));
  return null;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The first of `keys` that is present and not null. */
export function first(attributes: Attributes, ...keys: readonly string[]): Json | undefined {
  for (const key of keys) {
    const value = attributes.get(key);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** The first of `keys` as text. */
export function text(attributes: Attributes, ...keys: readonly string[]): string | undefined {
  const value = first(attributes, ...keys);
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The attribute as a JSON object: an object, or text that is one; otherwise undefined. */
export function object(attributes: Attributes, key: string): Record<string, unknown> | undefined {
  const value = attributes.get(key);
  if (typeof value !== 'string') return isObject(value) ? value : undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Everything under `prefix.`, with the prefix taken off. */
export function under(attributes: Attributes, prefix: string): Record<string, Json> {
  const found = [...attributes].filter(([key]) => key.startsWith(`${prefix}.`));
  return Object.fromEntries(found.map(([key, value]) => [key.slice(prefix.length + 1), value]));
}

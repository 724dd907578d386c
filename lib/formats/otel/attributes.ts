import type { Json } from '../../types.ts';
import { count, firstPresent, firstText, isObject, parseJson, present, structured } from '../values/values.ts';

/** `0.message.contents.0.message_content.image.image.url` is the longest name of any convention. */
const MAX_STEPS = 10;
const INDEX = /^\d{1,9}$/;

/** What a span, its resource or an event of it says: values by dotted names such as `gen_ai.request.model`. */
export class Attributes {
  readonly values: ReadonlyMap<string, Json>;

  constructor(values: ReadonlyMap<string, Json>) {
    this.values = values;
  }

  /** The first of these that says anything, as it stands. */
  get(...names: string[]): Json | undefined {
    return firstPresent(...names.map((name) => this.values.get(name)));
  }

  text(...names: string[]): string | undefined {
    return firstText(...names.map((name) => this.values.get(name)));
  }

  count(...names: string[]): number | undefined {
    return names.map((name) => count(this.values.get(name))).find((number) => number !== undefined);
  }

  /** The first of these that says anything; lists and objects that were written as JSON text are read. */
  read(...names: string[]): Json | undefined {
    const values = names.map((name) => structured(this.values.get(name)));
    return values.find((value) => present(value) && !(Array.isArray(value) && value.length === 0));
  }

  /** The list at `name`: one value, or values named `name.0.role`, `name.1.role` and so on, nested as their names say. */
  list(name: string): Json[] {
    const whole = structured(this.values.get(name));
    if (Array.isArray(whole)) return whole;
    const nested = nest(this.#under(`${name}.`).filter(([[first = '']]) => INDEX.test(first)));
    return Array.isArray(nested) ? nested : [];
  }

  #under(prefix: string): Entry[] {
    const inner = [...this.values].filter(([name, value]) => name.startsWith(prefix) && present(value));
    const entries = inner.map(([name, value]): Entry => [name.slice(prefix.length).split('.', MAX_STEPS + 1), value]);
    return entries.filter(([steps]) => steps.length <= MAX_STEPS);
  }
}

type Entry = readonly [steps: readonly string[], value: Json];

/** Names as the objects and lists that their steps spell out. A list keeps its order, not its gaps. */
function nest(entries: readonly Entry[]): Json {
  const groups = new Map<string, Entry[]>();
  for (const [[first, ...rest], value] of entries) {
    if (first === undefined) continue;
    const group = groups.get(first);
    if (group) group.push([rest, value]);
    else groups.set(first, [[rest, value]]);
  }
  if (groups.size === 0) return entries[0]?.[1] ?? null;
  const members = [...groups].map(([name, inner]) => [name, nest(inner)] as const);
  if (!members.every(([name]) => INDEX.test(name))) return Object.fromEntries(members);
  return members.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
}

/**
 * The attributes that a field holds: an object, a list of keys and values as in OTLP or with capitals, or JSON text of
 * either, however often that was escaped. `undefined` for a text that is none of these.
 */
export function attributesIn(value: Json | undefined): Attributes | undefined {
  const read = opened(value);
  if (Array.isArray(read)) return new Attributes(new Map(read.flatMap(pairOf)));
  if (!isObject(read)) return undefined;
  return new Attributes(new Map(Object.entries(read).flatMap(([name, inner]) => flat(name, inner))));
}

/** A value out of JSON text that may have been escaped up to twice more. */
export function opened(value: Json | undefined): Json | undefined {
  let read = value;
  for (let times = 0; times < 3 && typeof read === 'string' && /^\s{0,8}["[{]/.test(read); times++) {
    const parsed = parseJson(read);
    if (parsed === undefined) break;
    read = parsed;
  }
  return read;
}

function pairOf(item: Json): [string, Json][] {
  if (!isObject(item)) return [];
  const key = item.key ?? item.Key;
  return typeof key === 'string' ? [[key, anyValue(item.value ?? item.Value ?? null)]] : [];
}

const ANY_VALUE = /^(?:string|int|double|bool|bytes)_?value$/i;

/** OTLP's `AnyValue` (`{"stringValue": …}`) as the value in it; any other value as it is. */
function anyValue(value: Json): Json {
  if (!isObject(value)) return value;
  const [entry, ...more] = Object.entries(value);
  if (!entry || more.length > 0) return value;
  const [kind, inner] = entry;
  if (/^int_?value$/i.test(kind)) return count(inner) ?? inner;
  if (ANY_VALUE.test(kind)) return inner;
  const values = isObject(inner) && Array.isArray(inner.values) ? inner.values : [];
  if (/^array_?value$/i.test(kind)) return values.map(anyValue);
  return /^kvlist_?value$/i.test(kind) ? Object.fromEntries(values.flatMap(pairOf)) : value;
}

/** Some shippers turn dotted names into objects. Only those of the conventions are names; other objects are values. */
const NAMESPACE =
  /^(?:gen_ai|llm|openinference|traceloop|langfuse|session|user|http|url|mcp|retrieval|reranker|embedding|error|tag|ai)$/;
/** Names under which an object is a value. */
const WHOLE = /(?:value|messages|arguments|args|result|parameters|definitions|instructions|prompt|completion|details)$/;

function flat(name: string, value: Json): [string, Json][] {
  const valued = /^(?:input|output)$/.test(name) && isObject(value) && Object.hasOwn(value, 'value');
  return valued || NAMESPACE.test(name) ? flattened(name, value, 0) : [[name, value]];
}

function flattened(name: string, value: Json, depth: number): [string, Json][] {
  if (!isObject(value) || depth > MAX_STEPS || WHOLE.test(name)) return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => flattened(`${name}.${key}`, inner, depth + 1));
}

/** A value that a log agent turned into text with the name it flattened: numbers and truth values are read back. */
export function typed(value: Json): Json {
  if (value === 'true' || value === 'false') return value === 'true';
  const number = typeof value === 'string' && value.length < 20 ? Number(value) : Number.NaN;
  // Digits that a number would not keep, such as 007 or an id of 19 digits, are text.
  return Number.isFinite(number) && String(number) === value ? number : value;
}

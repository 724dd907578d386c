import type { Json, JsonObject } from '../types.ts';
import type { FieldMap } from './field-map.ts';
import { itemAt, type Line } from './line/line.ts';
import { isObject, parseJson } from './values/values.ts';

/** Places that calls are selected and named by; nobody sees them in the call itself. */
const UNSEEN: ReadonlySet<string> = new Set(['status', 'route', 'consumer', 'path']);

/** All fields of a line, but what a map shows in a place of its own, however deep in them it stands. */
export function leftOver(line: Line, map: FieldMap): JsonObject {
  const paths = [...map].flatMap(([place, paths]) => (UNSEEN.has(place) ? [] : paths));
  const looked = new Set(paths.flatMap((path) => (path.includes('.') ? rootsOf(path) : [])));
  // What is looked into is read once for all paths: it may be long.
  const fields = [...line.fields].map(([name, text]): [string, Json] => [
    name,
    looked.has(name) ? (line.at(name) ?? text) : text,
  ]);
  return paths.reduce((rest, path) => without(rest, path.split('.')), Object.fromEntries(fields));
}

/**
 * Metadata of a format's reader without what the map shows as input and output: there it would be shown where content is
 * not to be captured. Readers lift parts of an object such as `ai_log`, so the path may begin behind its first name.
 */
export function withoutContent(metadata: Readonly<JsonObject>, map: FieldMap): JsonObject {
  const paths = [...(map.get('input') ?? []), ...(map.get('output') ?? [])].map((path) => path.split('.'));
  return paths.reduce((rest: JsonObject, path) => without(without(rest, path), path.slice(1)), { ...metadata });
}

function rootsOf(path: string): string[] {
  const steps = path.split('.');
  return steps.slice(1).map((_, i) => steps.slice(0, i + 1).join('.'));
}

/** As `Line.at` finds it: at each step the longest name that exists, through objects, lists and JSON text. */
function without(object: JsonObject, steps: readonly string[]): JsonObject {
  for (let taken = steps.length; taken > 0; taken--) {
    const name = steps.slice(0, taken).join('.');
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined) continue;
    if (taken === steps.length) return replaced(object, name, undefined);
    const inner = opened(value);
    const rest = withoutIn(inner, steps.slice(taken));
    return rest === inner ? object : replaced(object, name, rest);
  }
  return object;
}

/** `undefined` when nothing is left. */
function withoutIn(value: Json | undefined, steps: readonly string[]): Json | undefined {
  const rest = Array.isArray(value) ? withoutItem(value, steps) : isObject(value) ? without(value, steps) : value;
  const isLeft = rest === value || Object.values(rest ?? {}).some((item) => item !== null);
  return isLeft ? rest : undefined;
}

/** With `null` in the item's place when nothing of it is left: another path may mean the item behind it. */
function withoutItem(list: Json[], [step, ...steps]: readonly string[]): Json[] {
  const at = itemAt(step);
  const item = list[at];
  if (item === undefined) return list;
  const inner = opened(item);
  const rest = steps.length === 0 ? undefined : withoutIn(inner, steps);
  return rest === inner && steps.length > 0 ? list : list.with(at, rest ?? null);
}

function replaced(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  const entries = Object.entries(object).flatMap(([key, old]): [string, Json][] => {
    if (key !== name) return [[key, old]];
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

function opened(value: Json): Json | undefined {
  return typeof value === 'string' ? parseJson(value) : value;
}

import type { Json, JsonObject } from '../types.ts';
import type { FieldMap } from './field-map.ts';
import type { Line } from './line/line.ts';
import { isObject, parseJson } from './values/values.ts';

/** All fields of a line, but what a map shows in a place of its own, however deep in them it stands. */
export function leftOver(line: Line, map: FieldMap): JsonObject {
  const paths = [...map.values()].flat();
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

/** As `Line.at` finds it: at each step the longest name that exists, through objects and JSON text. */
function without(object: JsonObject, steps: readonly string[]): JsonObject {
  for (let taken = steps.length; taken > 0; taken--) {
    const name = steps.slice(0, taken).join('.');
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined) continue;
    const inner = taken === steps.length ? undefined : opened(value);
    if (taken < steps.length && !isObject(inner)) return object;
    const rest = isObject(inner) ? without(inner, steps.slice(taken)) : undefined;
    return rest !== undefined && rest === inner ? object : replaced(object, name, rest);
  }
  return object;
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

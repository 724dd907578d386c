import type { Json, JsonObject } from '../../types.ts';
import { isObject, parseJson, structured } from '../values/values.ts';
import type { Line } from './line.ts';

/** A longer path names nothing in any gateway's log. */
const MAX_STEPS = 8;

/**
 * A line's fields as the one object that the gateway logged. Under these `roots` it is put together again, whether a
 * root is a field of JSON text, or a log agent flattened it to fields such as `request.headers.host`. Other fields keep
 * their names; JSON text in them is read.
 */
export function nestedOf({ fields }: Pick<Line, 'fields'>, roots: readonly string[]): JsonObject {
  const whole = bare();
  for (const [name, text] of fields) {
    const path = name.split('.', MAX_STEPS + 1);
    const [root = ''] = path;
    if (roots.includes(root) && path.length <= MAX_STEPS) put(whole, path, text);
    else whole[name] = structured(text) ?? text;
  }
  return whole;
}

/** The value at these steps, through objects and JSON text of objects. */
export function inside(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let found = value;
  for (const step of path) {
    const object = asObject(found);
    if (!object || !Object.hasOwn(object, step)) return undefined;
    found = object[step];
  }
  return found;
}

/** The object that a value is, or that it holds as JSON text. */
export function asObject(value: Json | undefined): JsonObject | undefined {
  const read = typeof value === 'string' && /^\s{0,8}\{/.test(value) ? parseJson(value) : value;
  return isObject(read) ? read : undefined;
}

/** A copy without the value at these steps, and without the objects that it leaves empty. */
export function without(object: JsonObject, path: readonly string[]): JsonObject {
  const [step, ...rest] = path;
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]): [string, Json][] => {
      if (name !== step) return [[name, value]];
      const inner = asObject(value);
      if (rest.length === 0 || !inner) return rest.length === 0 ? [] : [[name, value]];
      const left = without(inner, rest);
      return Object.keys(left).length > 0 ? [[name, left]] : [];
    }),
  );
}

function put(whole: JsonObject, path: readonly string[], text: string): void {
  const last = path.length - 1;
  let owner = whole;
  for (const step of path.slice(0, last)) {
    // Copied, because a parsed object has a prototype, which a step called `__proto__` would lead to.
    const inner = Object.assign(bare(), asObject(owner[step]));
    owner[step] = inner;
    owner = inner;
  }
  const name = path[last] ?? '';
  const read = asObject(text);
  const known = asObject(owner[name]);
  // The whole and its parts may both be logged: neither hides the other.
  owner[name] = read ? Object.assign(bare(), read, known) : (known ?? listIn(text) ?? text);
}

function listIn(text: string): Json[] | undefined {
  const read = /^\s{0,8}\[/.test(text) ? parseJson(text) : undefined;
  return Array.isArray(read) ? read : undefined;
}

/** Without a prototype, because a field may be called `__proto__`. */
function bare(): JsonObject {
  return Object.create(null) as JsonObject;
}

import type { Json, JsonObject } from '../../types.ts';
import type { Line } from '../line/line.ts';
import { isObject, parseJson, present } from '../values/values.ts';

/** What LiteLLM logs as an object and a log agent may have flattened: `metadata.user_api_key_alias` as a field. */
const OBJECTS: ReadonlySet<string> = new Set([
  ...['metadata', 'model_parameters', 'hidden_params', 'response', 'cost_breakdown', 'error_information'],
  ...['model_map_information', 'response_cost_failure_debug_info', 'status_fields', 'standard_built_in_tools_params'],
  ...['proxy_server_request', 'guardrail_information'],
]);

/** Where older versions hold the request's body as JSON text. */
const BODY_TEXT = 'metadata.proxy_server_request';

/** A flattened name of more steps is cut: nothing that is looked up lies deeper. */
const MAX_STEPS = 8;

/**
 * A line of LiteLLM as the object that it was: JSON text of lists and objects is read at the top level, and flattened
 * names are put back under their object. Has no prototype, so that any name is harmless.
 */
export function payloadOf(line: Line): JsonObject {
  const payload: JsonObject = Object.create(null);
  for (const [name, text] of line.fields) {
    const [head = '', ...steps] = name.split('.', MAX_STEPS);
    if (steps.length === 0 || !OBJECTS.has(head)) payload[name] = opened(text);
  }
  for (const [name, text] of line.fields) {
    const [head = '', ...steps] = name.split('.', MAX_STEPS);
    if (steps.length > 0 && OBJECTS.has(head)) put(payload, [head, ...steps], scalar(opened(text)));
  }
  // Read once: it may be as long as the prompt, and several places look into it.
  const request = valueAt(payload, BODY_TEXT);
  if (typeof request === 'string') put(payload, BODY_TEXT.split('.'), opened(request));
  return payload;
}

/** The value at a path such as `metadata.requester_metadata.trace_id`, through objects and JSON text of objects. */
export function valueAt(payload: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = payload;
  for (const step of path.split('.')) {
    const object: Json | undefined = typeof value === 'string' ? opened(value) : value;
    if (!isObject(object) || !Object.hasOwn(object, step)) return undefined;
    value = object[step];
  }
  return value;
}

/** The object at a path, be it as JSON text. */
export function objectAt(payload: JsonObject, path: string): JsonObject | undefined {
  const value = valueAt(payload, path);
  const object = typeof value === 'string' ? opened(value) : value;
  return isObject(object) ? object : undefined;
}

/** Whether a value says anything: Python's `None`, which LiteLLM writes into its own table, says nothing either. */
export function told<T extends Json>(value: T | null | undefined): value is T {
  return present(value) && value !== 'None' && !(Array.isArray(value) && value.length === 0);
}

/** The first of these paths that says anything, as text. */
export function textAt(payload: JsonObject, ...paths: string[]): string | undefined {
  for (const path of paths) {
    const value = valueAt(payload, path);
    if (told(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  }
  return undefined;
}

/** `true`, `"true"` or Python's `"True"`, and their opposites; `undefined` for anything else. */
export function flagAt(payload: JsonObject, path: string): boolean | undefined {
  const text = textAt(payload, path)?.toLowerCase();
  return text === 'true' || text === 'false' ? text === 'true' : undefined;
}

/** Integers that a double cannot hold, such as order ids of 19 digits. */
const LONG_INTEGER = /([:,[]\s{0,8})(-?\d{16,400})(?=\s{0,8}[,}\]])/g;

/** The list or object that a text holds; in it long integers are texts, because reading them would change them. */
function opened(text: string): Json {
  if (!/^\s*[[{]/.test(text)) return text;
  const quoted = text.replace(LONG_INTEGER, '$1"$2"');
  // Within a string of the text such quotes break the JSON: then it is read as it stands.
  return (quoted === text ? undefined : parseJson(quoted)) ?? parseJson(text) ?? text;
}

function put(payload: JsonObject, steps: readonly string[], value: Json): void {
  let object = payload;
  for (const step of steps.slice(0, -1)) object = ownObject(object, step);
  object[steps.at(-1) ?? ''] = value;
}

/** The object of that name to write into: one without a prototype, made of what stands there. */
function ownObject(owner: JsonObject, name: string): JsonObject {
  const known = Object.hasOwn(owner, name) ? owner[name] : undefined;
  // Copied once only: an agent may flatten thousands of names.
  if (isObject(known) && Object.getPrototypeOf(known) === null) return known;
  const made: JsonObject = Object.assign(Object.create(null), isObject(known) ? known : {});
  owner[name] = made;
  return made;
}

/** A flattened number or flag as itself, where that loses nothing of its text. */
function scalar(value: Json): Json {
  if (value === 'true' || value === 'false') return value === 'true';
  if (typeof value !== 'string' || !/^-?\d{1,15}(?:\.\d{1,17})?$/.test(value)) return value;
  return String(Number(value)) === value ? Number(value) : value;
}

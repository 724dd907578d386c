import type { Json, JsonObject, LogRecord } from '../../types.ts';
import { type AiLog, readAiLog } from '../gateway/ai-log.ts';
import { count, firstText, isObject, parseJson, present } from '../values/values.ts';
import { asObject, nestedOf } from './nested.ts';
import type { Fields } from './unwrap.ts';

/** Attributes of the gateway's AI plugins that may stand at the top level of the record. */
const LIFTED = [
  ...['question', 'answer', 'system', 'reasoning', 'messages', 'tool_calls', 'session_id', 'chat_id', 'user_id'],
  ...['consumer', 'request_model', 'reasoning_tokens', 'cached_tokens', 'input_token_details', 'output_token_details'],
  // Version 0 of the plugin had no ai_log at all.
  ...['model', 'input_token', 'output_token', 'total_token'],
  ...['llm_first_token_duration', 'llm_service_duration', 'response_type'],
];

/** How the names of fields begin that a log agent made of the members of `ai_log`. */
export const AI_LOG_PART = 'ai_log.';

/** A longer path names no field of any format. */
const MAX_STEPS = 8;

/** A log line's fields, out of whatever they were wrapped in, and the ways to look into them. */
export class Line {
  readonly record: LogRecord;
  readonly fields: Fields;
  readonly #damaged: string | undefined;
  readonly #parsed = new Map<string, Json>();
  #aiLog: AiLog | undefined;
  #ai: Readonly<JsonObject> | undefined;

  /** `damaged` is the line that the fields were salvaged from. */
  constructor(record: LogRecord, fields: Fields, damaged?: string) {
    this.record = record;
    this.fields = fields;
    this.#damaged = damaged;
  }

  /** The first of these fields that says anything. */
  text(...names: string[]): string | undefined {
    for (const name of names) {
      const value = this.fields.get(name);
      if (present(value)) return value;
    }
    return undefined;
  }

  /**
   * The value at a path such as `ai.proxy.usage`: through fields, JSON text in them and objects, whose names may hold
   * dots themselves (`gen_ai.request.model`, or `ai.proxy` where a log agent flattened). The longest name that exists is
   * taken at each step; in a list a step is an item's place, from 0 (`choices.0.message`). A field itself is its text, or the list or object that the text holds.
   */
  at(path: string): Json | undefined {
    if (this.fields.has(path)) return this.#value(path);
    const steps = path.split('.', MAX_STEPS);
    for (let taken = steps.length - 1; taken > 0; taken--) {
      const name = steps.slice(0, taken).join('.');
      if (this.fields.has(name)) return within(this.#value(name), steps.slice(taken));
    }
    return undefined;
  }

  /** The value at a path, if it is an object. */
  object(path: string): JsonObject | undefined {
    const value = this.at(path);
    return isObject(value) ? value : undefined;
  }

  /** `ai_log`, and the attributes configured as fields of their own (`as_separate_log_field`). */
  get ai(): Readonly<JsonObject> {
    this.#ai ??= united(lifted(this.fields), flattened(this.fields), this.#readAiLog().values);
    return this.#ai;
  }

  /** The raw text, when `ai_log` or the whole line is damaged. */
  get damaged(): string | undefined {
    return this.#damaged ?? this.#readAiLog().damaged;
  }

  /** HTTP status; 0 when the gateway had none to give. */
  get status(): number | undefined {
    return count(this.text('response_code', 'status', 'status_code'));
  }

  get path(): string {
    return this.text('path', 'original_path', 'request_uri', 'uri', 'url') ?? '';
  }

  get method(): string {
    return firstText(this.fields.get('method'), this.fields.get('request_method')) ?? '';
  }

  #readAiLog(): AiLog {
    this.#aiLog ??= readAiLog(this.fields.get('ai_log'));
    return this.#aiLog;
  }

  #value(name: string): Json {
    const known = this.#parsed.get(name);
    if (known !== undefined) return known;
    const value = opened(this.fields.get(name) ?? '');
    this.#parsed.set(name, value);
    return value;
  }
}

/** The value at the remaining steps, through objects and JSON text. */
function within(value: Json | undefined, steps: readonly string[]): Json | undefined {
  if (steps.length === 0 || value === undefined) return value;
  const object = opened(value);
  if (Array.isArray(object)) return within(object[itemAt(steps[0])], steps.slice(1));
  if (!isObject(object)) return undefined;
  for (let taken = steps.length; taken > 0; taken--) {
    const name = steps.slice(0, taken).join('.');
    if (Object.hasOwn(object, name)) return within(object[name], steps.slice(taken));
  }
  return undefined;
}

/** The place in a list that a step of a path means; -1, where nothing stands, for a name. */
export function itemAt(step: string | undefined): number {
  return /^\d{1,6}$/.test(step ?? '') ? Number(step) : -1;
}

function opened(value: Json): Json {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  return parseJson(value) ?? value;
}

/** What the later says of a name counts; what it leaves empty does not. Most lines have an `ai_log` and nothing beside it. */
function united(
  beside: JsonObject | undefined,
  parts: JsonObject | undefined,
  values: Readonly<JsonObject>,
): Readonly<JsonObject> {
  if (!beside && !parts && Object.values(values).every(present)) return values;
  const all: JsonObject = Object.assign(Object.create(null), beside, parts);
  for (const [name, value] of Object.entries(values)) if (present(value)) all[name] = value;
  return all;
}

function lifted(fields: Fields): JsonObject | undefined {
  let found: JsonObject | undefined;
  for (const name of LIFTED) {
    const value = fields.get(name);
    if (!present(value)) continue;
    found ??= {};
    found[name] = value;
  }
  return found;
}

/** `ai_log.model` and the like: fields to which a log agent that reads JSON may flatten `ai_log`. */
function flattened(fields: Fields): JsonObject | undefined {
  const parts: [string, string][] = [];
  for (const name of fields.keys()) if (name.startsWith(AI_LOG_PART)) parts.push([name, fields.get(name) ?? '']);
  if (parts.length === 0) return undefined;
  return { ...asObject(nestedOf({ fields: new Map(parts) }, ['ai_log']).ai_log) };
}

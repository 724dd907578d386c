import type { Json, JsonObject, LogRecord } from '../types.ts';
import { type AiLog, readAiLog } from './ai-log.ts';
import type { Fields } from './unwrap.ts';
import { count, firstPresent, firstText, present } from './values.ts';

/** An access log line of an Envoy-based AI gateway, with what its AI plugins wrote beside or inside `ai_log`. */
export interface GatewayLine {
  readonly record: LogRecord;
  readonly fields: Fields;
  /** `ai_log`, and the attributes configured as fields of their own (`as_separate_log_field`). */
  readonly ai: Readonly<JsonObject>;
  /** The raw text, when `ai_log` or the whole line is damaged. */
  readonly damaged?: string;
  /** HTTP status; 0 when the gateway had none to give. */
  readonly status?: number;
  readonly path: string;
  readonly method: string;
}

/** Attributes that may stand at the top level of the record. */
const LIFTED = [
  ...['question', 'answer', 'system', 'reasoning', 'messages', 'tool_calls', 'session_id', 'chat_id', 'user_id'],
  ...['consumer', 'request_model', 'reasoning_tokens', 'cached_tokens', 'input_token_details', 'output_token_details'],
  // Version 0 of the plugin had no ai_log at all.
  ...['model', 'input_token', 'output_token', 'total_token'],
  ...['llm_first_token_duration', 'llm_service_duration', 'response_type'],
];

/** Reads the parts of a line that every dialect shares. */
export function gatewayLine(record: LogRecord, fields: Fields, damagedLine?: string): GatewayLine {
  const aiLog = readAiLog(fields.get('ai_log'));
  const status = count(firstPresent(...['response_code', 'status', 'status_code'].map((name) => fields.get(name))));
  const damaged = damagedLine ?? aiLog.damaged;
  return {
    record,
    fields,
    ai: { ...lifted(fields), ...presentOf(aiLog) },
    ...(damaged !== undefined && { damaged }),
    ...(status !== undefined && { status }),
    path: firstText(...['path', 'original_path', 'request_uri', 'uri'].map((name) => fields.get(name))) ?? '',
    method: firstText(fields.get('method'), fields.get('request_method')) ?? '',
  };
}

/** A field of the line, unless it is missing. */
export function field(line: GatewayLine, name: string): string | undefined {
  const value = line.fields.get(name);
  return present(value) ? value : undefined;
}

function lifted(fields: Fields): JsonObject {
  const found: JsonObject = {};
  for (const name of LIFTED) {
    const value = fields.get(name);
    if (present(value)) found[name] = value;
  }
  return found;
}

function presentOf({ values }: AiLog): JsonObject {
  const entries = Object.entries(values).filter((entry): entry is [string, Json] => present(entry[1]));
  return Object.fromEntries(entries);
}

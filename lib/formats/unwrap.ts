import { asText } from '../record.ts';
import type { LogRecord } from '../types.ts';
import { AI_KEYS } from './ai-log.ts';
import { salvage } from './salvage.ts';
import { isObject, parseJson } from './values.ts';

export type Fields = ReadonlyMap<string, string>;

/** A record's fields; `damaged` is the line they were salvaged from, `unreadable` a line with nothing to salvage. */
export type Unwrapped =
  | { readonly kind: 'fields'; readonly fields: Fields; readonly damaged?: string }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'unparsable' };

/** A log agent without a parser puts the whole line into one field of this name. */
const LINE_FIELDS = ['content', 'message', 'log', '_raw_'];
/** `_time_`, `_container_name_`, `__file_offset__` and the like come from the log agent, not from the line. */
const AGENT_FIELD = /^_\w+_$/;
const CONTAINER_PREFIX = /^\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) [FP] /;
const ACCESS_KEYS = [
  ...['ai_log', 'authority', 'bytes_received', 'bytes_sent', 'duration', 'method', 'path', 'protocol', 'request_id'],
  ...['response_code', 'response_code_details', 'response_flags', 'route_name', 'start_time', 'timestamp', 'trace_id'],
  ...['upstream_cluster', 'upstream_host', 'upstream_service_time', 'upstream_transport_failure_reason'],
  ...['downstream_local_address', 'downstream_remote_address', 'requested_server_name', 'user_agent'],
  ...['x_forwarded_for', 'istio_policy_status', 'upstream_local_address', 'question', 'answer', 'consumer'],
];

/**
 * The fields of a record, taken out of a line that was logged as one text: behind a container runtime's prefix, or as
 * JSON. A line that shows signs of an LLM call and does not parse is salvaged; one without such signs is `unparsable`.
 */
export function unwrap(record: LogRecord): Unwrapped {
  const line = onlyLine(record.fields);
  if (line === undefined) return { kind: 'fields', fields: record.fields };
  const text = line.replace(CONTAINER_PREFIX, '').trim();
  const value = parseJson(text);
  if (isObject(value)) {
    return { kind: 'fields', fields: new Map(Object.entries(value).map(([key, inner]) => [key, asText(inner)])) };
  }
  return salvageLine(text);
}

function onlyLine(fields: Fields): string | undefined {
  const own = [...fields.keys()].filter((key) => !AGENT_FIELD.test(key) || LINE_FIELDS.includes(key));
  const [name] = own;
  return own.length === 1 && name !== undefined && LINE_FIELDS.includes(name) ? fields.get(name) : undefined;
}

function salvageLine(text: string): Unwrapped {
  // The second half of a line that the container runtime split names tokens, too: without its head it is no call.
  const headed = text.startsWith('{') && /"(?:input_token|llm_service_duration)\\?"/.test(text);
  if (!headed && !/"?ai_log\\?"?\s*[:=]/.test(text)) return { kind: 'unparsable' };
  // The SLS console shows, and people paste, `ai_log:{…}`: the object's own text, without its record.
  const bare = /^ai_log\s*[:=]\s*(\{.*)$/s.exec(text)?.[1];
  if (bare !== undefined) return { kind: 'fields', fields: new Map([['ai_log', bare]]) };
  const found = salvage(text, [...ACCESS_KEYS, ...AI_KEYS.filter((key) => key.includes('token'))], new Set(['ai_log']));
  const fields = new Map(Object.entries(found).map(([key, value]) => [key, asText(value)]));
  if (fields.size > 0) return { kind: 'fields', fields, damaged: text };
  return { kind: 'unreadable', message: 'the line names an ai_log, but no field of it can be read' };
}

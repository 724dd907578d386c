import { asText } from '../../record.ts';
import type { Json, LogRecord } from '../../types.ts';
import { AI_KEYS } from '../gateway/ai-log.ts';
import { isObject, parseJson } from '../values/values.ts';
import { pairsIn } from './pairs.ts';
import { withoutPrefix } from './prefix.ts';
import { salvage } from './salvage.ts';

export type Fields = ReadonlyMap<string, string>;

/**
 * A record's fields; `damaged` is the line they were salvaged from, `unreadable` a line with nothing to salvage. A `text`
 * is a line that is no JSON; its fields are the record's own, with that line in place of the one with a prefix.
 */
export type Unwrapped =
  | { readonly kind: 'fields'; readonly fields: Fields; readonly damaged?: string }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'text'; readonly text: string; readonly fields: Fields };

type Inner = Exclude<Unwrapped, { kind: 'text' }>;

/** A log agent without a parser puts the whole line into one field of this name. */
export const LINE_FIELDS: readonly string[] = [
  ...['content', 'message', 'log', '_raw_', '_content_', 'msg', 'MSG', 'raw'],
];
/** `_time_`, `_container_name_`, `__file_offset__` and the like come from the log agent, not from the line. */
const AGENT_FIELD = /^_\w+_$/;
const ACCESS_KEYS = [
  ...['ai_log', 'authority', 'bytes_received', 'bytes_sent', 'duration', 'method', 'path', 'protocol', 'request_id'],
  ...['response_code', 'response_code_details', 'response_flags', 'route_name', 'start_time', 'timestamp', 'trace_id'],
  ...['upstream_cluster', 'upstream_host', 'upstream_service_time', 'upstream_transport_failure_reason'],
  ...['downstream_local_address', 'downstream_remote_address', 'requested_server_name', 'user_agent'],
  ...['x_forwarded_for', 'istio_policy_status', 'upstream_local_address', 'question', 'answer', 'consumer'],
];

/** Names of the formats' own: a line that has one is a gateway's or a tracer's, whatever stands beside it. */
const OWN = new Set([
  ...['ai_log', 'question', 'answer', 'authority', 'request_id', 'response_code', 'route_name', 'trace_id'],
  ...['start_time', 'input_token', 'traceID', 'spanID', 'call_type', 'response_cost', 'llm_summary', 'llm_request'],
  ...['ai', 'latencies', 'started_at', 'event_type', 'x-request-id', 'x-envoy-origin-path', 'request_body'],
]);
const OWN_DOTTED = /^(?:ai|ai_log|gen_ai|llm_summary|llm_request)\./;
/** Many a program writes these, too; but a record that has one is no mere wrapper. */
const CALL_FIELDS = new Set(['model', 'model_name', 'messages', 'prompt', 'usage']);

/** A line within a line within a line, as container runtimes and log agents pile up; more is no log any more. */
const LAYERS = 3;

/**
 * The fields of a record, taken out of a line that was logged as one text: behind the prefix of a container runtime or
 * syslog, as a JSON object, as a list of keys and values, alone in its field or beside what an agent says of its origin.
 * A line that shows signs of an LLM call and does not parse is salvaged; one without such signs is `text`.
 */
export function unwrap({ fields }: LogRecord): Unwrapped {
  // Most records are no wrapped line, and are told by that.
  if (!LINE_FIELDS.some((field) => fields.has(field))) return { kind: 'fields', fields };
  const name = onlyLine(fields);
  if (name === undefined) return opened(fields, LAYERS);
  const text = withoutPrefix(fields.get(name) ?? '');
  return readLine(text, LAYERS) ?? { kind: 'text', text, fields: new Map([...fields, [name, text]]) };
}

function ownNames(fields: Fields): string[] {
  return [...fields.keys()].filter((key) => !AGENT_FIELD.test(key) || LINE_FIELDS.includes(key));
}

function onlyLine(fields: Fields): string | undefined {
  const [name, ...others] = ownNames(fields);
  return others.length === 0 && name !== undefined && LINE_FIELDS.includes(name) ? name : undefined;
}

/** The line in one of these fields, if it is JSON and the others only say where it comes from; else the fields. */
function opened(fields: Fields, layers: number): Inner {
  const whole: Inner = { kind: 'fields', fields };
  const names = ownNames(fields);
  if (layers === 0 || tells(names) || names.some((name) => CALL_FIELDS.has(name))) return whole;
  for (const name of LINE_FIELDS) {
    const text = withoutPrefix(fields.get(name) ?? '');
    const inner = /^[[{]/.test(text) ? readLine(text, layers - 1) : undefined;
    if (inner && (names.length === 1 || isGateways(inner))) return inner;
  }
  return whole;
}

function isGateways(inner: Inner): boolean {
  return inner.kind === 'unreadable' || inner.damaged !== undefined || tells([...inner.fields.keys()]);
}

function tells(names: readonly string[]): boolean {
  return names.some((name) => OWN.has(name) || OWN_DOTTED.test(name));
}

function readLine(text: string, layers: number): Inner | undefined {
  const value = parseJson(text);
  if (isObject(value)) return opened(fieldsOf(Object.entries(value)), layers);
  if (Array.isArray(value)) return readList(value, layers);
  return readLines(text) ?? salvageLine(text);
}

/** Records one below the other (NDJSON) that a log agent took for one. */
function readLines(text: string): Inner | undefined {
  if (!/^\{[^\n]*\}[ \t\r]{0,8}\n\s{0,8}\{/.test(text)) return undefined;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  // Two tell: there may be millions.
  const [first, second] = lines.slice(0, 2).map((line) => parseJson(line));
  return isObject(first) && isObject(second) && tells(Object.keys(first)) ? several(lines.length) : undefined;
}

function several(count: number): Inner {
  return {
    kind: 'unreadable',
    message: `the line is a list of ${count} records: have the log agent split it into one log for each`,
  };
}

function fieldsOf(entries: readonly (readonly [string, Json])[]): Fields {
  return new Map(entries.map(([key, value]) => [key, asText(value)]));
}

function readList(list: Json[], layers: number): Inner | undefined {
  const records = recordsIn(list);
  const [one] = records;
  if (one && records.length === 1) return opened(one, layers);
  // Programs log lists of their own: only one that holds a gateway's records is a loss.
  return records.some((fields) => tells([...fields.keys()])) ? several(records.length) : undefined;
}

function recordsIn(list: Json[]): Fields[] {
  const pairs = pairsIn(list);
  if (pairs) return [fieldsOf(pairs)];
  return list.flatMap((item) => {
    const entries = isObject(item) ? Object.entries(item) : pairsIn(item);
    return entries ? [fieldsOf(entries)] : [];
  });
}

function salvageLine(text: string): Inner | undefined {
  // The second half of a line that the container runtime split names tokens, too: without its head it is no call.
  const headed = text.startsWith('{') && /"(?:input_token|llm_service_duration)\\?"/.test(text);
  if (!headed && !/"?ai_log\\?"?\s*[:=]/.test(text)) return undefined;
  // The SLS console shows, and people paste, `ai_log:{…}`: the object's own text, without its record.
  const bare = /^ai_log\s*[:=]\s*(\{.*)$/s.exec(text)?.[1];
  if (bare !== undefined) return { kind: 'fields', fields: new Map([['ai_log', bare]]) };
  const found = salvage(text, [...ACCESS_KEYS, ...AI_KEYS.filter((key) => key.includes('token'))], new Set(['ai_log']));
  const fields = fieldsOf(Object.entries(found));
  if (fields.size > 0) return { kind: 'fields', fields, damaged: text };
  return { kind: 'unreadable', message: 'the line names an ai_log, but no field of it can be read' };
}

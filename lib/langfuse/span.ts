import { remembered } from '../remembered.ts';
import type { Json, JsonObject, LlmCall } from '../types.ts';
import { clean, PLAIN, shortKey, wellFormedText } from './clean.ts';

/**
 * One call as the JSON text of an OTLP span (OTLP 1.x, JSON encoding; attribute names as Langfuse reads them), well-formed
 * and without numbers that JSON has no word for. Written as text: as objects, the attributes of a call would cost more
 * than all else that is done with it.
 */
export function spanOf(raw: LlmCall): string {
  const call = clean(raw);
  const { trace, observation: o } = call;
  const parent = o.parentId === undefined ? '' : `"parentSpanId":"${o.parentId}",`;
  const status = o.level === 'ERROR' ? JSON.stringify({ code: 2, message: o.statusMessage }) : '{}';
  const times = `"startTimeUnixNano":"${o.startTime}000000","endTimeUnixNano":"${o.endTime}000000"`;
  const head = `"traceId":"${trace.id}","spanId":"${o.id}",${parent}"name":${quoted(o.name)},"kind":3,${times}`;
  return `{${head},"status":${status},"attributes":[${attributesOf(call)}]}`;
}

function attributesOf({ trace, observation: o }: LlmCall): string {
  const completion = o.completionStartTime;
  return (
    // The first, which every call has: each of the others begins with a comma.
    `{"key":"langfuse.observation.type","value":{"stringValue":"${o.type}"}}` +
    text('langfuse.trace.name', trace.name) +
    text('langfuse.user.id', trace.userId) +
    text('langfuse.session.id', trace.sessionId) +
    tags(trace.tags) +
    text('langfuse.observation.model.name', o.model) +
    json('langfuse.observation.model.parameters', o.modelParameters) +
    json('langfuse.observation.input', o.input) +
    json('langfuse.observation.output', o.output) +
    json('langfuse.observation.usage_details', o.usageDetails) +
    json('langfuse.observation.cost_details', o.costDetails) +
    text('langfuse.observation.level', o.level) +
    text('langfuse.observation.status_message', o.statusMessage) +
    text('langfuse.observation.completion_start_time', completion === undefined ? undefined : iso(completion)) +
    metadata(trace.metadata)
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function text(key: string, value: string | undefined): string {
  return value === undefined ? '' : `${opening(key)}${quoted(value)}}}`;
}

const opening = remembered((key) => `,{"key":"${key}","value":{"stringValue":`);

function json(key: string, value: Json | Readonly<Record<string, Json>> | undefined): string {
  return value === undefined ? '' : text(key, wellFormedText(value as Json));
}

function tags(names: readonly string[]): string {
  if (names.length === 0) return '';
  const values = names.map((name) => `{"stringValue":${quoted(name)}}`);
  return `,{"key":"langfuse.trace.tags","value":{"arrayValue":{"values":[${values.join(',')}]}}}`;
}

/**
 * All metadata as one attribute, the JSON text of an object: an attribute for each name would make a call of 3.6 KB one of
 * 5.4. Lists and objects in it are JSON text themselves. What Langfuse stores is the same either way, for it unites the two
 * (`extractMetadata` of `OtelIngestionProcessor` in langfuse/langfuse).
 */
function metadata(values: Readonly<JsonObject>): string {
  let members = '';
  for (const name of Object.keys(values)) {
    const value = values[name] ?? null;
    const isPlain = typeof value === 'string' && PLAIN.test(value);
    members += isPlain ? `${textMember(name)}${value}\\"` : `${member(name)}${within(value)}`;
  }
  if (members === '') return '';
  return `,{"key":"langfuse.observation.metadata","value":{"stringValue":"{${members.slice(1)}}"}}`;
}

/** A comma, a name and its colon, as they stand in JSON text within JSON text. */
const member = remembered((name) => `,${twice(shortKey(name))}:`);
const textMember = remembered((name) => `${member(name)}\\"`);

function within(value: Json): string {
  // JSON text such as 1e999 is read as Infinity, for which JSON has no number.
  if ((typeof value === 'number' && Number.isFinite(value)) || typeof value === 'boolean') return String(value);
  return twice(typeof value === 'number' ? String(value) : wellFormedText(value));
}

function twice(value: string): string {
  return JSON.stringify(JSON.stringify(value)).slice(1, -1);
}

function quoted(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}

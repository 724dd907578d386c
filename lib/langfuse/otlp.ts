import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { FORWARDER } from '../release.ts';
import { remembered } from '../remembered.ts';
import type { Json, LlmCall } from '../types.ts';
import { clean, shortKey, wellFormedText } from './clean.ts';
import { type Exchange, exchange, type LangfuseAccess } from './exchange.ts';
import { ACCEPTED, type Answer, MAX_BYTES, type Parcel, type TraceSink } from './sink.ts';

const gzipped = promisify(gzip);

/**
 * Langfuse stores every attribute a second time under `metadata.attributes` unless the scope's name starts so
 * (`OtelIngestionProcessor` in langfuse/langfuse).
 */
const SCOPE = 'langfuse-sdk-sls';

const COMMA = Buffer.from(',');
const TAIL = Buffer.from(']}]}]}');
/** Each chunk of zlib's output costs a turn of the event loop; a request makes a few of this size. */
const CHUNK = 256 * 1024;

/**
 * OTLP over HTTP with JSON, `POST /api/public/otel/v1/traces`: Langfuse 3.22 and later, 4 and Cloud. A request is
 * accepted or refused as a whole.
 */
export function otlpSink(access: LangfuseAccess): TraceSink {
  const head = Buffer.from(
    `{"resourceSpans":[{"resource":{"attributes":${JSON.stringify(resource(access))}},"scopeSpans":[{"scope":{"name":"${SCOPE}"},"spans":[`,
  );
  let compress = true;
  const send = async (parcels: readonly Parcel[], signal: AbortSignal): Promise<Answer> => {
    const json = Buffer.concat([head, ...parcels.flatMap(({ body }, i) => (i > 0 ? [COMMA, body] : [body])), TAIL]);
    // Of several requests in flight, each may be answered with 415.
    const zipped = compress;
    const body = zipped ? await gzipped(json, { level: 1, chunkSize: CHUNK }) : json;
    const headers = {
      'content-type': 'application/json',
      // Without it, Langfuse Cloud and dual-writing servers show the data about ten minutes late.
      'x-langfuse-ingestion-version': '4',
      ...(zipped && { 'content-encoding': 'gzip' }),
    };
    const answer = await exchange(access, 'POST', '/api/public/otel/v1/traces', signal, { headers, body });
    if (answer.kind === 'answer' && answer.status === 415 && zipped) {
      compress = false;
      return send(parcels, signal);
    }
    return verdictOf(answer, parcels);
  };
  return { name: 'otlp', maxCalls: 500, maxBytes: MAX_BYTES, wrap, send };
}

function resource({ environment, release }: LangfuseAccess): unknown[] {
  return [
    attribute('service.name', 'sls-langfuse'),
    attribute('forwarder', FORWARDER),
    ...(environment === undefined ? [] : [attribute('langfuse.environment', environment)]),
    ...(release === undefined ? [] : [attribute('langfuse.release', release)]),
  ];
}

function verdictOf(answer: Exchange, parcels: readonly Parcel[]): Answer {
  if (answer.kind === 'failed') return answer;
  const { status, json } = answer;
  const refusal = { status, message: answer.message };
  if (status < 200 || status > 299) {
    return { kind: 'failed', failure: { kind: 'http', ...refusal, ...answer.retryAfter } };
  }
  if (json === undefined) return { kind: 'failed', failure: { kind: 'unreadable', ...refusal } };
  const partial = json.partialSuccess as { rejectedSpans?: unknown; errorMessage?: unknown } | undefined;
  // Which spans those are is not said: as a refusal of the request, so that halving finds them.
  if (Number(partial?.rejectedSpans ?? 0) > 0) {
    const message = `rejected spans: ${String(partial?.errorMessage ?? '').slice(0, 300)}`;
    return { kind: 'failed', failure: { kind: 'http', status: 422, message } };
  }
  return { kind: 'answered', verdicts: parcels.map(() => ACCEPTED) };
}

/**
 * One call as an OTLP span (OTLP 1.x, JSON encoding; attribute names as Langfuse reads them). Written as text: as objects,
 * the attributes of a call would cost more than all else that is done with it.
 */
function wrap(raw: LlmCall): Parcel {
  const call = clean(raw);
  const { trace, observation: o } = call;
  const parent = o.parentId === undefined ? '' : `"parentSpanId":"${o.parentId}",`;
  const status = o.level === 'ERROR' ? JSON.stringify({ code: 2, message: o.statusMessage }) : '{}';
  const times = `"startTimeUnixNano":"${o.startTime}000000","endTimeUnixNano":"${o.endTime}000000"`;
  const head = `"traceId":"${trace.id}","spanId":"${o.id}",${parent}"name":${JSON.stringify(o.name)},"kind":3,${times}`;
  const body = Buffer.from(`{${head},"status":${status},"attributes":[${attributesOf(call).join(',')}]}`);
  return { call: raw, body, bytes: body.length };
}

function attributesOf({ trace, observation: o }: LlmCall): string[] {
  const completion = o.completionStartTime;
  const written: string[] = [];
  const add = (key: string, value: string | undefined) => {
    if (value !== undefined) written.push(textAttribute(key, value));
  };
  add('langfuse.observation.type', o.type);
  add('langfuse.trace.name', trace.name);
  add('langfuse.user.id', trace.userId);
  add('langfuse.session.id', trace.sessionId);
  if (trace.tags.length > 0) written.push(JSON.stringify(attribute('langfuse.trace.tags', [...trace.tags])));
  add('langfuse.observation.model.name', o.model);
  add('langfuse.observation.model.parameters', jsonText(o.modelParameters));
  add('langfuse.observation.input', jsonText(o.input));
  add('langfuse.observation.output', jsonText(o.output));
  add('langfuse.observation.usage_details', jsonText(o.usageDetails));
  add('langfuse.observation.cost_details', jsonText(o.costDetails));
  add('langfuse.observation.level', o.level);
  add('langfuse.observation.status_message', o.statusMessage);
  add('langfuse.observation.completion_start_time', completion === undefined ? undefined : iso(completion));
  for (const [name, value] of Object.entries(trace.metadata)) written.push(metadataAttribute(name, value));
  return written;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function jsonText(value: Json | Readonly<Record<string, Json>> | undefined): string | undefined {
  return value === undefined ? undefined : wellFormedText(value as Json);
}

function metadataAttribute(name: string, value: Json): string {
  const key = metadataKey(name);
  // Not intValue: some versions of Langfuse show it as `{"intValue":"…"}` when it is a text or zero. JSON text such as
  // 1e999 is read as Infinity, for which JSON has no number.
  if (typeof value === 'number' && Number.isFinite(value)) return `${opening(key)}"doubleValue":${value}}}`;
  if (typeof value === 'boolean') return `${opening(key)}"boolValue":${value}}}`;
  return textAttribute(key, typeof value === 'number' ? String(value) : wellFormedText(value));
}

function textAttribute(key: string, value: string): string {
  return `${opening(key)}"stringValue":${JSON.stringify(value)}}}`;
}

/** What is written ahead of a value. */
const opening = remembered((key) => `{"key":${JSON.stringify(key)},"value":{`);
const metadataKey = remembered((name) => `langfuse.observation.metadata.${shortKey(name)}`);

function attribute(key: string, value: string | readonly string[]): unknown {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  return { key, value: { arrayValue: { values: value.map((v) => ({ stringValue: v })) } } };
}

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { FORWARDER } from '../release.ts';
import type { Json, LlmCall } from '../types.ts';
import { clean, metadataEntries, wellFormedText } from './clean.ts';
import { type Exchange, exchange, type LangfuseAccess } from './exchange.ts';
import { ACCEPTED, type Answer, MAX_BYTES, type Parcel, type TraceSink } from './sink.ts';

const gzipped = promisify(gzip);

/**
 * Langfuse stores every attribute a second time under `metadata.attributes` unless the scope's name starts so
 * (`OtelIngestionProcessor` in langfuse/langfuse).
 */
const SCOPE = 'langfuse-sdk-sls';

/**
 * OTLP over HTTP with JSON, `POST /api/public/otel/v1/traces`: Langfuse 3.22 and later, 4 and Cloud. A request is
 * accepted or refused as a whole.
 */
export function otlpSink(access: LangfuseAccess): TraceSink {
  const head = `{"resourceSpans":[{"resource":{"attributes":${JSON.stringify(resource(access))}},"scopeSpans":[{"scope":{"name":"${SCOPE}"},"spans":[`;
  let compress = true;
  const send = async (parcels: readonly Parcel[], signal: AbortSignal): Promise<Answer> => {
    const json = `${head}${parcels.map(({ body }) => body).join(',')}]}]}]}`;
    // Of several requests in flight, each may be answered with 415.
    const zipped = compress;
    const body = zipped ? await gzipped(json, { level: 1 }) : Buffer.from(json);
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

/** One call as an OTLP span (OTLP 1.x, JSON encoding; attribute names as Langfuse reads them). */
function wrap(raw: LlmCall): Parcel {
  const call = clean(raw);
  const { trace, observation } = call;
  const body = JSON.stringify({
    traceId: trace.id,
    spanId: observation.id,
    ...(observation.parentId !== undefined && { parentSpanId: observation.parentId }),
    name: observation.name,
    kind: 3,
    startTimeUnixNano: `${observation.startTime}000000`,
    endTimeUnixNano: `${observation.endTime}000000`,
    status: observation.level === 'ERROR' ? { code: 2, message: observation.statusMessage } : {},
    attributes: attributesOf(call),
  });
  return { call: raw, body, bytes: Buffer.byteLength(body) };
}

function attributesOf({ trace, observation: o }: LlmCall): unknown[] {
  const completion = o.completionStartTime;
  const values: [string, Json | undefined][] = [
    ['langfuse.observation.type', o.type],
    ['langfuse.trace.name', trace.name],
    ['langfuse.user.id', trace.userId],
    ['langfuse.session.id', trace.sessionId],
    ['langfuse.trace.tags', trace.tags.length > 0 ? [...trace.tags] : undefined],
    ['langfuse.observation.model.name', o.model],
    ['langfuse.observation.model.parameters', jsonText(o.modelParameters)],
    ['langfuse.observation.input', jsonText(o.input)],
    ['langfuse.observation.output', jsonText(o.output)],
    ['langfuse.observation.usage_details', jsonText(o.usageDetails)],
    ['langfuse.observation.cost_details', jsonText(o.costDetails)],
    ['langfuse.observation.level', o.level],
    ['langfuse.observation.status_message', o.statusMessage],
    [
      'langfuse.observation.completion_start_time',
      completion === undefined ? undefined : new Date(completion).toISOString(),
    ],
    ...metadataEntries(trace.metadata).map(([key, value]): [string, Json] => [
      `langfuse.observation.metadata.${key}`,
      metadataValue(value),
    ]),
  ];
  return values.flatMap(([key, value]) => (value === undefined ? [] : [attribute(key, value)]));
}

function jsonText(value: Json | Readonly<Record<string, Json>> | undefined): string | undefined {
  return value === undefined ? undefined : wellFormedText(value as Json);
}

function metadataValue(value: Json): Json {
  // JSON text such as 1e999 is read as Infinity, for which JSON has no number.
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'boolean' ? value : wellFormedText(value);
}

function attribute(key: string, value: Json): unknown {
  if (Array.isArray(value)) return { key, value: { arrayValue: { values: value.map((v) => ({ stringValue: v })) } } };
  // Not intValue: some versions of Langfuse show it as `{"intValue":"…"}` when it is a text or zero.
  if (typeof value === 'number') return { key, value: { doubleValue: value } };
  if (typeof value === 'boolean') return { key, value: { boolValue: value } };
  return { key, value: { stringValue: value } };
}

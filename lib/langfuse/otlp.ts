import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Pool } from '../pool.ts';
import { FORWARDER } from '../release.ts';
import type { LlmCall } from '../types.ts';
import { type Exchange, exchange, type LangfuseAccess } from './exchange.ts';
import { ACCEPTED, type Answer, MAX_BYTES, type Parcel, type TraceSink, type Write, type Written } from './sink.ts';
import { spanOf } from './span.ts';

const gzipped = promisify(gzip);

/**
 * Langfuse stores every attribute a second time under `metadata.attributes` unless the scope's name starts so
 * (`OtelIngestionProcessor` in langfuse/langfuse).
 */
const SCOPE = 'langfuse-sdk-sls';

const COMMA = 0x2c;
const TAIL = Buffer.from(']}]}]}');
/** Each chunk of zlib's output costs a turn of the event loop; a request makes a few of this size. */
const CHUNK = 256 * 1024;
/**
 * For the JSON text of requests: it is some MB, and needed no longer once it is compressed. Two: while one is compressed,
 * the next is put together. With as many as there are requests in flight, memory would grow with the concurrency.
 */
const TEXTS = new Pool(MAX_BYTES + 64 * 1024, 2);

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
    // Of several requests in flight, each may be answered with 415.
    const zipped = compress;
    const bytes = parcels.reduce((sum, { body }) => sum + body.length + 1, head.length + TAIL.length);
    const body = zipped ? await gzippedJson(head, parcels, bytes) : json(head, parcels, Buffer.allocUnsafe(bytes));
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

function gzippedJson(head: Buffer, parcels: readonly Parcel[], bytes: number): Promise<Buffer> {
  return TEXTS.lend(bytes, (memory) => gzipped(json(head, parcels, memory), { level: 1, chunkSize: CHUNK }));
}

/** The JSON text of a request, at the begin of `memory`. */
function json(head: Buffer, parcels: readonly Parcel[], memory: Buffer): Buffer {
  let at = head.copy(memory);
  for (const { body } of parcels) {
    memory.set(body, at);
    at += body.length;
    memory[at++] = COMMA;
  }
  // In place of the last comma.
  at += TAIL.copy(memory, at - 1);
  return memory.subarray(0, at - 1);
}

function wrap(call: LlmCall, write: Write = Buffer.from): Written {
  const body = write(spanOf(call));
  return { body, bytes: body.length };
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

function attribute(key: string, value: string): unknown {
  return { key, value: { stringValue: value } };
}

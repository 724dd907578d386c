import { type ApiIngestionBatchPayload, type ApiIngestionResponse, Langfuse } from 'langfuse';
import { FORWARDER } from '../release.ts';
import type { CallKey, LlmCall, Observation } from '../types.ts';
import { mergedTrace, observationBody, type TraceBody, traceBody } from './bodies.ts';
import { clean } from './clean.ts';
import type { LangfuseAccess } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';
import {
  ACCEPTED,
  type Answer,
  type Failure,
  MAX_BYTES,
  type Parcel,
  type TraceSink,
  type Verdict,
  type Write,
  type Written,
} from './sink.ts';

type Event = ApiIngestionBatchPayload['batch'][number];

/**
 * The ingestion API through the `langfuse` package's typed client, `POST /api/public/ingestion`: Langfuse 2 and 3. It
 * answers for each event. The package's queue (`trace()`, `generation()`, `flushAsync()`) is not used: it resolves
 * without having sent. `typed` is whether the server knows observations beside spans and generations.
 */
export function ingestionSink(access: LangfuseAccess, typed = false): TraceSink {
  const { host: baseUrl, publicKey, secretKey, timeoutMs } = access;
  const client = new Langfuse({ baseUrl, publicKey, secretKey });
  const send = async (parcels: readonly Parcel[], signal: AbortSignal): Promise<Answer> => {
    // Without a signal of our own a hanging server would keep the call pending for ever.
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const batch = eventsOf(parcels, access);
    try {
      const answer = (await client.api.ingestionBatch(
        { batch, metadata: null },
        // A redirect would turn the POST into a GET, or carry it to another host.
        { signal: limited, redirect: 'manual' },
      )) as ApiIngestionResponse | null;
      return verdictsOf(answer, parcels);
    } catch (error) {
      return { kind: 'failed', failure: await failureOf(error) };
    }
  };
  return {
    name: 'ingestion',
    maxCalls: 50,
    maxBytes: MAX_BYTES,
    wrap: (call, write) => wrap(call, typed, write),
    send,
  };
}

/** The events of one call as JSON text: the trace's and the observation's, without their envelopes. */
function wrap(raw: LlmCall, typed: boolean, write: Write = Buffer.from): Written {
  const call = clean(raw);
  const type = eventType(call.observation, typed);
  const body = write(JSON.stringify({ trace: traceBody(call), type, observation: observationBody(call) }));
  return { body, bytes: body.length + 500 };
}

interface Bodies {
  readonly trace: TraceBody;
  readonly type: string;
  readonly observation: object;
}

/**
 * Of a server older than typed observations, the types that every server has: only a generation has a model and usage.
 */
function eventType({ type, model, usageDetails, costDetails }: Observation, typed: boolean): string {
  if (typed || type === 'generation' || type === 'span') return `${type}-create`;
  const counted = model !== undefined || usageDetails !== undefined || costDetails !== undefined;
  return counted || type === 'embedding' ? 'generation-create' : 'span-create';
}

const traceEventId = (traceId: string) => `${traceId}-trace`;
const observationEventId = ({ trace, observation }: CallKey) => `${trace.id}-${observation.id}`;

function eventsOf(parcels: readonly Parcel[], { environment, release }: LangfuseAccess): Event[] {
  const place = { ...(environment !== undefined && { environment }) };
  const traces = new Map<string, TraceBody>();
  const observations = parcels.map(({ call, body }) => {
    const { trace, type, observation } = JSON.parse(body.toString()) as Bodies;
    // One event a trace and request: those of one id share a stored object.
    traces.set(call.trace.id, mergedTrace(traces.get(call.trace.id), trace));
    const { timestamp } = trace;
    return { id: observationEventId(call), type, timestamp, body: { ...observation, ...place } } as Event;
  });
  const events = [...traces.values()].map((trace) => {
    const metadata = { ...trace.metadata, forwarder: FORWARDER };
    const body = { ...trace, metadata, ...place, ...(release !== undefined && { release }) };
    return { id: traceEventId(trace.id), type: 'trace-create', timestamp: trace.timestamp, body } as Event;
  });
  return [...events, ...observations];
}

function verdictsOf(answer: ApiIngestionResponse | null, parcels: readonly Parcel[]): Answer {
  if (!Array.isArray(answer?.successes) || !Array.isArray(answer.errors)) {
    const message = 'Langfuse answered with success, but not with the list of what it took';
    return { kind: 'failed', failure: { kind: 'unreadable', message } };
  }
  const { successes, errors } = answer;
  if (
    successes.length === 0 &&
    errors.length > 0 &&
    errors.every((error) => /not accepted/i.test(`${error.message} ${error.error}`))
  ) {
    const message = 'this Langfuse takes no ingestion events (LANGFUSE_MIGRATION_V4_WRITE_MODE=events_only)';
    return { kind: 'failed', failure: { kind: 'not-accepted', status: 400, message } };
  }
  const accepted = new Set(successes.map(({ id }) => id));
  const refused = new Map(errors.map((error) => [error.id, error]));
  const verdicts = parcels.map(({ call }): Verdict => {
    const ids = [observationEventId(call), traceEventId(call.trace.id)];
    return ids.every((id) => accepted.has(id)) ? ACCEPTED : refusal(ids.map((id) => refused.get(id)));
  });
  const unauthorised = errors.find(({ status }) => status === 401 || status === 403);
  // Keys that may write scores only: no call is to blame.
  if (unauthorised && accepted.size === 0) {
    const failure: Failure = { kind: 'http', status: unauthorised.status, message: messageOf(unauthorised) };
    return { kind: 'failed', failure };
  }
  return { kind: 'answered', verdicts };
}

type IngestionError = ApiIngestionResponse['errors'][number];

function refusal(errors: readonly (IngestionError | undefined)[]): Verdict {
  const error = errors.find((candidate) => candidate !== undefined);
  if (!error) {
    const message = 'Langfuse answered, but not for this call';
    return { kind: 'again', failure: { kind: 'unreadable', message } };
  }
  const { status } = error;
  const message = messageOf(error);
  if (status >= 500 || status === 429) return { kind: 'again', failure: { kind: 'http', status, message } };
  return { kind: 'refused', status, message };
}

function messageOf({ status, message }: IngestionError): string {
  return `HTTP ${status} ${message ?? ''}`.trim().slice(0, 300);
}

/** The client rejects with the response itself, with a TypeError, or with the abort's reason. */
async function failureOf(error: unknown): Promise<Failure> {
  if (error instanceof Response) {
    await error.body?.cancel().catch(() => undefined);
    const after = retryAfterMs(error.headers.get('retry-after'), Date.now());
    const message = `HTTP ${error.status}`;
    return { kind: 'http', status: error.status, message, ...(after !== undefined && { retryAfterMs: after }) };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TimeoutError' || name === 'AbortError') return { kind: 'timeout', message: 'no answer from Langfuse' };
  return { kind: 'network', message: `Langfuse not reached: ${message.slice(0, 200)}` };
}

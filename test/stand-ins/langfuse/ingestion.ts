import type { Json } from '../../../lib/types.ts';
import { type EventKind, kindOf, type ObservationBody, schemas, type TraceBody } from './events.ts';
import type { Export, ObservationPatch, TracePatch } from './types.ts';
import {
  isObject,
  normaliseCost,
  normaliseEnvironment,
  normaliseUsage,
  readBack,
  readMetadata,
  readTime,
} from './values.ts';
import type { Dialect } from './version.ts';

interface Failure {
  readonly id: string;
  readonly status: number;
  readonly message: string;
  readonly error?: string;
}

/** The answer of a 207, and what is to be stored. */
export interface BatchVerdict {
  readonly successes: readonly { readonly id: string; readonly status: 201 }[];
  readonly errors: readonly Failure[];
  readonly stored: Export;
}

/** How the whole batch is read, whatever is in it. */
export interface BatchContext {
  readonly dialect: Dialect;
  /** With a public key alone, only scores are in scope. */
  readonly scoresOnly: boolean;
  /** Envelope or body ids that a test wants refused. */
  readonly rejectIds: readonly string[];
  /** Unix milliseconds of the arrival. */
  readonly now: number;
}

type Outcome =
  | { readonly kind: 'silent' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | {
      readonly kind: 'stored';
      readonly id: string;
      readonly trace?: TracePatch;
      readonly observation?: ObservationPatch;
    };

/** The events of a batch to their verdicts by envelope id; `unknown` names an event that has none. */
export function readBatch(events: readonly unknown[], context: BatchContext): BatchVerdict {
  const outcomes = events.map((event) => readEvent(isObject(event) ? event : {}, context));
  const stored = outcomes.filter((outcome) => outcome.kind === 'stored');
  return {
    successes: stored.map(({ id }) => ({ id, status: 201 })),
    errors: outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.failure] : [])),
    stored: {
      traces: stored.flatMap(({ trace }) => trace ?? []),
      observations: stored.flatMap(({ observation }) => observation ?? []),
    },
  };
}

function readEvent(event: Record<string, unknown>, context: BatchContext): Outcome {
  const id = typeof event.id === 'string' ? event.id : 'unknown';
  const kind = kindOf(event.type, event.body, context.dialect.old);
  if (kind === undefined) return failed(id, 400, 'Invalid request data', `Unknown event type: ${String(event.type)}`);
  if (kind.kind === 'log') return { kind: 'silent' };
  return (
    refusal(id, kind, event, context) ??
    (kind.kind === 'score' ? { kind: 'stored', id } : accept(id, kind, event, context))
  );
}

function failed(id: string, status: number, message: string, error?: string): Outcome {
  return { kind: 'failed', failure: { id, status, message, ...(error === undefined ? {} : { error }) } };
}

/** Why the event fails before it is stored, in the order in which the server looks. */
function refusal(
  id: string,
  kind: EventKind,
  event: Record<string, unknown>,
  context: BatchContext,
): Outcome | undefined {
  const envelope = schemas.envelope.safeParse(event);
  if (!envelope.success) return failed(id, 400, 'Invalid request data', envelope.error.message);
  if (context.scoresOnly && kind.kind !== 'score')
    return failed(id, 401, 'Authentication error', 'Access Scope Denied');
  if (context.dialect.mode === 'v4-events-only' && kind.kind !== 'score') return notAccepted(id, String(event.type));
  const body = isObject(event.body) ? event.body : {};
  if (context.rejectIds.includes(id) || context.rejectIds.includes(String(body.id))) {
    return failed(id, 400, 'Invalid request data', 'Refused by the stand-in');
  }
  const problem = kind.kind === 'score' ? undefined : breach(kind, event.body, context.dialect);
  return problem === undefined ? undefined : failed(id, 400, 'Invalid request data', problem);
}

function notAccepted(id: string, type: string): Outcome {
  const where = 'by /api/public/ingestion when LANGFUSE_MIGRATION_V4_WRITE_MODE is events_only';
  return failed(id, 400, 'Event type not accepted', `Event type "${type}" is not accepted ${where}.`);
}

function breach(kind: EventKind, body: unknown, dialect: Dialect): string | undefined {
  const result = schemaOf(kind).safeParse(body);
  if (!result.success) return result.error.message;
  if (kind.kind === 'trace' || !dialect.strictUsage || dialect.old) return undefined;
  return schemas.strictUsage.safeParse(body).error?.message;
}

function schemaOf(kind: EventKind): typeof schemas.trace | typeof schemas.span | typeof schemas.generation {
  if (kind.kind === 'trace') return schemas.trace;
  return kind.kind === 'observation' && ['SPAN', 'EVENT'].includes(kind.type) ? schemas.span : schemas.generation;
}

/** The schema strips unknown keys; an event without `body.id` is answered 201 and discarded. */
function accept(id: string, kind: EventKind, event: Record<string, unknown>, context: BatchContext): Outcome {
  const body = schemaOf(kind).parse(event.body);
  if (body.id === undefined || body.id === null) return { kind: 'stored', id };
  const eventTime = readTime(event.timestamp) ?? context.now;
  if (kind.kind === 'trace') return { kind: 'stored', id, trace: tracePatch(body.id, body as TraceBody, eventTime) };
  const type = kind.kind === 'observation' ? kind.type : 'SPAN';
  const observation = observationPatch(body.id, type, body as ObservationBody, eventTime);
  return { kind: 'stored', id, observation: context.dialect.old ? strip(observation) : observation };
}

function tracePatch(id: string, body: TraceBody, eventTime: number): TracePatch {
  return {
    id,
    eventTime,
    timestamp: readTime(body.timestamp) ?? eventTime,
    name: body.name ?? undefined,
    userId: body.userId ?? undefined,
    sessionId: body.sessionId ?? undefined,
    tags: body.tags ?? undefined,
    environment: normaliseEnvironment(body.environment),
    release: body.release ?? undefined,
    version: body.version ?? undefined,
    public: body.public ?? undefined,
    metadata: readMetadata(body.metadata),
    input: value(body.input),
    output: value(body.output),
  };
}

function observationPatch(id: string, type: string, body: ObservationBody, eventTime: number): ObservationPatch {
  const startTime = readTime(body.startTime);
  const endTime = readTime(body.endTime);
  return {
    id,
    traceId: body.traceId ?? id,
    type,
    eventTime,
    startTime,
    endTime: endTime === undefined ? undefined : Math.max(endTime, startTime ?? endTime),
    completionStartTime: readTime(body.completionStartTime),
    parentObservationId: body.parentObservationId ?? undefined,
    name: body.name ?? undefined,
    level: body.level ?? undefined,
    statusMessage: body.statusMessage ?? undefined,
    model: body.model ?? undefined,
    modelParameters: body.modelParameters ?? undefined,
    input: value(body.input),
    output: value(body.output),
    usageDetails: usage(body),
    costDetails: isObject(body.costDetails) ? normaliseCost(body.costDetails, false) : undefined,
    metadata: readMetadata(body.metadata),
    environment: normaliseEnvironment(body.environment),
    version: body.version ?? undefined,
    promptName: body.promptName ?? undefined,
    promptVersion: body.promptVersion ?? undefined,
  };
}

/** `usage` of the older shape, overridden by the same-named `usageDetails`. */
function usage({ usage: old, usageDetails }: ObservationBody): Record<string, number> | undefined {
  if (!isObject(old) && !isObject(usageDetails)) return undefined;
  const named = {
    input: old?.input ?? old?.promptTokens,
    output: old?.output ?? old?.completionTokens,
    total: old?.total ?? old?.totalTokens,
  };
  return normaliseUsage({ ...named, ...(isObject(usageDetails) ? usageDetails : {}) });
}

/** Versions up to 3.0 know only the older `usage`. */
function strip(observation: ObservationPatch): ObservationPatch {
  const { input, output, total } = observation.usageDetails ?? {};
  return {
    ...observation,
    usageDetails: normaliseUsage({ input, output, total }),
    costDetails: {},
    environment: 'default',
  };
}

function value(raw: unknown): Json | undefined {
  return raw === undefined || raw === null ? undefined : readBack(raw as Json);
}

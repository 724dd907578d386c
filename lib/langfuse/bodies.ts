import type { Json, LlmCall } from '../types.ts';
import { metadataEntries, wellFormedJson } from './clean.ts';

/** A trace as the ingestion API takes it. */
export interface TraceBody {
  readonly id: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, Json>>;
  readonly [field: string]: Json | readonly string[] | Readonly<Record<string, Json>> | undefined;
}

/** What a call says of its trace. What was asked and answered is the root's to say. */
export function traceBody({ trace, observation }: LlmCall): TraceBody {
  const root = observation.parentId === undefined;
  return {
    id: trace.id,
    timestamp: iso(observation.startTime),
    name: trace.name,
    userId: trace.userId,
    sessionId: trace.sessionId,
    tags: [...trace.tags],
    metadata: metadataOf(trace),
    input: root ? json(observation.input) : undefined,
    output: root ? json(observation.output) : undefined,
  };
}

/** What two calls say of their trace: of each field what the later one says, if it says anything. */
export function mergedTrace(before: TraceBody | undefined, after: TraceBody): TraceBody {
  if (!before) return after;
  return {
    ...before,
    ...after,
    timestamp: before.timestamp < after.timestamp ? before.timestamp : after.timestamp,
    tags: [...new Set([...before.tags, ...after.tags])],
    metadata: { ...before.metadata, ...after.metadata },
  };
}

/** A call's observation as the ingestion API takes it. */
export function observationBody({ trace, observation: o }: LlmCall): Record<string, Json | undefined> {
  return {
    id: o.id,
    traceId: trace.id,
    parentObservationId: o.parentId,
    name: o.name,
    startTime: iso(o.startTime),
    endTime: iso(o.endTime),
    completionStartTime: o.completionStartTime === undefined ? undefined : iso(o.completionStartTime),
    model: o.model,
    modelParameters: o.modelParameters && flat(o.modelParameters),
    input: json(o.input),
    output: json(o.output),
    metadata: metadataOf(trace),
    level: o.level,
    statusMessage: o.statusMessage,
    usageDetails: o.usageDetails,
    // Langfuse 2 and 3.0 know no usageDetails and strip them.
    usage: o.usageDetails && { ...pick(o.usageDetails, ['input', 'output', 'total']), unit: 'TOKENS' },
    costDetails: o.costDetails,
  };
}

function metadataOf(trace: LlmCall['trace']): Record<string, Json> {
  return Object.fromEntries(metadataEntries(trace.metadata).map(([key, value]) => [key, wellFormedJson(value)]));
}

function json(value: Json | undefined): Json | undefined {
  return value === undefined ? undefined : wellFormedJson(value);
}

/** Model parameters must be scalars or lists of texts; the rest is refused unless it is written as text. */
function flat(parameters: Readonly<Record<string, Json>>): Record<string, Json> {
  const scalar = (value: Json) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value);
  return Object.fromEntries(metadataEntries(parameters).map(([key, value]) => [key, wellFormedJson(scalar(value))]));
}

function pick(from: Readonly<Record<string, number>>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

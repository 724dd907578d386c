import type { Json, JsonObject } from '../../../lib/types.ts';
import { type Attributes, first, object, readAttributes, text, under } from './attributes.ts';
import type { ObservationPatch, TracePatch } from './types.ts';
import {
  isObject,
  normaliseCost,
  normaliseEnvironment,
  normaliseUsage,
  readMetadata,
  readText,
  readTime,
} from './values.ts';

const O = 'langfuse.observation';
const T = 'langfuse.trace';
const TYPES = 'span generation event embedding agent tool chain retriever guardrail evaluator'.split(' ');
const LEVELS = ['DEBUG', 'DEFAULT', 'WARNING', 'ERROR'];
/** v4 reads other loggers' words for a level. */
const LEVEL_WORDS: Readonly<Record<string, string>> = { WARN: 'WARNING', INFO: 'DEFAULT', FATAL: 'ERROR' };

/** One span with what stands around it. */
export interface SpanInContext {
  readonly span: Readonly<Record<string, unknown>>;
  readonly resource: Attributes;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly v4: boolean;
  /** Unix milliseconds of the arrival. */
  readonly now: number;
}

interface Read extends SpanInContext {
  readonly attributes: Attributes;
}

/**
 * One OTLP span as Langfuse converts it (Langfuse contract, section 3). On v3 either half may be undefined: a value that
 * the worker refuses loses the observation, a trace name of more than 1000 characters loses the trace, silently.
 */
export function readSpan(context: SpanInContext): { observation?: ObservationPatch; trace?: TracePatch } {
  const read = { ...context, attributes: readAttributes(context.span.attributes) };
  const trace = readTrace(read);
  const lost = !context.v4 && isLostOnV3(read);
  const keepTrace = context.v4 || (trace.name ?? '').length <= 1000;
  return { ...(lost ? {} : { observation: readObservation(read, trace) }), ...(keepTrace ? { trace } : {}) };
}

function isLostOnV3({ attributes, span }: Read): boolean {
  const message = first(attributes, `${O}.status_message`) ?? (isObject(span.status) ? span.status.message : undefined);
  const completion = first(attributes, `${O}.completion_start_time`);
  const level = first(attributes, `${O}.level`);
  const named = first(attributes, `${O}.prompt.name`) !== undefined;
  return (
    (message !== undefined && message !== null && typeof message !== 'string') ||
    (completion !== undefined && readTime(completion) === undefined) ||
    (level !== undefined && !LEVELS.includes(String(level))) ||
    (named && !Number.isInteger(first(attributes, `${O}.prompt.version`)))
  );
}

function readTrace({ attributes, resource, span, v4, now }: Read): TracePatch {
  const root = !span.parentSpanId && !v4;
  return {
    id: String(span.traceId),
    eventTime: now,
    timestamp: times(span, now).startTime,
    name: text(attributes, `${T}.name`) ?? (root ? asText(span.name) : undefined),
    ...person(attributes),
    environment: environment(attributes, resource),
    release: text(attributes, 'langfuse.release') ?? text(resource, 'langfuse.release'),
    version: text(attributes, 'langfuse.version') ?? text(resource, 'service.version'),
    public: first(attributes, `${T}.public`) === undefined ? undefined : first(attributes, `${T}.public`) === true,
    metadata: readMetadata({ ...object(attributes, `${T}.metadata`), ...under(attributes, `${T}.metadata`) }),
    input: payload(attributes, `${T}.input`) ?? (root ? payload(attributes, `${O}.input`) : undefined),
    output: payload(attributes, `${T}.output`) ?? (root ? payload(attributes, `${O}.output`) : undefined),
  };
}

function readObservation(read: Read, trace: TracePatch): ObservationPatch {
  const { attributes, span, v4, now } = read;
  const model = text(attributes, `${O}.model.name`, 'gen_ai.response.model', 'gen_ai.request.model');
  const parent = asText(span.parentSpanId);
  return {
    id: String(span.spanId),
    traceId: trace.id,
    eventTime: now,
    type: type(attributes, model),
    ...times(span, now),
    ...(parent ? { parentObservationId: parent } : {}),
    name: asText(span.name),
    level: level(read),
    statusMessage: statusMessage(read),
    model,
    modelParameters: parameters(attributes),
    completionStartTime: readTime(first(attributes, `${O}.completion_start_time`)),
    input: payload(attributes, `${O}.input`, 'input.value'),
    output: payload(attributes, `${O}.output`, 'output.value'),
    usageDetails: normaliseUsage(object(attributes, `${O}.usage_details`)),
    costDetails: normaliseCost(object(attributes, `${O}.cost_details`), v4),
    metadata: metadata(read),
    ...prompt(attributes),
    ...shared(trace),
  };
}

/** v4 stores no trace entity: each of its rows repeats what belongs to the trace. */
function shared(trace: TracePatch): Partial<ObservationPatch> {
  const { environment, version, release, name, userId, sessionId, tags } = trace;
  return { environment, version, release, traceName: name, userId, sessionId, tags };
}

function person(attributes: Attributes): Pick<TracePatch, 'userId' | 'sessionId' | 'tags'> {
  const tags = first(attributes, `${T}.tags`, 'langfuse.tags');
  return {
    userId: text(attributes, 'langfuse.user.id', 'user.id'),
    sessionId: text(attributes, 'langfuse.session.id', 'session.id', 'gen_ai.conversation.id'),
    ...(Array.isArray(tags) ? { tags: tags.map(String) } : {}),
  };
}

function environment(attributes: Attributes, resource: Attributes): string {
  const keys = ['langfuse.environment', 'deployment.environment.name', 'deployment.environment'];
  return normaliseEnvironment(first(attributes, ...keys) ?? first(resource, ...keys));
}

function type(attributes: Attributes, model: string | undefined): string {
  const named = first(attributes, `${O}.type`);
  if (typeof named === 'string' && TYPES.includes(named)) return named.toUpperCase();
  return model === undefined ? 'SPAN' : 'GENERATION';
}

function level({ attributes, span }: Read): string {
  const named = String(first(attributes, `${O}.level`) ?? '');
  if (LEVELS.includes(named)) return named;
  if (named !== '') return LEVEL_WORDS[named.toUpperCase()] ?? 'DEFAULT';
  const code = isObject(span.status) ? span.status.code : undefined;
  return code === 2 || code === 'STATUS_CODE_ERROR' ? 'ERROR' : 'DEFAULT';
}

function statusMessage({ attributes, span }: Read): string | undefined {
  const status = isObject(span.status) ? span.status.message : undefined;
  return (
    text(attributes, `${O}.status_message`) ?? (status === undefined || status === '' ? undefined : asText(status))
  );
}

function parameters(attributes: Attributes): JsonObject | undefined {
  const read = object(attributes, `${O}.model.parameters`);
  if (read === undefined) return undefined;
  return Object.fromEntries(Object.entries(read).map(([k, v]) => [k, isNested(v) ? JSON.stringify(v) : (v as Json)]));
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function prompt(attributes: Attributes): Pick<ObservationPatch, 'promptName' | 'promptVersion'> {
  const version = first(attributes, `${O}.prompt.version`);
  return {
    promptName: text(attributes, `${O}.prompt.name`),
    ...(typeof version === 'number' ? { promptVersion: version } : {}),
  };
}

function metadata({ attributes, resource, scope, v4 }: Read): JsonObject {
  const own = readMetadata({ ...object(attributes, `${O}.metadata`), ...under(attributes, `${O}.metadata`) });
  const copied = [...attributes].filter(([key]) => (v4 ? isCopied(key, scope) : !key.startsWith('langfuse.')));
  return {
    ...own,
    ...(copied.length === 0 ? {} : { attributes: Object.fromEntries(copied) }),
    resourceAttributes: Object.fromEntries(resource),
    scope: { name: (scope.name ?? null) as Json, version: (scope.version ?? null) as Json },
  };
}

/** v4 stores every attribute but input and output a second time, unless the scope says that its own SDK sent it. */
function isCopied(key: string, scope: Readonly<Record<string, unknown>>): boolean {
  return !String(scope.name ?? '').startsWith('langfuse-sdk') && key !== `${O}.input` && key !== `${O}.output`;
}

function payload(attributes: Attributes, ...keys: readonly string[]): Json | undefined {
  const value = first(attributes, ...keys);
  return typeof value === 'string' ? readText(value) : value;
}

/** Floored to the millisecond; a missing edge becomes the other one, or now; an end before the start reads as the start. */
function times(span: Readonly<Record<string, unknown>>, now: number): { startTime: number; endTime: number } {
  const start = nanos(span.startTimeUnixNano);
  const end = nanos(span.endTimeUnixNano);
  const startTime = start ?? end ?? now;
  return { startTime, endTime: Math.max(startTime, end ?? startTime) };
}

function nanos(value: unknown): number | undefined {
  if (typeof value === 'number' && value > 0) return Math.floor(value / 1e6);
  return typeof value === 'string' && /^[1-9]\d*$/.test(value) ? Number(BigInt(value) / 1_000_000n) : undefined;
}

function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

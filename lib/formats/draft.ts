import type {
  Facets,
  Json,
  JsonObject,
  Level,
  LlmCall,
  Observation,
  ObservationType,
  Reading,
  SkipReason,
  Trace,
} from '../types.ts';
import { withoutMedia } from './bodies/media.ts';
import type { CallTimes } from './values/call-times.ts';
import { presentWithoutSecrets } from './values/secrets.ts';
import { bucketsOf, type StatedUsage, type Usage } from './values/usage.ts';

/**
 * What a format's reader found in a record: the format's own facts, not yet brought into the one shape. What is absent or
 * says nothing is left out of the call.
 */
export interface Draft {
  /** 32 and 16 lower-case hex digits. */
  readonly traceId: string;
  readonly observationId: string;
  readonly parentId?: string | undefined;
  readonly type: ObservationType;
  /** The observation's name, and the trace's unless that has one of its own. */
  readonly name: string;
  readonly traceName?: string | undefined;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
  /** Beside the format's name. */
  readonly tags?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly modelParameters?: Readonly<JsonObject> | undefined;
  readonly input?: Json | undefined;
  readonly output?: Json | undefined;
  readonly usage?: StatedUsage | undefined;
  /** Amounts of money by bucket, with `total`. */
  readonly costDetails?: Readonly<Record<string, number>> | undefined;
  readonly level: Level;
  readonly statusMessage?: string | undefined;
  readonly times: CallTimes;
  /** Everything else that the record says; keys, cookies and the like are taken out of it here. */
  readonly metadata: Readonly<JsonObject>;
  readonly route?: string | undefined;
  readonly consumer?: string | undefined;
  readonly status?: number | undefined;
  /** Request path, without its query. */
  readonly path?: string | undefined;
}

/** What a reader made of a record of its format. */
export type Found =
  | { readonly kind: 'draft'; readonly draft: Draft }
  | { readonly kind: 'skip'; readonly reason: SkipReason }
  | Extract<Reading, { kind: 'reject' }>;

export function drafted(draft: Draft): Found {
  return { kind: 'draft', draft };
}

export function skipped(reason: SkipReason): Found {
  return { kind: 'skip', reason };
}

export function unreadable(message: string): Extract<Reading, { kind: 'reject' }> {
  return { kind: 'reject', why: { why: 'unreadable', message } };
}

/**
 * The call that a draft stands for: usage in Langfuse's buckets, metadata without secrets, marks instead of base64, and
 * nothing empty. `recordTime` is the log's, in Unix seconds.
 */
export function callOf(draft: Draft, format: string, recordTime: number, keepMedia = false): LlmCall {
  const { type, name, level, times, traceName = name, tags = [] } = draft;
  const usage = bucketsOf(draft.usage ?? {});
  const content = (value: Json | undefined) => (value === undefined || keepMedia ? value : withoutMedia(value));
  const trace: Filling<Trace> = {
    id: draft.traceId,
    name: traceName,
    tags: [...new Set([format, ...tags])],
    metadata: metadataOf(draft, usage, recordTime),
  };
  const observation: Filling<Observation> = { id: draft.observationId, type, name, level, ...times };
  fill(trace, 'userId', draft.userId);
  fill(trace, 'sessionId', draft.sessionId);
  fill(observation, 'parentId', draft.parentId);
  fill(observation, 'model', draft.model);
  fill(observation, 'modelParameters', draft.modelParameters);
  fill(observation, 'input', content(draft.input));
  fill(observation, 'output', content(draft.output));
  fill(observation, 'usageDetails', usage.details);
  fill(observation, 'costDetails', draft.costDetails);
  fill(observation, 'statusMessage', draft.statusMessage);
  return { trace, observation };
}

export function facetsOf({ route, consumer, status, path }: Draft, format: string): Facets {
  const facets: Filling<Facets> = { format };
  fill(facets, 'route', route);
  fill(facets, 'consumer', consumer);
  fill(facets, 'status', status);
  fill(facets, 'path', path);
  return facets;
}

/** While it is put together: copied field by field, a call would cost twice as much. */
type Filling<T> = { -readonly [K in keyof T]: T[K] };

function fill<T, K extends keyof T>(owner: T, key: K, value: T[K] | undefined): void {
  const empty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  if (!empty) owner[key] = value;
}

/** Not copied where nothing is added: with some thirty names, a copy would cost as much as reading the line. */
function metadataOf({ metadata, times }: Draft, { leftover }: Usage, recordTime: number): Readonly<JsonObject> {
  const shown = presentWithoutSecrets(metadata);
  const added = { ...presentWithoutSecrets(leftover), ...ahead(times, recordTime) };
  return Object.keys(added).length > 0 ? Object.assign(Object.create(null), shown, added) : shown;
}

const HOUR = 3_600_000;

/** A start that lies after the log itself is kept, and said: some clock was wrong. */
function ahead({ startTime }: CallTimes, recordTime: number): JsonObject {
  const ms = startTime - recordTime * 1000;
  return recordTime > 0 && ms > HOUR ? { starts_after_its_log_ms: ms } : {};
}

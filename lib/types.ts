/**
 * Every noun that flows through the forwarder. No code: read this first.
 *
 * SLS trigger event -> CursorRange -> pages of LogRecords -> Reading -> LlmCall -> Langfuse
 *                                                   skip (counted)   |-> Letter -> OSS
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The half-open range `[begin, end)` of one shard that an invocation has to account for. Cursors are opaque text. */
export interface CursorRange {
  readonly endpoint: string;
  readonly project: string;
  readonly logstore: string;
  readonly shard: number;
  readonly begin: string;
  readonly end: string;
}

/** Where a record stood in its page. Never part of an identity: another paging moves it. */
export interface Position {
  readonly cursor: string;
  readonly group: number;
  readonly index: number;
}

/** One log as SLS stores it. */
export interface LogRecord {
  /** The log's own fields, in their order; of a repeated key the last value. */
  readonly fields: ReadonlyMap<string, string>;
  /** `__time__`, Unix seconds; 0 when the record carries none. */
  readonly time: number;
  /** `__time_ns_part__`, nanoseconds within that second. */
  readonly timeNs?: number;
  readonly source: string;
  readonly topic: string;
  /** `__tag__:*` without that prefix. */
  readonly tags: ReadonlyMap<string, string>;
  /** Base64 of the values that are not UTF-8 and that `fields` can only show with replacement characters. */
  readonly undecodable?: ReadonlyMap<string, string>;
  readonly position?: Position;
}

/**
 * The records of a page in their order; an array is such. Those of PullLogs are read out of the page's bytes each time that
 * they are asked for: what has been read need not be held.
 */
export interface LogRecords extends Iterable<LogRecord> {
  readonly length: number;
  at(index: number): LogRecord | undefined;
}

/** One answer of PullLogs. */
export interface LogPage {
  /** The cursor it was asked for. */
  readonly cursor: string;
  /** The cursor after it. */
  readonly next: string;
  readonly records: LogRecords;
  /** Decompressed size in bytes. */
  readonly bytes: number;
  /** To be called when its records are not needed any more: the memory that they stand in is used again. */
  readonly release?: () => void;
  /** The position of the first log group, where SLS tells it. */
  readonly first?: bigint;
  /** Logs that SLS_QUERY failed on: SLS does not hand them over. */
  readonly failedLines?: number;
}

/** A page that was answered but cannot be read: it becomes a range letter and the pull goes on behind it. */
export interface BrokenPage {
  readonly cursor: string;
  readonly next: string;
  readonly broken: string;
}

/** Why a record is no call (the first three), or one that the settings leave out. */
export type SkipReason = 'non_ai' | 'mcp' | 'unparsable' | 'not_included' | 'excluded' | 'sampled_out';

/** What a record turned out to be. */
export type Reading =
  | { readonly kind: 'call'; readonly call: LlmCall; readonly facets: Facets }
  | { readonly kind: 'skip'; readonly reason: SkipReason }
  | { readonly kind: 'reject'; readonly why: Unreadable };

export type Level = 'DEBUG' | 'DEFAULT' | 'WARNING' | 'ERROR';
export type ObservationType =
  | 'generation'
  | 'embedding'
  | 'retriever'
  | 'span'
  | 'tool'
  | 'agent'
  | 'chain'
  | 'guardrail'
  | 'evaluator';

export interface Trace {
  /** 32 lower-case hex digits. */
  readonly id: string;
  readonly name: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<JsonObject>;
}

export interface Observation {
  /** 16 lower-case hex digits. */
  readonly id: string;
  readonly parentId?: string;
  readonly type: ObservationType;
  readonly name: string;
  readonly model?: string;
  readonly modelParameters?: Readonly<JsonObject>;
  readonly input?: Json;
  readonly output?: Json;
  /** Token counts in Langfuse's exclusive buckets, with `total`. */
  readonly usageDetails?: Readonly<Record<string, number>>;
  readonly costDetails?: Readonly<Record<string, number>>;
  readonly level: Level;
  readonly statusMessage?: string;
  /** Unix milliseconds, whole. */
  readonly startTime: number;
  readonly endTime: number;
  readonly completionStartTime?: number;
}

/** One LLM call, whatever gateway logged it. Holds no detail of a wire format. */
export interface LlmCall {
  readonly trace: Trace;
  readonly observation: Observation;
  /** The Langfuse project that it goes to, by the name of its route; absent: the default one. */
  readonly destination?: string;
}

/** Which call it is, as Langfuse tells calls apart, and where it goes. */
export interface CallKey {
  readonly trace: Pick<Trace, 'id'>;
  readonly observation: Pick<Observation, 'id' | 'startTime'>;
  /** As in {@link LlmCall}. */
  readonly destination?: string;
}

/** What a call is selected, named and routed by, beside what it shows. */
export interface Facets {
  readonly format: string;
  readonly route?: string;
  readonly consumer?: string;
  /** HTTP status; 0 when the gateway had none to give. */
  readonly status?: number;
  /** Request path, without its query. */
  readonly path?: string;
}

export interface Unreadable {
  readonly why: 'unreadable';
  readonly message: string;
}

/** What makes a call the same one, however it is read, and where it belongs. */
export interface Identity {
  readonly traceId: string;
  readonly observationId: string;
  /** As in {@link LlmCall}. */
  readonly destination?: string;
}

/** Why a record became a dead letter. */
export type Rejection =
  | Unreadable
  | { readonly why: 'oversize'; readonly message: string }
  | { readonly why: 'refused'; readonly message: string; readonly status?: number; readonly attempts: number }
  | { readonly why: 'unavailable'; readonly message: string; readonly status?: number; readonly attempts: number };

export type RangeReason = 'deadline' | 'outage' | 'refused' | 'pull' | 'broken-page' | 'expired';

/** Where a letter comes from; it tells apart what the same record content would not. */
export interface Origin {
  readonly project: string;
  readonly logstore: string;
  readonly shard: number;
  readonly position?: Position;
}

interface LetterBase {
  /** The invocation that wrote it. */
  readonly requestId: string;
  /** How often it was replayed in vain. */
  readonly replays: number;
  /** Unix milliseconds. */
  readonly firstFailedAt: number;
  readonly lastFailedAt: number;
}

/** What was read and could not be delivered. */
export interface RecordLetter extends LetterBase {
  readonly kind: 'record';
  readonly rejection: Rejection;
  readonly origin: Origin;
  readonly record: LogRecord;
  /** Of the call, where `record` was redacted: what it says now may be another's. */
  readonly identity?: Identity;
}

/** What could not be read, or was not any more. */
export interface RangeLetter extends LetterBase {
  readonly kind: 'range';
  readonly reason: RangeReason;
  readonly message: string;
  readonly range: CursorRange;
}

export type Letter = RecordLetter | RangeLetter;

/** What an invocation did with what it read: `read = delivered + skipped + lettered`. */
export interface Receipt {
  readonly read: number;
  readonly delivered: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly lettered: Readonly<Record<string, number>>;
  /** Range letters written: parts of the range that were not read. */
  readonly ranges: number;
  readonly pages: number;
  /** Decompressed bytes pulled. */
  readonly bytes: number;
  /** Milliseconds between the arrival of the range's last log and the end of the invocation. */
  readonly lagMs: number;
  readonly ms: number;
  readonly requestId: string;
  /** Of the calls read, what became of those of each Langfuse project, where there are several. */
  readonly destinations?: { readonly [name: string]: DestinationReceipt };
  /** Logs that SLS_QUERY failed on and that SLS therefore kept back. */
  readonly failedLines?: number;
  /** Positions before the first log that the shard no longer held: past the retention, or a hole that SLS left. */
  readonly gap?: { readonly from: string; readonly to: string };
}

/** `read = delivered + lettered`. */
export type DestinationReceipt = {
  readonly read: number;
  readonly delivered: number;
  readonly lettered: Readonly<Record<string, number>>;
};

/** Credentials as Function Compute hands them over with each invocation. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** A point in time and a way to wait, passed in so that tests need neither. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

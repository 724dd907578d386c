import type { Failure } from '../../lib/langfuse/sink.ts';
import type { BrokenPage, Letter, LogRecord, Receipt } from '../../lib/types.ts';
import type { RecordKind } from './records.ts';

/** What one page holds; of a repeated number the line comes twice. */
export interface PagePlan {
  readonly kind: 'records' | 'broken' | 'fails';
  readonly records: readonly { readonly n: number; readonly kind: RecordKind }[];
  /** Milliseconds until it is there. */
  readonly ms: number;
}

/** What one request to Langfuse meets. */
export interface SendPlan {
  readonly fault:
    | 'ok'
    | 'stored-reset'
    | 'reset'
    | 'busy'
    | 'garbled'
    | 'again'
    | 'too-large'
    | 'keys'
    | 'not-accepted';
  readonly ms: number;
}

export interface Plan {
  readonly pages: readonly PagePlan[];
  readonly sends: readonly SendPlan[];
  /** Call numbers that Langfuse refuses. */
  readonly bad: readonly number[];
  /** Whether a bad call is named (ingestion) or takes its whole request along (OTLP). */
  readonly named: boolean;
  readonly mergesLate: boolean;
  /** Of the puts of letters, in order; what comes after them works. */
  readonly puts: readonly boolean[];
  readonly pullMs: number;
  readonly sendMs: number;
}

/** Everything that happened, for laws to be held against it. */
export interface Outcome {
  readonly result: { readonly receipt: Receipt } | { readonly error: unknown };
  /** The records of every page that was handed over. */
  readonly read: readonly LogRecord[];
  /** Cursors from which nothing was handed over. */
  readonly unread: { readonly begin: string; readonly end: string } | undefined;
  readonly broken: readonly BrokenPage[];
  readonly letters: readonly Letter[];
  /** How often Langfuse has each row. */
  readonly rows: ReadonlyMap<string, number>;
  readonly refusedPuts: readonly string[];
  /** Broken promises seen on the way, in words. */
  readonly breaches: readonly string[];
  readonly lines: readonly string[];
}

export const BUSY: Failure = { kind: 'http', status: 503, message: 'HTTP 503' };
/** What becomes of a request that is not answered. */
export const FAILURES: Readonly<Partial<Record<SendPlan['fault'], Failure>>> = {
  'stored-reset': { kind: 'network', message: 'reset' },
  reset: { kind: 'network', message: 'reset' },
  busy: { kind: 'http', status: 429, message: 'HTTP 429', retryAfterMs: 2000 },
  garbled: { kind: 'unreadable', message: 'HTTP 200' },
  'too-large': { kind: 'http', status: 413, message: 'HTTP 413' },
  keys: { kind: 'http', status: 401, message: 'HTTP 401' },
  'not-accepted': { kind: 'not-accepted', status: 400, message: 'events_only' },
};

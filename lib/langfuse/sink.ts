import type { HeldCall } from '../held-call.ts';
import type { LlmCall } from '../types.ts';

/** What a transport sends of a call. */
export interface Written {
  /** JSON text in UTF-8. */
  readonly body: Buffer;
  /** What it takes of a request. */
  readonly bytes: number;
}

/** Turns a text into its UTF-8 bytes. */
export type Write = (text: string) => Buffer;

/** A call in the form in which a transport sends it. */
export interface Parcel extends Written {
  readonly call: HeldCall;
}

/** Why a request was not answered for. `retryAfterMs` is what the server asked for. */
export interface Failure {
  readonly kind: 'network' | 'timeout' | 'unreadable' | 'http' | 'not-accepted';
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly message: string;
}

/** What Langfuse said of one call. `again`: it has to be sent once more. */
export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly status?: number; readonly message: string }
  | { readonly kind: 'again'; readonly failure: Failure };

/** The outcome of one request: a verdict for each parcel in its order, or one failure for all of them. */
export type Answer =
  | { readonly kind: 'answered'; readonly verdicts: readonly Verdict[] }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** One of the two ways into Langfuse. */
export interface TraceSink {
  readonly name: 'otlp' | 'ingestion';
  readonly maxCalls: number;
  /** UTF-8 bytes of a request before compression. */
  readonly maxBytes: number;
  /** Writes a call down, by `write` where that is given. Throws a RangeError for a value nested too deep to be written. */
  wrap(call: LlmCall, write?: Write): Written;
  /** Sends one request and waits for its whole answer. Never rejects. */
  send(parcels: readonly Parcel[], signal: AbortSignal): Promise<Answer>;
}

/**
 * Of what a request carries, before compression: with what stands around it, below the 3 MB that Langfuse recommends for
 * the ingestion API and takes by OTLP.
 */
export const MAX_BYTES = 2_950_000;

export const ACCEPTED: Verdict = { kind: 'accepted' };

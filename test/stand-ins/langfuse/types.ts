import type { Json, JsonObject } from '../../../lib/types.ts';

/** `v3` stores both transports; `v4-events-only` refuses the ingestion API; `v4-dual` takes both. */
export type LangfuseMode = 'v3' | 'v4-events-only' | 'v4-dual';
export type Transport = 'otlp' | 'ingestion';

export interface LangfuseOptions {
  /** What `/api/public/health` says; default 3.225.4, the last v3. */
  readonly version?: string;
  /** Default: from the version, `v3` below 4 and `v4-events-only` from 4 on. */
  readonly mode?: LangfuseMode;
  readonly publicKey?: string;
  readonly secretKey?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Milliseconds until the read API shows what was stored; default 0. */
  readonly storeDelayMs?: number;
  /** Unix milliseconds; default the machine's clock. */
  readonly now?: () => number;
}

/** One observation, whichever transport brought it. Times are Unix milliseconds, the type is upper case as the API shows it. */
export interface StoredObservation {
  readonly id: string;
  readonly traceId: string;
  readonly type: string;
  readonly startTime: number;
  readonly endTime?: number | undefined;
  readonly completionStartTime?: number | undefined;
  readonly parentObservationId?: string | undefined;
  readonly name?: string | undefined;
  readonly level: string;
  readonly statusMessage?: string | undefined;
  readonly model?: string | undefined;
  readonly modelParameters?: JsonObject | undefined;
  /** Parsed when the stored text is JSON. */
  readonly input?: Json | undefined;
  readonly output?: Json | undefined;
  readonly usageDetails: Readonly<Record<string, number>>;
  readonly costDetails: Readonly<Record<string, number>>;
  readonly metadata: JsonObject;
  readonly environment: string;
  readonly version?: string | undefined;
  readonly promptName?: string | undefined;
  readonly promptVersion?: number | undefined;
  readonly traceName?: string | undefined;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly release?: string | undefined;
  readonly tags: readonly string[];
}

export interface StoredTrace {
  readonly id: string;
  /** Unix milliseconds. */
  readonly timestamp: number;
  readonly name?: string | undefined;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
  readonly environment: string;
  readonly release?: string | undefined;
  readonly version?: string | undefined;
  readonly public?: boolean | undefined;
  readonly input?: Json | undefined;
  readonly output?: Json | undefined;
}

type Loose<T, K extends keyof T> = { readonly [P in K]: T[P] } & {
  readonly [P in Exclude<keyof T, K>]?: T[P] | undefined;
};

/** What one event or span says; what it leaves out, another send of the same id may say. */
export type ObservationPatch = Loose<StoredObservation, 'id' | 'traceId' | 'type'> & { readonly eventTime: number };
export type TracePatch = Loose<StoredTrace, 'id'> & { readonly eventTime: number };

/** What one request carried that is to be stored. */
export interface Export {
  readonly observations: readonly ObservationPatch[];
  readonly traces: readonly TracePatch[];
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** As received, `authorization` included: compare, never print. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes on the wire, before decompression. */
  readonly bytes: number;
  readonly gzip: boolean;
  readonly transport?: Transport;
  /** 1 for the first ingestion request over either transport; 0 for any other request. */
  readonly number: number;
  /** Observation and trace ids (`body.id`) or span ids, in order. */
  readonly ids: readonly string[];
  /** Envelope ids of the ingestion API, in order. */
  readonly eventIds: readonly string[];
  /** Spans or events in it. */
  readonly count: number;
  readonly startedAt: number;
  /** Absent while the answer is outstanding. */
  status?: number;
  endedAt?: number;
}

/** What a test may let go wrong. `stored` says whether the data was taken before the answer failed; default false. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'reject-ids'; readonly ids: readonly string[] }
  | { readonly kind: 'empty-2xx'; readonly stored?: boolean }
  | { readonly kind: 'html-2xx'; readonly stored?: boolean }
  | { readonly kind: 'stall-body'; readonly stored?: boolean }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'stored-then-reset' }
  | { readonly kind: 'stored-then-hang' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface FaultRequest {
  readonly path: string;
  readonly method: string;
  readonly number: number;
  readonly ids: readonly string[];
}

export interface LangfuseStandIn {
  readonly url: string;
  readonly publicKey: string;
  readonly secretKey: string;
  close(): Promise<void>;
  /** Everything stored, at once and merged as the version merges. */
  observations(): StoredObservation[];
  traces(): StoredTrace[];
  /** Before merging: what a v4 list shows. A re-send is a second row, except within one export. */
  rows(): StoredObservation[];
  /** Forgets what was stored, not the requests. */
  clear(): void;
  readonly requests: readonly RecordedRequest[];
  /** The most ingestion requests that were open at the same time. */
  readonly peakConcurrency: number;
  /** Exports answered with 200 and dropped whole, as v4 does when one value breaks the insert. */
  readonly poisoned: number;
  /** Asked for each request; undefined lets it behave. */
  fault?: ((request: FaultRequest) => Fault | undefined) | undefined;
}

import type { Credentials } from '../../../lib/types.ts';

export interface OssOptions {
  readonly credentials: Credentials;
  readonly bucket: string;
  /** With or without the leading `oss-`; default cn-hangzhou. */
  readonly region?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Unix milliseconds; default the machine's clock. */
  readonly now?: () => number;
}

export interface StoredObject {
  readonly body: Buffer;
  /** MD5 in upper-case hex, in double quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  /** Content headers and `x-oss-meta-*`, lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface OssRequest {
  readonly method: string;
  readonly bucket: string;
  /** Empty for a request on the bucket. */
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** As received, `authorization` included: compare, never print. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  /** 1 for the first request. */
  readonly number: number;
  readonly startedAt: number;
  /** Absent when nothing was answered. */
  status?: number;
  /** The error's code. */
  code?: string;
}

export type OssFault =
  | { readonly kind: 'status'; readonly status: number; readonly code: string; readonly message?: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'stored-then-reset' }
  | { readonly kind: 'stored-then-hang' }
  | { readonly kind: 'delay'; readonly ms: number };

/** What is set on the bucket as a whole. */
export interface BucketSettings {
  /** Whether there is one; it starts with one. */
  exists: boolean;
  acl: string;
  /** As they were put: XML. */
  encryption?: string;
  lifecycle?: string;
}

export interface OssFaultRequest {
  readonly method: string;
  readonly query: Readonly<Record<string, string>>;
  readonly key: string;
  readonly number: number;
}

export interface OssStandIn {
  readonly url: string;
  close(): Promise<void>;
  /** What the bucket holds, by key: tests may read and write it. */
  readonly objects: Map<string, StoredObject>;
  readonly settings: BucketSettings;
  readonly requests: readonly OssRequest[];
  /** Asked for each request whose signature is right; undefined lets it behave. */
  fault?: ((request: OssFaultRequest) => OssFault | undefined) | undefined;
}

/** What is answered, before the headers that every answer has. */
export type OssAnswer =
  | {
      readonly kind: 'ok';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Buffer | string;
    }
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly message: string };

export function ossError(status: number, code: string, message: string): OssAnswer {
  return { kind: 'error', status, code, message };
}

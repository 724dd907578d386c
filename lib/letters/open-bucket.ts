import type { Clock, Credentials } from '../types.ts';
import type { Bucket, StoredObject } from './bucket.ts';

export interface BucketAccess {
  readonly bucket: string;
  readonly region: string;
  /** Host name or address; without one, the region's internal endpoint. */
  readonly endpoint?: string;
  readonly credentials: Credentials;
}

export interface RetryPorts {
  readonly clock: Clock;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Unix milliseconds: no attempt is begun after it. */
  readonly until: number;
}

/** One operation on OSS, with a limit to its time in milliseconds. */
export interface BucketEdge {
  put(key: string, body: Uint8Array, timeoutMs: number): Promise<void>;
  claim(key: string, body: Uint8Array, timeoutMs: number): Promise<boolean>;
  get(key: string, timeoutMs: number): Promise<Buffer | undefined>;
  delete(key: string, timeoutMs: number): Promise<void>;
  list(prefix: string, after: string | undefined, timeoutMs: number): Promise<Listing>;
}

export interface Listing {
  readonly objects: readonly StoredObject[];
  /** Where the next part begins. */
  readonly next?: string;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;
const TIMEOUT_MS = 10_000;
const SHORTEST_TIMEOUT_MS = 1_000;

/**
 * Opens the bucket; each operation is tried several times while there is time for it. The OSS client is large and loaded
 * with the first of them: a clean run does without it.
 */
export function openBucket(access: BucketAccess, ports: RetryPorts): Bucket {
  let loaded: Promise<BucketEdge> | undefined;
  const attempt = async <T>(work: (edge: BucketEdge, timeoutMs: number) => Promise<T>): Promise<T> => {
    loaded ??= import('./oss.ts').then(({ openEdge }) => openEdge(access));
    return retried(await loaded, work, ports);
  };
  return {
    put: (key, body) => attempt((edge, ms) => edge.put(key, body, ms)),
    claim: (key, body) => attempt((edge, ms) => edge.claim(key, body, ms)),
    get: (key) => attempt((edge, ms) => edge.get(key, ms)),
    delete: (key) => attempt((edge, ms) => edge.delete(key, ms)),
    async *list(prefix) {
      let after: string | undefined;
      do {
        const { objects, next } = await attempt((edge, ms) => edge.list(prefix, after, ms));
        yield* objects;
        after = next;
      } while (after !== undefined);
    },
  };
}

async function retried<T>(
  edge: BucketEdge,
  work: (edge: BucketEdge, timeoutMs: number) => Promise<T>,
  { clock, random, until }: RetryPorts,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    // A hanging attempt must leave time for another.
    const timeoutMs = Math.min(TIMEOUT_MS, Math.max(SHORTEST_TIMEOUT_MS, (until - clock.now()) / 3));
    try {
      return await work(edge, timeoutMs);
    } catch (error) {
      const pause = random() * FIRST_PAUSE_MS * 4 ** attempt;
      if (attempt >= ATTEMPTS || isRefused(error) || clock.now() + pause >= until) throw error;
      await clock.sleep(pause);
    }
  }
}

/** OSS answered, and will answer the same again: no such bucket, no right to it, wrong keys. */
function isRefused(error: unknown): boolean {
  const { status = 0 } = (error ?? {}) as { status?: number };
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

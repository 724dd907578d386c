import * as z from 'zod/mini';
import type { Clock } from '../types.ts';
import type { Bucket } from './bucket.ts';

const Holder = z.object({ holder: z.string(), expiresAt: z.number() });

/**
 * The right to replay a prefix, held by one replay at a time: an object that only one can create. One whose holder died
 * is taken over when its time is up. Two that take over at the same instant might both replay; they then send the same
 * ids twice, and lose nothing, since each writes back only what it could not deliver.
 */
export class Lease {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #clock: Clock;

  constructor(bucket: Bucket, prefix: string, clock: Clock) {
    this.#bucket = bucket;
    this.#key = `${prefix}/replay.lease.json`;
    this.#clock = clock;
  }

  /** Takes the lease until `expiresAt` (Unix milliseconds); otherwise tells who has it, and until when. */
  async take(holder: string, expiresAt: number): Promise<{ holder: string; expiresAt: number } | undefined> {
    const body = Buffer.from(JSON.stringify({ holder, expiresAt }));
    if (await this.#bucket.claim(this.#key, body)) return undefined;
    const other = await this.#read();
    if (other && other.expiresAt > this.#clock.now()) return other;
    await this.#bucket.delete(this.#key);
    return (await this.#bucket.claim(this.#key, body))
      ? undefined
      : ((await this.#read()) ?? { holder: 'another', expiresAt });
  }

  /** Gives the lease back. */
  async release(): Promise<void> {
    await this.#bucket.delete(this.#key);
  }

  async #read(): Promise<z.infer<typeof Holder> | undefined> {
    const body = await this.#bucket.get(this.#key);
    const result = body && Holder.safeParse(JSON.parse(body.toString('utf8')));
    return result?.success ? result.data : undefined;
  }
}

import * as z from 'zod/mini';
import { parseJson } from '../formats/values/values.ts';
import type { Clock } from '../types.ts';
import type { Bucket } from './bucket.ts';
import { below } from './layout.ts';

const Holder = z.object({ holder: z.string(), expiresAt: z.number() });
export type Holder = z.infer<typeof Holder>;

/**
 * The right to replay a prefix, held by one replay at a time: an object that only one can create. One whose holder died
 * is taken over when its time is up. Two that take over at the same instant might both replay; they then send the same
 * ids twice, and lose nothing, since each writes back only what it could not deliver.
 */
export class Lease {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #clock: Clock;
  #holder: string | undefined;

  constructor(bucket: Bucket, prefix: string, clock: Clock) {
    this.#bucket = bucket;
    this.#key = below(prefix, 'replay.lease.json');
    this.#clock = clock;
  }

  /** Takes the lease until `expiresAt` (Unix milliseconds); otherwise tells who has it, and until when. */
  async take(holder: string, expiresAt: number): Promise<Holder | undefined> {
    this.#holder = holder;
    const body = Buffer.from(JSON.stringify({ holder, expiresAt }));
    if (await this.#bucket.claim(this.#key, body)) return undefined;
    const other = await this.#read();
    // The answer to the claim was lost, and its repetition found what it had made.
    if (other?.holder === holder) return undefined;
    if (other && other.expiresAt > this.#clock.now()) return other;
    await this.#bucket.delete(this.#key);
    if (await this.#bucket.claim(this.#key, body)) return undefined;
    const winner = (await this.#read()) ?? { holder: 'another', expiresAt };
    return winner.holder === holder ? undefined : winner;
  }

  /** Gives the lease back, unless another took it over meanwhile. */
  async release(): Promise<void> {
    const now = await this.#read();
    if (now?.holder === this.#holder) await this.#bucket.delete(this.#key);
  }

  /** Who has the lease; nobody if what lies there is no lease: that must not bar replays for ever. */
  async #read(): Promise<Holder | undefined> {
    const body = await this.#bucket.get(this.#key);
    return body && Holder.safeParse(parseJson(body.toString('utf8'))).data;
  }
}

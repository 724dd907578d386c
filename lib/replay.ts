import type { Delivery } from './deliver.ts';
import type { ReadOptions } from './formats/index.ts';
import type { Bucket } from './letters/bucket.ts';
import { decodeLetters } from './letters/decode.ts';
import { encodeLetters } from './letters/encode.ts';
import { layoutOf, parkedKey } from './letters/layout.ts';
import { Lease } from './letters/lease.ts';
import type { Log } from './log.ts';
import { Readings } from './readings.ts';
import { stepBetween } from './sls/cursor.ts';
import type { Clock, CursorRange, Letter, RangeLetter, Receipt, RecordLetter } from './types.ts';

/** What to replay: all letters, unless it says less. */
export interface ReplayRequest {
  /** Keys that begin with this, whole or below the letters' folder. */
  readonly prefix?: string | undefined;
  /** Objects at most. */
  readonly limit?: number | undefined;
  /** Only count. */
  readonly dryRun?: boolean | undefined;
}

export interface ReplayPorts {
  readonly bucket: Bucket;
  readonly delivery: Pick<Delivery, 'settle' | 'halt'>;
  /** Ships a range letter's range through the ordinary flow; what fails anew is lettered, counting on from `replays`. */
  readonly ship: (range: CursorRange, replays: number, part: number) => Promise<Receipt>;
  /** The cursor of the oldest log that a shard still holds. */
  readonly oldest: (range: CursorRange) => Promise<string>;
  readonly log: Log;
  readonly clock: Clock;
}

export interface ReplayOptions extends ReadOptions {
  readonly requestId: string;
  readonly prefix: string;
  readonly maxReplays: number;
  /** Unix milliseconds: no object is begun after it, and by the second the invocation is over. */
  readonly replayUntil: number;
  readonly endsAt: number;
}

/** What a replay did. Counts of letters, except `objects`. */
export interface ReplayReceipt {
  readonly objects: number;
  readonly letters: number;
  /** Settled: delivered, skipped, or shipped anew as a range. */
  readonly settled: number;
  /** Written back, to be replayed again. */
  readonly kept: number;
  readonly parked: number;
  readonly why: Readonly<Record<string, number>>;
  /** Whether letters were left untouched: the limit, the time or Langfuse stopped the replay. */
  readonly more: boolean;
  /** Another replay is running: nothing was done. */
  readonly busy?: string;
  readonly requestId: string;
}

/**
 * Replays dead letters: reads each object, runs its letters through the same flow as fresh logs, and writes back what is
 * left, or deletes the object when nothing is. An object is deleted only after what is left of it is safely written.
 *
 * @throws InvocationError when OSS does not list, read or write: nothing is lost then, the letters are still there
 */
export async function replayLetters(
  request: ReplayRequest,
  ports: ReplayPorts,
  options: ReplayOptions,
): Promise<ReplayReceipt> {
  const replay = new Replay(ports, options);
  if (request.dryRun) return replay.run(request);
  const lease = new Lease(ports.bucket, options.prefix, ports.clock);
  const other = await lease.take(options.requestId, options.endsAt);
  if (other) return replay.receipt(`replay ${other.holder} until ${new Date(other.expiresAt).toISOString()}`);
  try {
    return await replay.run(request);
  } finally {
    await lease.release();
  }
}

class Replay {
  readonly #ports: ReplayPorts;
  readonly #options: ReplayOptions;
  readonly #why: Record<string, number> = {};
  #objects = 0;
  #letters = 0;
  #kept = 0;
  #parked = 0;
  #parts = 0;
  #more = false;

  constructor(ports: ReplayPorts, options: ReplayOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  async run({ prefix, limit = Number.POSITIVE_INFINITY, dryRun }: ReplayRequest): Promise<ReplayReceipt> {
    for await (const { key } of this.#ports.bucket.list(this.#searched(prefix))) {
      // Written by this very replay: it would find no better luck.
      if (key.includes(this.#options.requestId)) continue;
      this.#more = this.#objects >= limit || this.#mustStop();
      if (this.#more) break;
      await this.#object(key, dryRun ?? false);
    }
    return this.receipt();
  }

  receipt(busy?: string): ReplayReceipt {
    const settled = this.#letters - this.#kept - this.#parked;
    const counts = { objects: this.#objects, letters: this.#letters, settled, kept: this.#kept, parked: this.#parked };
    return { ...counts, why: this.#why, more: this.#more, ...(busy && { busy }), requestId: this.#options.requestId };
  }

  #searched(prefix = ''): string {
    const { letters, parked } = layoutOf(this.#options.prefix);
    return prefix.startsWith(letters) || prefix.startsWith(parked) ? prefix : letters + prefix;
  }

  #mustStop(): boolean {
    return this.#ports.delivery.halt !== undefined || this.#ports.clock.now() >= this.#options.replayUntil;
  }

  async #object(key: string, dryRun: boolean): Promise<void> {
    const body = await this.#ports.bucket.get(key);
    if (!body) return;
    this.#objects++;
    const letters = this.#decoded(key, body);
    if (!letters) return dryRun ? undefined : this.#parkWhole(key, body);
    this.#letters += letters.length;
    for (const letter of letters) this.#count(letter);
    if (dryRun) {
      this.#kept += letters.length;
      return;
    }
    const left = [...(await this.#records(letters.filter(isRecord))), ...(await this.#ranges(letters.filter(isRange)))];
    await this.#writeBack(key, left);
  }

  #decoded(key: string, body: Buffer): Letter[] | undefined {
    try {
      return decodeLetters(body);
    } catch (error) {
      this.#ports.log('error', 'no dead-letter object: moved to parked/', { key, error: (error as Error).message });
      return undefined;
    }
  }

  async #records(letters: readonly RecordLetter[]): Promise<Letter[]> {
    const byRecord = new Map(letters.map((letter) => [letter.record, letter]));
    const readings = new Readings([...byRecord.keys()], this.#options);
    readings.undelivered(await this.#ports.delivery.settle(readings.calls));
    return readings.failed.flatMap(({ record, rejection }) => {
      const letter = byRecord.get(record);
      return letter ? [this.#again({ ...letter, rejection })] : [];
    });
  }

  async #ranges(letters: readonly RangeLetter[]): Promise<Letter[]> {
    const left: Letter[] = [];
    for (const letter of letters) left.push(...(this.#mustStop() ? [letter] : await this.#range(letter)));
    return left;
  }

  async #range(letter: RangeLetter): Promise<Letter[]> {
    try {
      const { gone, rest } = await this.#expired(letter);
      if (rest) await this.#ports.ship(rest, letter.replays, ++this.#parts);
      return gone;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return [this.#again({ ...letter, message: error.message })];
    }
  }

  /** What the logstore no longer holds of a range, as a letter to be parked, and what can still be pulled. */
  async #expired(letter: RangeLetter): Promise<{ gone: Letter[]; rest?: CursorRange }> {
    const { range } = letter;
    const oldest = await this.#ports.oldest(range);
    if (stepBetween(range.begin, oldest) !== 'forward') return { gone: [], rest: range };
    const allGone = stepBetween(oldest, range.end) !== 'forward';
    const lost = { ...range, end: allGone ? range.end : oldest };
    const message = "past the logstore's retention: the logs are deleted";
    const gone: RangeLetter = { ...letter, reason: 'expired', message, range: lost };
    return allGone ? { gone: [gone] } : { gone: [gone], rest: { ...range, begin: oldest } };
  }

  /** A letter that failed again. An outage says nothing of the letter, so it costs it none of its replays. */
  #again<T extends Letter>(letter: T): T {
    const tried = this.#ports.delivery.halt ? 0 : 1;
    return { ...letter, replays: letter.replays + tried, lastFailedAt: this.#ports.clock.now() };
  }

  async #writeBack(key: string, left: readonly Letter[]): Promise<void> {
    const given = left.filter((letter) => this.#isGivenUp(letter));
    const kept = left.filter((letter) => !this.#isGivenUp(letter));
    if (given.length > 0) await this.#park(key, given);
    this.#kept += kept.length;
    this.#parked += given.length;
    if (kept.length > 0) await this.#ports.bucket.put(key, encodeLetters(kept));
    else if (parkedKey(this.#options.prefix, key) !== key || given.length === 0) await this.#ports.bucket.delete(key);
  }

  #isGivenUp(letter: Letter): boolean {
    return letter.replays >= this.#options.maxReplays || (letter.kind === 'range' && letter.reason === 'expired');
  }

  async #park(key: string, letters: readonly Letter[]): Promise<void> {
    const target = parkedKey(this.#options.prefix, key);
    // What was parked of the same object before must not be overwritten.
    const before = target === key ? undefined : await this.#ports.bucket.get(target);
    await this.#ports.bucket.put(target, encodeLetters([...(before ? decodeLetters(before) : []), ...letters]));
    this.#ports.log('warn', 'dead letters parked', { key: target, letters: letters.length });
  }

  async #parkWhole(key: string, body: Buffer): Promise<void> {
    const target = parkedKey(this.#options.prefix, key);
    if (target === key) return;
    await this.#ports.bucket.put(target, body);
    await this.#ports.bucket.delete(key);
  }

  #count(letter: Letter): void {
    const why = letter.kind === 'range' ? `range:${letter.reason}` : letter.rejection.why;
    this.#why[why] = (this.#why[why] ?? 0) + 1;
  }
}

function isRecord(letter: Letter): letter is RecordLetter {
  return letter.kind === 'record';
}

function isRange(letter: Letter): letter is RangeLetter {
  return letter.kind === 'range';
}

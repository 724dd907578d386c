import type { Deliveries } from './destinations.ts';
import { InvocationError } from './errors.ts';
import type { Bucket } from './letters/bucket.ts';
import { decodeLetters } from './letters/decode.ts';
import { encodeLetters } from './letters/encode.ts';
import { explained } from './letters/explained.ts';
import { isWrittenBy } from './letters/key.ts';
import { searched } from './letters/layout.ts';
import { Lease } from './letters/lease.ts';
import { Parking } from './letters/parking.ts';
import { retainedOf } from './letters/retention.ts';
import type { Log } from './log.ts';
import { Readings } from './readings.ts';
import { redactedRejection } from './redact/rejection.ts';
import { type ReplayReceipt, ReplayTally } from './replay-tally.ts';
import { PullError } from './sls/pull-error.ts';
import type { Clock, CursorRange, Letter, RangeLetter, Receipt, RecordLetter } from './types.ts';
import type { ViewOptions } from './view/view.ts';

export type { ReplayReceipt } from './replay-tally.ts';

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
  readonly delivery: Omit<Deliveries, 'shown'>;
  /** Ships a range letter's range through the ordinary flow; what fails anew is lettered, counting on from `replays`. */
  readonly ship: (range: CursorRange, replays: number, part: number) => Promise<Receipt>;
  /** The cursor of the oldest log that a shard still holds. */
  readonly oldest: (range: CursorRange) => Promise<string>;
  readonly log: Log;
  readonly clock: Clock;
}

export interface ReplayOptions extends ViewOptions {
  readonly requestId: string;
  readonly prefix: string;
  readonly maxReplays: number;
  /** Unix milliseconds: no object is begun after it, and by the second the invocation is over. */
  readonly replayUntil: number;
  readonly endsAt: number;
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
  const bucket = explained(ports.bucket);
  const replay = new Replay({ ...ports, bucket }, options);
  if (request.dryRun) return replay.run(request);
  const lease = new Lease(bucket, options.prefix, ports.clock);
  const other = await lease.take(options.requestId, options.endsAt);
  if (other) return replay.receipt(`replay ${other.holder} until ${new Date(other.expiresAt).toISOString()}`);
  try {
    return await replay.run(request);
  } finally {
    // What was replayed stays replayed, and the lease runs out by itself.
    await lease.release().catch((error: InvocationError) => ports.log('warn', error.message));
  }
}

class Replay {
  readonly #ports: ReplayPorts;
  readonly #options: ReplayOptions;
  readonly #parking: Parking;
  readonly #tally = new ReplayTally();
  /** Letters that failed again, and not for an outage. */
  readonly #tried = new Set<Letter>();
  #parts = 0;

  constructor(ports: ReplayPorts, options: ReplayOptions) {
    this.#ports = ports;
    this.#options = options;
    const { bucket, log } = ports;
    this.#parking = new Parking({ bucket, log, prefix: options.prefix, requestId: options.requestId });
  }

  async run({ prefix = '', limit = Number.POSITIVE_INFINITY, dryRun }: ReplayRequest): Promise<ReplayReceipt> {
    for await (const { key } of this.#ports.bucket.list(searched(this.#options.prefix, prefix))) {
      // Written by this very replay: it would find no better luck.
      if (isWrittenBy(this.#options.requestId, key)) continue;
      this.#tally.more = this.#tally.objects >= limit || this.#mustStop();
      if (this.#tally.more) break;
      await this.#object(key, dryRun ?? false);
    }
    return this.receipt();
  }

  receipt(busy?: string): ReplayReceipt {
    return this.#tally.receipt(this.#options.requestId, busy);
  }

  #mustStop(): boolean {
    return this.#ports.delivery.halt !== undefined || this.#ports.clock.now() >= this.#options.replayUntil;
  }

  async #object(key: string, dryRun: boolean): Promise<void> {
    const body = await this.#ports.bucket.get(key);
    if (!body) return;
    this.#tally.objects++;
    const letters = this.#decoded(key, body);
    if (!letters) return dryRun ? undefined : this.#parking.addWhole(key, body);
    this.#tally.read(letters);
    if (dryRun) this.#tally.kept += letters.length;
    else await this.#letters(key, letters);
  }

  async #letters(key: string, letters: readonly Letter[]): Promise<void> {
    const records = await this.#records(letters.filter(isRecord));
    const ranges = await this.#ranges(letters.filter(isRange));
    await this.#writeBack(key, [...records, ...ranges]);
  }

  #decoded(key: string, body: Buffer): Letter[] | undefined {
    try {
      return decodeLetters(body);
    } catch (error) {
      this.#ports.log('error', 'an object holds no dead letters that can be read; a replay parks it as it is', {
        key,
        error: (error as Error).message,
      });
      return undefined;
    }
  }

  async #records(letters: readonly RecordLetter[]): Promise<Letter[]> {
    const redactor = this.#options.rawLetters ? undefined : this.#options.redactor;
    const { delivery } = this.#ports;
    const identities = new Map(letters.map(({ record, identity }) => [record, identity]));
    if (letters.length > 0) await delivery.ready();
    const readings = await Readings.of(
      [...identities.keys()],
      this.#options,
      (call) => delivery.written(call),
      (record) => identities.get(record),
    );
    readings.undelivered(await delivery.settle(readings.calls));
    const rejections = new Map(readings.failed.map(({ record, rejection }) => [record, rejection]));
    return letters.flatMap((letter) => {
      const rejection = rejections.get(letter.record);
      return rejection ? [this.#again({ ...letter, rejection: redactedRejection(rejection, redactor) })] : [];
    });
  }

  async #ranges(letters: readonly RangeLetter[]): Promise<Letter[]> {
    const left: Letter[] = [];
    for (const letter of letters) left.push(...(this.#mustStop() ? [letter] : await this.#range(letter)));
    return left;
  }

  async #range(letter: RangeLetter): Promise<Letter[]> {
    try {
      const { gone, rest } = retainedOf(letter, await this.#ports.oldest(letter.range));
      if (rest) await this.#ports.ship(rest, letter.replays, ++this.#parts);
      return gone ? [gone] : [];
    } catch (error) {
      const failed = { ...letter, message: (error as Error).message };
      return [isPassing(error) ? failed : this.#again(failed)];
    }
  }

  /** A letter that failed again. An outage says nothing of the letter, so it costs it none of its replays. */
  #again<T extends Letter>(letter: T): T {
    const tried = this.#ports.delivery.halts.length === 0;
    const again = { ...letter, replays: letter.replays + Number(tried), lastFailedAt: this.#ports.clock.now() };
    if (tried) this.#tried.add(again);
    return again;
  }

  async #writeBack(key: string, left: readonly Letter[]): Promise<void> {
    const given = left.filter((letter) => this.#isGivenUp(letter));
    // An object that is parked already keeps what is given up anew.
    const kept = this.#parking.holds(key) ? left : left.filter((letter) => !this.#isGivenUp(letter));
    if (given.length > 0 && kept !== left) await this.#parking.add(key, given);
    this.#tally.kept += left.length - given.length;
    this.#tally.parked += given.length;
    if (kept.length > 0) await this.#ports.bucket.put(key, encodeLetters(kept));
    else await this.#ports.bucket.delete(key);
  }

  #isGivenUp(letter: Letter): boolean {
    if (letter.kind === 'range' && letter.reason === 'expired') return true;
    return this.#tried.has(letter) && letter.replays >= this.#options.maxReplays;
  }
}

function isRecord(letter: Letter): letter is RecordLetter {
  return letter.kind === 'record';
}

function isRange(letter: Letter): letter is RangeLetter {
  return letter.kind === 'range';
}

/** Whether an error says nothing of the letter: OSS takes no letter of it, or SLS is busy, unreachable, or lets nobody in. */
function isPassing(error: unknown): boolean {
  if (error instanceof InvocationError && error.code === 'dead-letter') return true;
  const pull = error instanceof InvocationError ? error.cause : error;
  return pull instanceof PullError && pull.status !== 400 && pull.status !== 404;
}

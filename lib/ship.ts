import type { Delivery, Halt } from './deliver.ts';
import { InvocationError } from './errors.ts';
import type { ReadOptions } from './formats/index.ts';
import type { LetterBox } from './letters/box.ts';
import { LetterDesk, type Rest } from './letters/desk.ts';
import type { Log } from './log.ts';
import { Readings } from './readings.ts';
import { stepBetween } from './sls/cursor.ts';
import { PullError } from './sls/pull-error.ts';
import { Tally } from './tally.ts';
import type { BrokenPage, Clock, CursorRange, LogPage, Receipt } from './types.ts';

export interface ShipPorts {
  /** The pages of a range, in order; throws PullError. */
  readonly pull: (range: CursorRange) => AsyncIterable<LogPage | BrokenPage>;
  readonly delivery: Pick<Delivery, 'settle' | 'halt'>;
  readonly letters: LetterBox;
  readonly log: Log;
  readonly clock: Clock;
}

export interface ShipOptions extends ReadOptions {
  readonly requestId: string;
  /** Of the dead letters' keys. */
  readonly prefix: string;
  /** When the invocation began, and until when pages are asked for: Unix milliseconds. */
  readonly startedAt: number;
  readonly pullUntil: number;
  /** When the last log of the range arrived, Unix milliseconds. */
  readonly arrivedAt?: number;
}

/** Pages in settlement while the next one is read: memory holds two or three, never the range. */
const PAGES_AT_ONCE = 2;

const ALARM: Readonly<Record<Halt['reason'], string>> = {
  outage: 'it does not answer. Check that it is up and that the function can reach LANGFUSE_HOST',
  refused: 'it refuses every request. Check LANGFUSE_HOST and the keys',
  deadline: "the function's time was over. Raise its timeout, or shorten the trigger's interval",
};

/**
 * Ships a range: pulls its pages, reads their records, delivers the calls, writes what failed as dead letters, and
 * returns when every record is accounted for.
 *
 * @throws InvocationError when nothing could be read, or when a dead letter could not be written: SLS then keeps the
 * position and offers the range again
 */
export async function shipRange(range: CursorRange, ports: ShipPorts, options: ShipOptions): Promise<Receipt> {
  return new Shipment(range, ports, options).run();
}

class Shipment {
  readonly #range: CursorRange;
  readonly #ports: ShipPorts;
  readonly #options: ShipOptions;
  readonly #desk: LetterDesk;
  readonly #tally = new Tally();
  readonly #settling = new Set<Promise<void>>();

  constructor(range: CursorRange, ports: ShipPorts, options: ShipOptions) {
    this.#range = range;
    this.#ports = ports;
    this.#options = options;
    const { letters, log, clock } = ports;
    const { requestId, prefix } = options;
    this.#desk = new LetterDesk({ range, letters, log, clock, requestId, prefix });
  }

  async run(): Promise<Receipt> {
    try {
      const rest = await this.#pages();
      await Promise.all(this.#settling);
      if (rest) await this.#writeRange(rest);
    } finally {
      // Also after a failure no promise is left floating.
      await Promise.allSettled(this.#settling);
    }
    const { halt } = this.#ports.delivery;
    if (halt)
      this.#ports.log('error', `nothing more was sent to Langfuse: ${ALARM[halt.reason]}`, { status: halt.status });
    const { arrivedAt = this.#tally.newestMs, startedAt, requestId } = this.#options;
    return this.#tally.receipt({ requestId, startedAt, arrivedAt, now: this.#ports.clock.now() });
  }

  /** Settles page after page; what it returns has not been read. */
  async #pages(): Promise<Rest | undefined> {
    try {
      for await (const page of this.#ports.pull(this.#range)) {
        this.#tally.page(page);
        await this.#settle(page);
        const rest = this.#stopAfter(page.next);
        if (rest) return rest;
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof PullError)) throw error;
      return this.#pullFailed(error);
    }
  }

  async #settle(page: LogPage | BrokenPage): Promise<void> {
    while (this.#settling.size >= PAGES_AT_ONCE) await Promise.race(this.#settling);
    const settled = 'broken' in page ? this.#writeRange(brokenRest(page)) : this.#settleRecords(page);
    this.#settling.add(settled);
    // A rejection stays in the set and surfaces at the next race, or at the end.
    settled.then(
      () => this.#settling.delete(settled),
      () => undefined,
    );
  }

  async #settleRecords(page: LogPage): Promise<void> {
    const readings = new Readings(page.records, this.#options);
    readings.undelivered(await this.#ports.delivery.settle(readings.calls));
    const { failed, skipped } = readings;
    if (failed.length > 0) await this.#desk.writeRecords(page, failed);
    const lettered = failed.map(({ rejection }) => rejection.why);
    this.#tally.settled(page.records.length, skipped, lettered);
  }

  async #writeRange(rest: Rest): Promise<void> {
    await this.#desk.writeRange(rest);
    this.#tally.ranges++;
  }

  #stopAfter(next: string): Rest | undefined {
    if (stepBetween(next, this.#range.end) !== 'forward') return undefined;
    const { halt } = this.#ports.delivery;
    if (halt) return { begin: next, reason: halt.reason, message: halt.message };
    if (this.#ports.clock.now() < this.#options.pullUntil) return undefined;
    return { begin: next, reason: 'deadline', message: "the function's time was over before the range's end" };
  }

  #pullFailed(error: PullError): Rest {
    // Nothing was read: the position can stay where it is, and no letter is needed to find the range again.
    if (this.#tally.pages === 0) throw new InvocationError('pull', error.message, { cause: error });
    this.#ports.log('error', 'the rest of the range could not be pulled', { code: error.code });
    // What aborts a pull is the end of the invocation's time.
    const reason = error.code === 'Aborted' ? 'deadline' : 'pull';
    return { begin: error.cursor, reason, message: error.message };
  }
}

function brokenRest({ cursor, next, broken }: BrokenPage): Rest {
  return { begin: cursor, end: next, reason: 'broken-page', message: broken };
}

import { Arena } from './arena.ts';
import type { Deliveries } from './destinations.ts';
import { InvocationError } from './errors.ts';
import type { Bucket } from './letters/bucket.ts';
import { LetterDesk, type Rest } from './letters/desk.ts';
import type { Log } from './log.ts';
import type { Halt } from './patience.ts';
import type { Progress } from './progress.ts';
import { type Failed, Readings } from './readings.ts';
import { SHOWN_AFTER_MS } from './repeats.ts';
import { stepBetween } from './sls/cursor.ts';
import { PullError } from './sls/pull-error.ts';
import { Tally } from './tally.ts';
import type { BrokenPage, Clock, CursorRange, LogPage, RangeReason, Receipt } from './types.ts';
import type { ViewOptions } from './view/view.ts';

export interface ShipPorts {
  /** The pages of a range, in order; throws PullError. */
  readonly pull: (range: CursorRange) => AsyncIterable<LogPage | BrokenPage>;
  readonly delivery: Deliveries;
  readonly letters: Pick<Bucket, 'put'>;
  /** Keeps up to where the range is settled; absent where twice is once without it. */
  readonly progress?: Progress | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

export interface ShipOptions extends ViewOptions {
  readonly requestId: string;
  /** Of the dead letters' keys. */
  readonly prefix: string;
  /** When the invocation began, and until when pages are asked for: Unix milliseconds. */
  readonly startedAt: number;
  readonly pullUntil: number;
  /** When the last log of the range arrived, Unix milliseconds. */
  readonly arrivedAt?: number;
  /** The replays of the letter that the range comes from. */
  readonly replayOf?: number;
  /** Throw when Langfuse is down, so that SLS offers the range again, instead of writing letters. */
  readonly retryOutage?: boolean;
}

/**
 * Pages in settlement while the next one is read: two of the usual 4 MB, more of small ones, so that waiting for SLS and
 * waiting for Langfuse overlap. Memory holds these and the one that is read, never the range.
 */
const PAGES_AT_ONCE = 8;
const BYTES_AT_ONCE = 6_000_000;

const ALARM: Readonly<Record<Halt['reason'], string>> = {
  outage: 'it does not answer. Check that it is up and that the function can reach LANGFUSE_HOST',
  refused: 'it refuses every request. Check LANGFUSE_HOST and the keys',
  deadline: "the function's time was over. Raise its timeout, or shorten the trigger's interval",
};

const FAILED_LINES =
  'SLS_QUERY failed on some logs, and SLS did not hand them over: they were not read. Check the query';

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
  /** With the bytes of each page. */
  readonly #settling = new Map<Promise<void>, number>();

  constructor(range: CursorRange, ports: ShipPorts, options: ShipOptions) {
    this.#range = range;
    this.#ports = ports;
    this.#options = options;
    const { letters, log, clock } = ports;
    const { requestId, prefix, redactor, rawLetters } = options;
    const replays = (reason?: RangeReason) => this.#replays(reason);
    const redact = rawLetters ? undefined : redactor;
    this.#desk = new LetterDesk({ range, letters, log, clock, requestId, prefix, replays, redactor: redact });
  }

  async run(): Promise<Receipt> {
    try {
      const rest = await this.#pages();
      await Promise.all(this.#settling.keys());
      if (rest) await this.#writeRange(rest);
      await this.#ports.delivery.shown();
      await this.#ports.progress?.done();
    } catch (error) {
      // Also after a failure no promise is left floating, and what was settled is not to be sent again.
      await Promise.allSettled(this.#settling.keys());
      await this.#ports.progress?.flush();
      throw error;
    } finally {
      this.#alarm();
    }
    const { arrivedAt = this.#tally.newestMs, startedAt, requestId } = this.#options;
    return this.#tally.receipt({ requestId, startedAt, arrivedAt, now: this.#ports.clock.now() });
  }

  #alarm(): void {
    const { failedLines } = this.#tally;
    if (failedLines > 0) this.#ports.log('warn', FAILED_LINES, { failedLines });
    for (const { reason, status, destination } of this.#ports.delivery.halts) {
      this.#ports.log('error', `nothing more was sent to Langfuse: ${ALARM[reason]}`, { status, destination });
    }
  }

  /**
   * An outage says nothing of the letters that it makes: it costs them none of their replays. Nor does the end of the
   * time, which a long range meets again and again, each time further on.
   */
  #replays(reason?: RangeReason): number {
    const { replayOf } = this.#options;
    if (replayOf === undefined) return 0;
    return this.#ports.delivery.halts.length > 0 || reason === 'deadline' ? replayOf : replayOf + 1;
  }

  /** Settles page after page; what it returns has not been read. */
  async #pages(): Promise<Rest | undefined> {
    try {
      const begin = await this.#begin();
      for await (const page of this.#ports.pull({ ...this.#range, begin })) {
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

  /** Where to begin: behind what an invocation that died had settled. What it sent last may not be shown yet. */
  async #begin(): Promise<string> {
    const { progress, clock } = this.#ports;
    const begin = (await progress?.resume()) ?? this.#range.begin;
    if (progress?.resumed) await clock.sleep(SHOWN_AFTER_MS);
    return begin;
  }

  async #settle(page: LogPage | BrokenPage): Promise<void> {
    while (this.#isFull()) await Promise.race(this.#settling.keys());
    const settled = this.#settlePage(page, this.#ports.progress?.page(page.next));
    this.#settling.set(settled, 'broken' in page ? 0 : page.bytes);
    // A rejection stays in the set and surfaces at the next race, or at the end.
    settled.then(
      () => this.#settling.delete(settled),
      () => undefined,
    );
  }

  #isFull(): boolean {
    if (this.#settling.size >= PAGES_AT_ONCE) return true;
    const bytes = [...this.#settling.values()].reduce((a, b) => a + b, 0);
    return this.#settling.size > 1 && bytes >= BYTES_AT_ONCE;
  }

  async #settlePage(page: LogPage | BrokenPage, settled: (() => void) | undefined): Promise<void> {
    await ('broken' in page ? this.#writeRange(brokenRest(page)) : this.#settleRecords(page));
    settled?.();
  }

  async #settleRecords(page: LogPage): Promise<void> {
    const { delivery } = this.#ports;
    if (page.records.length > 0) await delivery.ready();
    const arena = new Arena();
    const readings = await Readings.of(page.records, this.#options, (call) => delivery.written(call, arena.write));
    readings.undelivered(await delivery.settle(readings.calls));
    const { failed, skipped } = readings;
    if (failed.some(({ rejection }) => rejection.why === 'unavailable')) this.#throwOutage();
    if (failed.length > 0) await this.#desk.writeRecords(page, failed);
    this.#tally.newestMs = Math.max(this.#tally.newestMs, readings.newest * 1000);
    this.#tally.settled(page.records.length, skipped, failed.map(whyOf));
    if (this.#options.routes) for (const part of readings.byDestination()) this.#tally.destination(part);
    // Not after a failure: requests may be under way that hold what was written.
    arena.release();
    page.release?.();
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

  /** Letters of an outage are not written where SLS is to wait for its end. */
  #throwOutage(): void {
    const halt = this.#ports.delivery.halts.find(({ reason }) => reason === 'outage');
    if (!this.#options.retryOutage || !halt) return;
    const next = 'SLS will offer the range again (ON_OUTAGE=retry).';
    throw new InvocationError('outage', `Langfuse is down: ${halt.message}. ${next}`);
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

function whyOf({ rejection }: Failed): string {
  return rejection.why;
}

function brokenRest({ cursor, next, broken }: BrokenPage): Rest {
  return { begin: cursor, end: next, reason: 'broken-page', message: broken };
}

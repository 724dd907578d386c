import type { Delivery, Halt } from './deliver.ts';
import { InvocationError } from './errors.ts';
import { type ReadOptions, read } from './formats/index.ts';
import { rowKey } from './langfuse/stored.ts';
import type { LetterBox } from './letters/box.ts';
import { encodeLetters } from './letters/encode.ts';
import { letterKey } from './letters/key.ts';
import type { Log } from './log.ts';
import { stepBetween } from './sls/cursor.ts';
import { PullError } from './sls/pull-error.ts';
import { Tally } from './tally.ts';
import type {
  BrokenPage,
  Clock,
  CursorRange,
  Letter,
  LlmCall,
  LogPage,
  LogRecord,
  RangeLetter,
  RangeReason,
  Receipt,
  Rejection,
} from './types.ts';

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

/** A part of the range that stays unread, and why. */
interface Rest {
  readonly begin: string;
  readonly end?: string;
  readonly reason: RangeReason;
  readonly message: string;
}

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
  readonly #tally = new Tally();
  readonly #settling = new Set<Promise<void>>();

  constructor(range: CursorRange, ports: ShipPorts, options: ShipOptions) {
    this.#range = range;
    this.#ports = ports;
    this.#options = options;
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
    const { calls, failed, skipped } = this.#readAll(page.records);
    const undelivered = await this.#ports.delivery.settle([...calls.values()].map(({ call }) => call));
    for (const { call, rejection } of undelivered) {
      for (const record of calls.get(rowKey(call))?.records ?? []) failed.push({ record, rejection });
    }
    if (failed.length > 0) await this.#writeRecords(page, failed);
    this.#tally.settled(
      page.records.length,
      skipped,
      failed.map(({ rejection }) => rejection.why),
    );
  }

  #readAll(records: readonly LogRecord[]): Readings {
    const readings: Readings = { calls: new Map(), failed: [], skipped: [] };
    for (const record of records) {
      const reading = read(record, this.#options);
      if (reading.kind === 'skip') readings.skipped.push(reading.reason);
      else if (reading.kind === 'reject') readings.failed.push({ record, rejection: reading.why });
      else addCall(readings, reading.call, record);
    }
    return readings;
  }

  async #writeRecords(page: LogPage, failed: readonly Failed[]): Promise<void> {
    const { project, logstore, shard } = this.#range;
    const letters = failed.map(({ record, rejection }): Letter => {
      const origin = { project, logstore, shard, ...(record.position && { position: record.position }) };
      return { kind: 'record', ...this.#stamp(), rejection, origin, record };
    });
    await this.#write(page.cursor, letters, `${letters.length} records of the page at ${page.cursor}`);
  }

  async #writeRange({ begin, end = this.#range.end, reason, message }: Rest): Promise<void> {
    const range = { ...this.#range, begin, end };
    const letter: RangeLetter = { kind: 'range', ...this.#stamp(), reason, message, range };
    await this.#write(begin, [letter], `the range from ${begin} to ${end}`);
    this.#tally.ranges++;
  }

  #stamp(): Pick<RangeLetter, 'requestId' | 'replays' | 'firstFailedAt' | 'lastFailedAt'> {
    const now = this.#ports.clock.now();
    return { requestId: this.#options.requestId, replays: 0, firstFailedAt: now, lastFailedAt: now };
  }

  async #write(cursor: string, letters: readonly Letter[], what: string): Promise<void> {
    const { requestId, prefix } = this.#options;
    const at = this.#ports.clock.now();
    const key = letterKey(prefix, { ...this.#range, cursor, requestId, at });
    try {
      await this.#ports.letters.put(key, encodeLetters(letters));
    } catch (cause) {
      const next = 'SLS will offer the range again. Check that the bucket exists and that the role may oss:PutObject.';
      const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      const message = `The dead letter ${key} could not be written (${said}); not accounted for: ${what}. ${next}`;
      throw new InvocationError('dead-letter', message, { cause });
    }
    this.#ports.log('warn', 'dead letter written', { key, ...reasons(letters) });
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
    return { begin: error.cursor, reason: 'pull', message: error.message };
  }
}

interface Failed {
  readonly record: LogRecord;
  readonly rejection: Rejection;
}

interface Readings {
  /** By row key: a line that a log agent shipped twice is one call. */
  readonly calls: Map<string, { readonly call: LlmCall; readonly records: LogRecord[] }>;
  readonly failed: Failed[];
  readonly skipped: string[];
}

function addCall({ calls }: Readings, call: LlmCall, record: LogRecord): void {
  const key = rowKey(call);
  const known = calls.get(key);
  if (known) known.records.push(record);
  else calls.set(key, { call, records: [record] });
}

function brokenRest({ cursor, next, broken }: BrokenPage): Rest {
  return { begin: cursor, end: next, reason: 'broken-page', message: broken };
}

function reasons(letters: readonly Letter[]): { letters: number; why: Record<string, number> } {
  const why: Record<string, number> = {};
  for (const letter of letters) {
    const name = letter.kind === 'range' ? letter.reason : letter.rejection.why;
    why[name] = (why[name] ?? 0) + 1;
  }
  return { letters: letters.length, why };
}

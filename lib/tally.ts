import type { DestinationPart } from './readings.ts';
import { positionOf } from './sls/cursor.ts';
import type { BrokenPage, DestinationReceipt, LogPage, Receipt } from './types.ts';

/** Counts what becomes of the records, so that the receipt can prove it. */
export class Tally {
  ranges = 0;
  pages = 0;
  /** Unix milliseconds of the newest record. */
  newestMs = 0;
  gap: Receipt['gap'];
  #read = 0;
  #bytes = 0;
  #failedLines = 0;
  #settled = 0;
  readonly #skipped = new Map<string, number>();
  readonly #lettered = new Map<string, number>();
  readonly #destinations = new Map<string, { read: number; readonly lettered: Map<string, number> }>();

  /** Logs that SLS_QUERY failed on. */
  get failedLines(): number {
    return this.#failedLines;
  }

  /** A page came in; its records are not settled yet. */
  page(page: LogPage | BrokenPage): void {
    this.pages++;
    if ('broken' in page) return;
    if (this.pages === 1) this.gap = gapBefore(page);
    this.#read += page.records.length;
    this.#bytes += page.bytes;
    this.#failedLines += page.failedLines ?? 0;
  }

  /** A page's records are settled: these reasons each for one record, the others delivered. */
  settled(records: number, skipped: readonly string[], lettered: readonly string[]): void {
    this.#settled += records;
    count(this.#skipped, skipped);
    count(this.#lettered, lettered);
  }

  /** Of a settled page, what became of the calls of one destination. */
  destination({ destination, read, lettered }: DestinationPart): void {
    const known = this.#destinations.get(destination) ?? { read: 0, lettered: new Map<string, number>() };
    known.read += read;
    count(known.lettered, lettered);
    this.#destinations.set(destination, known);
  }

  /** @throws Error when a record is not accounted for: a mistake in this program, and the range has to come again */
  receipt(of: { requestId: string; startedAt: number; arrivedAt: number; now: number }): Receipt {
    if (this.#settled !== this.#read) {
      throw new Error(`The receipt does not balance: ${this.#read} records read, ${this.#settled} accounted for`);
    }
    return {
      read: this.#read,
      delivered: this.#read - sum(this.#skipped) - sum(this.#lettered),
      skipped: Object.fromEntries(this.#skipped),
      lettered: Object.fromEntries(this.#lettered),
      ranges: this.ranges,
      pages: this.pages,
      bytes: this.#bytes,
      lagMs: of.arrivedAt === 0 ? 0 : Math.max(0, of.now - of.arrivedAt),
      ms: of.now - of.startedAt,
      requestId: of.requestId,
      ...(this.#destinations.size > 0 && { destinations: this.#byDestination() }),
      ...(this.#failedLines > 0 && { failedLines: this.#failedLines }),
      ...(this.gap && { gap: this.gap }),
    };
  }

  #byDestination(): Readonly<Record<string, DestinationReceipt>> {
    const receipts = [...this.#destinations].map(([name, { read, lettered }]): [string, DestinationReceipt] => [
      name,
      { read, delivered: read - sum(lettered), lettered: Object.fromEntries(lettered) },
    ]);
    return Object.fromEntries(receipts);
  }
}

/** What lies between the cursor asked for and the first log that came. */
function gapBefore({ cursor, first }: LogPage): Receipt['gap'] {
  const asked = positionOf(cursor);
  if (asked === undefined || first === undefined || first <= asked) return undefined;
  return { from: asked.toString(), to: first.toString() };
}

function count(counts: Map<string, number>, names: readonly string[]): void {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((a, b) => a + b, 0);
}

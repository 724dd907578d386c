import { positionOf } from './sls/cursor.ts';
import type { BrokenPage, LogPage, Receipt } from './types.ts';

/** Counts what becomes of the records, so that the receipt can prove it. */
export class Tally {
  ranges = 0;
  pages = 0;
  /** Unix milliseconds of the newest record. */
  newestMs = 0;
  gap: Receipt['gap'];
  #read = 0;
  #bytes = 0;
  #settled = 0;
  readonly #skipped = new Map<string, number>();
  readonly #lettered = new Map<string, number>();

  /** A page came in; its records are not settled yet. */
  page(page: LogPage | BrokenPage): void {
    this.pages++;
    if ('broken' in page) return;
    if (this.pages === 1) this.gap = gapBefore(page);
    this.#read += page.records.length;
    this.#bytes += page.bytes;
    for (const { time } of page.records) this.newestMs = Math.max(this.newestMs, time * 1000);
  }

  /** A page's records are settled: these reasons each for one record, the others delivered. */
  settled(records: number, skipped: readonly string[], lettered: readonly string[]): void {
    this.#settled += records;
    count(this.#skipped, skipped);
    count(this.#lettered, lettered);
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
      ...(this.gap && { gap: this.gap }),
    };
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

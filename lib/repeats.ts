import { rowKey } from './langfuse/stored.ts';
import type { CallKey, Clock } from './types.ts';

/** Asks Langfuse which of these calls it shows, by row key; `undefined` when it does not say. */
export type Lookup = (calls: readonly CallKey[]) => Promise<ReadonlySet<string> | undefined>;

/** Langfuse 4 shows what it took after one to three seconds (observed on 4.16.0). */
export const SHOWN_AFTER_MS = 3_000;
const SHOWN_WITHIN_MS = 2 * SHOWN_AFTER_MS;
const FIRST_LOOK_MS = 200;

/** Calls of this invocation that are remembered as delivered: some MB of keys. */
const REMEMBERED = 50_000;

/**
 * Keeps calls from being sent twice to a server that would show them twice. A range that SLS offers again holds calls
 * that Langfuse has: so of each page the first and the last call are looked up, and the page as a whole when one of them
 * is there, or when some of the page before were. Pages are settled side by side, so that a later one may have arrived
 * where an earlier one has not. A new page costs two small requests. A line that a log agent shipped twice, into different
 * pages, is known by its key.
 */
export class Repeats {
  readonly #lookup: Lookup;
  readonly #always: boolean;
  #suspect: boolean;
  #latest: CallKey | undefined;
  readonly #delivered = new Set<string>();

  /** `always`: look up every call, because any of them may have been sent before (dead letters). */
  constructor(lookup: Lookup, always = false) {
    this.#lookup = lookup;
    this.#always = always;
    this.#suspect = always;
  }

  /** Those of the calls that have to be sent. */
  async unsent<C extends CallKey>(all: readonly C[]): Promise<readonly C[]> {
    const calls = all.filter((call) => !this.#delivered.has(rowKey(call)));
    const [first] = calls;
    if (first === undefined) return calls;
    if (!this.#suspect && !(await this.#anyKnown([first, calls.at(-1) ?? first]))) return calls;
    const missing = (await this.missing(calls)) ?? calls;
    this.#suspect = this.#always || missing.length < calls.length;
    return missing;
  }

  /** Those of the calls that Langfuse does not show; `undefined` when it does not say. */
  async missing<C extends CallKey>(calls: readonly C[]): Promise<readonly C[] | undefined> {
    const stored = await this.#lookup(calls);
    return stored && calls.filter((call) => !stored.has(rowKey(call)));
  }

  /** These calls were sent; all but the undelivered ones will be shown. */
  sent(calls: readonly CallKey[], undelivered: ReadonlySet<CallKey>): void {
    const delivered = calls.filter((call) => !undelivered.has(call));
    this.#latest = delivered.at(-1) ?? this.#latest;
    for (const call of delivered) this.#delivered.add(rowKey(call));
    for (const key of this.#delivered) {
      if (this.#delivered.size <= REMEMBERED) break;
      this.#delivered.delete(key);
    }
  }

  /** Waits until the last call that was delivered is shown: some seconds at most, and never longer than `until`. */
  async shown(clock: Clock, until: number, signal: AbortSignal): Promise<void> {
    const end = Math.min(until, clock.now() + SHOWN_WITHIN_MS);
    for (let pause = FIRST_LOOK_MS; this.#latest; pause *= 1.5) {
      [this.#latest] = (await this.missing([this.#latest])) ?? [];
      if (!this.#latest || clock.now() + pause >= end) return;
      await clock.sleep(pause, signal);
    }
  }

  async #anyKnown(calls: readonly CallKey[]): Promise<boolean> {
    // One by one: the window between the two may hold thousands of others.
    const missing = await Promise.all(calls.map((call) => this.missing([call])));
    return missing.some((left) => left?.length === 0);
  }
}

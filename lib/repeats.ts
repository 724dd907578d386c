import { rowKey } from './langfuse/stored.ts';
import type { LlmCall } from './types.ts';

/** Asks Langfuse which of these calls it shows, by row key; `undefined` when it does not say. */
export type Lookup = (calls: readonly LlmCall[]) => Promise<ReadonlySet<string> | undefined>;

/**
 * Keeps calls from being sent twice to a server that would show them twice. A range that SLS offers again begins with
 * calls that Langfuse has: so the first page's first and last call are looked up, and only if one is there, its pages
 * are looked up whole until one holds nothing known. A new range costs two small requests.
 */
export class Repeats {
  readonly #lookup: Lookup;
  #suspect: boolean | undefined;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /** Those of the calls that have to be sent. */
  async unsent(calls: readonly LlmCall[]): Promise<readonly LlmCall[]> {
    const first = calls[0];
    if (first === undefined || this.#suspect === false) return calls;
    this.#suspect ??= await this.#anyKnown([first, calls.at(-1) ?? first]);
    if (!this.#suspect) return calls;
    const missing = await this.missing(calls);
    this.#suspect = missing.length < calls.length;
    return missing;
  }

  /** Those of the calls that Langfuse does not show; all of them when it does not say. */
  async missing(calls: readonly LlmCall[]): Promise<readonly LlmCall[]> {
    const stored = await this.#lookup(calls);
    return stored ? calls.filter((call) => !stored.has(rowKey(call))) : calls;
  }

  async #anyKnown(calls: readonly LlmCall[]): Promise<boolean> {
    // One by one: the window between the two may hold thousands of others.
    const missing = await Promise.all(calls.map((call) => this.missing([call])));
    return missing.some((left) => left.length === 0);
  }
}

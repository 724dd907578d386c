import type { Letter } from './types.ts';

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

/** Counts what becomes of the letters of a replay. */
export class ReplayTally {
  objects = 0;
  kept = 0;
  parked = 0;
  more = false;
  #letters = 0;
  readonly #why: Record<string, number> = {};

  /** These letters were read. */
  read(letters: readonly Letter[]): void {
    this.#letters += letters.length;
    for (const letter of letters) {
      const why = letter.kind === 'range' ? `range:${letter.reason}` : letter.rejection.why;
      this.#why[why] = (this.#why[why] ?? 0) + 1;
    }
  }

  /** `busy` says who else is replaying. */
  receipt(requestId: string, busy?: string): ReplayReceipt {
    const { objects, kept, parked, more } = this;
    const settled = this.#letters - kept - parked;
    const counts = { objects, letters: this.#letters, settled, kept, parked, why: this.#why, more };
    return { ...counts, ...(busy && { busy }), requestId };
  }
}

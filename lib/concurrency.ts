/** Requests in flight to begin with. A small self-hosted Langfuse must not be driven into timeouts. */
const START = 4;

/**
 * How many requests may be in flight: one more for each round of good answers, half as many after a bad one (additive
 * increase, multiplicative decrease), never below one.
 */
export class Concurrency {
  #limit: number;
  readonly #most: number;
  #active = 0;
  #lowered = 0;
  readonly #waiting: (() => void)[] = [];

  /** `most`: requests in flight at most. */
  constructor(most: number) {
    this.#most = most;
    this.#limit = Math.min(START, most);
  }

  /** Requests allowed in flight now. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Runs `work` when there is room for it. `bad` tells from its result whether the server is under strain. */
  async run<T>(work: () => Promise<T>, bad: (result: T) => boolean): Promise<T> {
    while (this.#active >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#active++;
    const sentAfter = this.#lowered;
    try {
      const result = await work();
      this.#learn(bad(result), sentAfter);
      return result;
    } finally {
      this.#active--;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  #learn(bad: boolean, sentAfter: number): void {
    if (!bad) {
      this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
    } else if (sentAfter === this.#lowered) {
      // Once for all that were in flight together: they tell of the same strain.
      this.#limit = Math.max(1, this.#limit / 2);
      this.#lowered++;
    }
  }
}

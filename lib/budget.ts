import type { Clock } from './types.ts';

/** Seconds kept for writing dead letters at the end: a fifth of the timeout, but 2 to 20, and never more than half. */
function reserveOf(timeout: number): number {
  return Math.min(20, Math.max(2, timeout / 5), timeout / 2);
}

/**
 * The time an invocation has. Function Compute tells the total timeout, not what is left of it, so the clock starts at
 * entry: until `pullUntil` new pages are asked for, until `sendUntil` calls are sent, and what remains is for letters.
 */
export class Budget {
  readonly startedAt: number;
  readonly pullUntil: number;
  readonly sendUntil: number;
  /** When Function Compute kills the function. */
  readonly endsAt: number;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #finished = new AbortController();

  constructor(clock: Clock, timeoutSeconds: number) {
    this.#clock = clock;
    this.startedAt = clock.now();
    this.endsAt = this.startedAt + timeoutSeconds * 1000;
    const sending = timeoutSeconds - reserveOf(timeoutSeconds);
    this.sendUntil = this.startedAt + sending * 1000;
    // What is pulled last still has to be sent, and a slow answer is worth waiting for.
    this.pullUntil = this.startedAt + (sending - Math.min(30, sending / 4)) * 1000;
  }

  /** Aborts at `sendUntil`. The timer behind it runs until {@link finish}. */
  start(): AbortSignal {
    void this.#watch();
    return this.#over.signal;
  }

  /** Ends the timer. */
  finish(): void {
    this.#finished.abort();
  }

  async #watch(): Promise<void> {
    await this.#clock.sleep(this.sendUntil - this.#clock.now(), this.#finished.signal);
    if (!this.#finished.signal.aborted) this.#over.abort();
  }
}

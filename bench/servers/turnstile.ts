import { systemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/types.ts';

/** A server with one queue: it works off a fixed number of calls a second, in the order in which they come. */
export class Turnstile {
  readonly #perSecond: number;
  readonly #longestMs: number;
  readonly #clock: Clock;
  #freeAt = 0;

  /** `longest`: seconds of work that it takes into its queue. */
  constructor(perSecond: number, longest: number, clock: Clock = systemClock) {
    this.#perSecond = perSecond;
    this.#longestMs = longest * 1000;
    this.#clock = clock;
  }

  /** Waits until these calls are worked off; at once false where the queue is full. */
  async pass(calls: number): Promise<boolean> {
    const now = this.#clock.now();
    const begin = Math.max(now, this.#freeAt);
    if (begin - now > this.#longestMs) return false;
    this.#freeAt = begin + (calls / this.#perSecond) * 1000;
    await this.#clock.sleep(this.#freeAt - now);
    return true;
  }
}

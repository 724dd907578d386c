import { setTimeout as delay } from 'node:timers/promises';

/** A server with one queue: it works off a fixed number of calls a second, in the order in which they come. */
export class Turnstile {
  readonly #perSecond: number;
  readonly #longestMs: number;
  #freeAt = 0;

  /** `longest`: seconds of work that it takes into its queue. */
  constructor(perSecond: number, longest: number) {
    this.#perSecond = perSecond;
    this.#longestMs = longest * 1000;
  }

  /** Waits until these calls are worked off; at once false where the queue is full. */
  async pass(calls: number): Promise<boolean> {
    const now = Date.now();
    const begin = Math.max(now, this.#freeAt);
    if (begin - now > this.#longestMs) return false;
    this.#freeAt = begin + (calls / this.#perSecond) * 1000;
    await delay(this.#freeAt - now);
    return true;
  }
}

import type { Clock } from '../../../lib/types.ts';
import type { FakeClock } from '../clock.ts';

/** What became of an invocation. */
export type End<T> =
  | { readonly kind: 'returned'; readonly value: T }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'died' };

const NEVER = new Promise<never>(() => {});

/**
 * A process that may die at anything it waits for. From then on nothing of it has an effect: what it waits for never
 * comes. One that lives until its end is killed there, as Function Compute does.
 */
export class Mortal {
  readonly clock: Clock;
  /** Aborts when sending has to end. */
  readonly signal: AbortSignal;
  readonly startedAt: number;
  readonly sendUntil: number;
  readonly endsAt: number;
  readonly #time: FakeClock;
  readonly #diesAt: number;
  readonly #diesAfter: boolean;
  readonly #death: Promise<void>;
  #die: () => void = () => {};
  #dead = false;
  #events = 0;

  constructor(time: FakeClock, sendMs: number, { diesAt, diesAfter }: { diesAt: number; diesAfter: boolean }) {
    this.#time = time;
    this.#diesAt = diesAt;
    this.#diesAfter = diesAfter;
    this.#death = new Promise((resolve) => {
      this.#die = resolve;
    });
    this.startedAt = time.now();
    this.sendUntil = this.startedAt + sendMs;
    this.endsAt = this.sendUntil + 20_000;
    this.signal = this.#watch();
    this.clock = { now: () => time.now(), sleep: (ms, signal) => this.#sleep(ms, signal) };
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Runs the process to its end, whichever that is. */
  async run<T>(work: () => Promise<T>): Promise<End<T>> {
    const over = work().then(
      (value): End<T> => ({ kind: 'returned', value }),
      (error: unknown): End<T> => ({ kind: 'threw', error }),
    );
    const end = await Promise.race([over, this.#death.then((): End<T> => ({ kind: 'died' }))]);
    // Whatever it left running is cut off.
    this.#dead = true;
    return end;
  }

  /** Something outside that takes `ms`, and then has its effect and its answer. */
  async act<T>(ms: number, effect: () => T): Promise<T> {
    for (let turn = 0; turn <= ms % 5; turn++) await undefined;
    if (this.#dead) return NEVER;
    this.#time.advance(ms);
    if (this.#dead) return NEVER;
    if (++this.#events !== this.#diesAt) return effect();
    if (this.#diesAfter) effect();
    this.#kill();
    return NEVER;
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#dead) return NEVER;
    await this.#time.sleep(ms, signal);
    return this.#dead ? NEVER : undefined;
  }

  #watch(): AbortSignal {
    const over = new AbortController();
    this.#time.at(this.sendUntil, () => over.abort());
    this.#time.at(this.endsAt, () => this.#kill());
    return over.signal;
  }

  #kill(): void {
    this.#dead = true;
    this.#die();
  }
}

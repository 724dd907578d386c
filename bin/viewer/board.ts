import type { Receipt } from '../../lib/types.ts';
import type { Call, CallSource } from './call.ts';
import type { LetterDesk, LetterObject } from './desk.ts';
import { saidOf } from './said.ts';

/** What an invocation of the function came to. `at` is Unix milliseconds. */
export type InvocationEntry = {
  readonly at: number;
  readonly requestId: string;
  readonly shard?: number;
} & ({ readonly receipt: Receipt } | { readonly error: { readonly type: string; readonly message: string } });

/** Everything the page shows beside contents. `version` grows with each change. */
export interface State {
  readonly version: number;
  readonly running: boolean;
  readonly langfuse: { readonly place: string; readonly note?: string; readonly problem?: string };
  readonly letterPlace: { readonly place: string; readonly problem?: string };
  readonly calls: readonly Call[];
  readonly letters: readonly LetterObject[];
  readonly invocations: readonly InvocationEntry[];
}

interface Answer<T> {
  readonly mark: string;
  readonly value: readonly T[];
  readonly problem?: string;
}

const UNREAD = { mark: '\0', value: [] };

/** Keeps what was last read of the calls and the letters, and reads again what may have changed. */
export class Board {
  readonly calls: CallSource;
  readonly desk: LetterDesk;
  readonly #invocations: InvocationEntry[] = [];
  #version = 0;
  #running = true;
  #replays = 0;
  #seenCalls: Answer<Call> = UNREAD;
  #seenLetters: Answer<LetterObject> = UNREAD;
  #refreshing: Promise<void> | undefined;

  constructor(calls: CallSource, desk: LetterDesk) {
    this.calls = calls;
    this.desk = desk;
  }

  get version(): number {
    return this.#version;
  }

  add(invocation: InvocationEntry): void {
    this.#invocations.push(invocation);
    this.#version++;
  }

  /** The function is not invoked any more. */
  finish(): void {
    this.#running = false;
    this.#version++;
  }

  /** The bucket has changed by an action of this page. */
  replayed(): void {
    this.#replays++;
  }

  /** Reads again what may have changed; those who ask meanwhile wait for the same. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  state(): State {
    const { note, place } = this.calls;
    return {
      version: this.#version,
      running: this.#running,
      langfuse: { place, ...(note && { note }), ...problemOf(this.#seenCalls) },
      letterPlace: { place: this.desk.place, ...problemOf(this.#seenLetters) },
      calls: this.#seenCalls.value,
      letters: this.#seenLetters.value,
      invocations: this.#invocations,
    };
  }

  async #refresh(): Promise<void> {
    const marks = `${this.#replays}/${this.#invocations.length}`;
    const [calls, letters] = await Promise.all([
      renewed(this.#seenCalls, this.calls.mark(), () => this.calls.calls()),
      renewed(this.#seenLetters, `${this.desk.mark()}/${marks}`, () => this.desk.list()),
    ]);
    const changed = !same(calls, this.#seenCalls) || !same(letters, this.#seenLetters);
    this.#seenCalls = calls;
    this.#seenLetters = letters;
    if (changed) this.#version++;
  }
}

/** What cannot be read now leaves on the page what was read before. */
async function renewed<T>(before: Answer<T>, mark: string, read: () => Promise<readonly T[]>): Promise<Answer<T>> {
  if (mark === before.mark) return before;
  try {
    return { mark, value: await read() };
  } catch (error) {
    return { mark, value: before.value, problem: saidOf(error) };
  }
}

function same<T>(a: Answer<T>, b: Answer<T>): boolean {
  return a === b || (a.problem === b.problem && JSON.stringify(a.value) === JSON.stringify(b.value));
}

function problemOf({ problem }: Answer<unknown>): { problem?: string } {
  return problem === undefined ? {} : { problem };
}

import { InvocationError } from '../../lib/errors.ts';
import { Failure } from '../letters/failure.ts';

export type Status = 'ok' | 'warn' | 'fail' | 'skipped';

/** What is told of one check. */
export interface Result {
  readonly name: string;
  readonly status: Status;
  /** What was found, and where. */
  readonly message: string;
  /** What to do about it. */
  readonly next?: string;
}

/** What a check found. With a value, the checks that need it go on, whatever its status. */
export interface Finding<T> {
  readonly status: Exclude<Status, 'skipped'>;
  readonly message: string;
  readonly next?: string;
  readonly value?: T | undefined;
}

export function ok<T = never>(message: string, value?: T): Finding<T> {
  return { status: 'ok', message, value };
}

export function warn<T = never>(message: string, next: string, value?: T): Finding<T> {
  return { status: 'warn', message, next, value };
}

export function fail<T = never>(message: string, next: string, value?: T): Finding<T> {
  return { status: 'fail', message, next, value };
}

export interface Progress {
  started(name: string): void;
  /** How far a check is that takes long. */
  told(text: string): void;
  ended(result: Result): void;
}

export interface Bedside {
  /** Aborts when the check's time is over. */
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

type Work<N, T> = (needs: N, bedside: Bedside) => Finding<T> | Promise<Finding<T>>;

/** Runs checks one after the other and keeps their results. */
export class Exam {
  readonly results: Result[] = [];
  readonly timeoutMs: number;
  readonly #progress: Progress;

  constructor(timeoutMs: number, progress: Progress) {
    this.timeoutMs = timeoutMs;
    this.#progress = progress;
  }

  /**
   * Runs a check and returns its value. `needs`: the values of earlier checks by what they are called; with one that is
   * missing, the check is skipped and says so. One that takes longer than `timeoutMs` has failed. Never rejects.
   */
  async check<N extends object, T>(
    name: string,
    needs: { readonly [K in keyof N]: N[K] | undefined },
    work: Work<N, T>,
    timeoutMs = this.timeoutMs,
  ): Promise<T | undefined> {
    const missing = Object.keys(needs).filter((key) => needs[key as keyof N] === undefined);
    if (missing.length > 0) {
      this.skip(name, `Not checked: needs ${missing.join(' and ')}.`);
      return undefined;
    }
    this.#progress.started(name);
    const { value, ...found } = await this.#limited(needs as N, work, timeoutMs);
    this.#add({ name, ...found });
    return value;
  }

  skip(name: string, message: string): void {
    this.#add({ name, status: 'skipped', message });
  }

  #add(result: Result): void {
    this.results.push(result);
    this.#progress.ended(result);
  }

  async #limited<N, T>(needs: N, work: Work<N, T>, timeoutMs: number): Promise<Finding<T>> {
    const over = new AbortController();
    const tell = (text: string) => this.#progress.told(text);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Finding<T>>((resolve) => {
      timer = setTimeout(() => resolve(overdue(timeoutMs)), timeoutMs);
    });
    try {
      return await Promise.race([settled(needs, work, { signal: over.signal, tell }), late]);
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }
}

async function settled<N, T>(needs: N, work: Work<N, T>, bedside: Bedside): Promise<Finding<T>> {
  try {
    return await work(needs, bedside);
  } catch (error) {
    if (error instanceof Failure || error instanceof InvocationError) return fail(error.message, CORRECT);
    // A mistake in one check must not cost the others their turn.
    const { name, code = '' } = error as NodeJS.ErrnoException;
    return fail(`The check itself failed: ${name} ${code}`.trim(), 'Report this, with the command and its output.');
  }
}

/** The next step after a wrong setting. */
export const CORRECT =
  'Correct it in .env (.env.NAME with DEPLOY_ENV=NAME) or in the shell; .env.example explains every variable.';

function overdue(timeoutMs: number): Finding<never> {
  const next = 'Check that this machine reaches the address (proxy, VPC, firewall); --timeout SECONDS waits longer.';
  return fail(`Not done within ${timeoutMs / 1000} s.`, next);
}

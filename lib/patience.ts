import type { Failure } from './langfuse/sink.ts';
import type { Trial } from './trial.ts';
import type { Clock, RangeReason } from './types.ts';

/** Why nothing more is sent in an invocation. */
export interface Halt {
  readonly reason: Extract<RangeReason, 'outage' | 'refused' | 'deadline'>;
  readonly message: string;
  readonly status?: number;
  /** The Langfuse project, where there are several. */
  readonly destination?: string;
}

export interface PatiencePorts {
  readonly clock: Clock;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Aborts when sending has to end; `sendUntil` is that time in Unix milliseconds. */
  readonly signal: AbortSignal;
  readonly sendUntil: number;
}

/** How long a request is repeated before Langfuse counts as down: longer than a restart, shorter than a trigger's patience. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** How long an invocation waits for Langfuse, and when it gives up: once, for all of its batches. */
export class Patience {
  readonly #ports: PatiencePorts;
  #halt: Halt | undefined;
  /** Why Langfuse did not take the last request; nothing once it took one again. */
  #trouble: Failure | undefined;

  constructor(ports: PatiencePorts) {
    this.#ports = ports;
  }

  /** Set once nothing more is to be sent. */
  get halt(): Halt | undefined {
    return this.#halt;
  }

  /** Whether there is time left, and a Langfuse to send to. */
  mayGoOn(): boolean {
    if (this.#ports.signal.aborted) this.end();
    return this.#halt === undefined;
  }

  /** Why nothing more is sent. If nothing has ended the sending yet, this does: its time is over. */
  end(): Halt {
    this.#halt ??= this.#overdue();
    return this.#halt;
  }

  /** Langfuse took a request. */
  relieved(): void {
    this.#trouble = undefined;
  }

  /** Nothing more is to be sent. */
  stop(reason: Halt['reason'], failure: Failure, trial: Trial): void {
    trial.failure = failure;
    this.#halt ??= haltOf(reason, failure);
  }

  /** Waits before the next attempt, or stops when there is no time for one. The deadline is checked before sleeping. */
  async pause(failure: Failure, trial: Trial): Promise<void> {
    const { clock, random, sendUntil, signal } = this.#ports;
    const now = clock.now();
    trial.failed(failure, now);
    // What the end of the time cut off says nothing of Langfuse.
    if (!signal.aborted) this.#trouble = failure;
    if (!this.mayGoOn()) return;
    const jittered = random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** trial.pauses++);
    const pause = Math.max(jittered, failure.retryAfterMs ?? 0);
    // A server that says when to come back is not down, however late that is.
    const patience = failure.retryAfterMs === undefined ? (trial.failingSince ?? now) + PATIENCE_MS : sendUntil;
    if (now + pause >= Math.min(sendUntil, patience)) this.stop('outage', failure, trial);
    else await clock.sleep(pause, signal);
  }

  /** The time is over: with Langfuse in trouble until then, it is the trouble's doing. */
  #overdue(): Halt {
    if (!this.#trouble) return { reason: 'deadline', message: 'the time for sending is over' };
    return haltOf('outage', this.#trouble);
  }
}

function haltOf(reason: Halt['reason'], { message, status }: Failure): Halt {
  return { reason, message, ...(status !== undefined && { status }) };
}

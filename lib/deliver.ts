import { batchesOf, isParcel, OVERSIZE, wrapFitting } from './batch.ts';
import { Concurrency } from './concurrency.ts';
import { ambiguous, nextStep } from './failure-rule.ts';
import type { Langfuse, Route } from './langfuse/langfuse.ts';
import type { Failure, Parcel, Verdict } from './langfuse/sink.ts';
import type { Lookup } from './repeats.ts';
import { Repeats } from './repeats.ts';
import type { Clock, LlmCall, RangeReason, Rejection } from './types.ts';

/** A call that did not reach Langfuse, and why. */
export interface Undelivered {
  readonly call: LlmCall;
  readonly rejection: Rejection;
}

/** Why nothing more is sent in this invocation. */
export interface Halt {
  readonly reason: Extract<RangeReason, 'outage' | 'refused' | 'deadline'>;
  readonly message: string;
  readonly status?: number;
}

export interface DeliveryPorts {
  readonly langfuse: Langfuse;
  readonly lookup: Lookup;
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
/** Bytes. A proxy that takes no call of this size is not there to pass on LLM calls. */
const SMALLEST_LIMIT = 64_000;

/**
 * Delivers the calls of one invocation: in batches, several in flight, repeated and halved as the failure rule says.
 * Every call given to {@link settle} is settled when it returns.
 */
export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #concurrency = new Concurrency();
  readonly #repeats: Repeats;
  #halt: Halt | undefined;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    this.#repeats = new Repeats(ports.lookup);
  }

  /** Set once nothing more should be pulled. */
  get halt(): Halt | undefined {
    return this.#halt;
  }

  /** Delivers the calls and returns those that Langfuse did not take. Never rejects. */
  async settle(calls: readonly LlmCall[]): Promise<readonly Undelivered[]> {
    if (calls.length === 0) return [];
    return this.#send(calls, new Trial(this.#ports));
  }

  async #send(calls: readonly LlmCall[], trial: Trial): Promise<readonly Undelivered[]> {
    const route = await this.#route(trial);
    if (!route) return calls.map((call) => ({ call, rejection: this.#rejection(trial) }));
    const unsent = route.server.mergesLate ? await this.#repeats.unsent(calls) : calls;
    const parcels = unsent.map((call) => wrapFitting(call, route.sink, route.sink.maxBytes) ?? call);
    const oversize = parcels.filter((parcel) => !isParcel(parcel)).map((call) => tooLarge(call as LlmCall));
    const batches = batchesOf(parcels.filter(isParcel), route.sink);
    const settled = batches.map((batch) => this.#batch(batch, route, trial.fresh()));
    return [...oversize, ...(await Promise.all(settled)).flat()];
  }

  async #route(trial: Trial): Promise<Route | undefined> {
    while (this.#mayGoOn()) {
      const route = await this.#ports.langfuse.route(this.#ports.signal);
      if ('sink' in route) return route;
      if (!(await this.#pause(route, trial))) break;
    }
    return undefined;
  }

  /** Sends a batch until each of its calls is settled. */
  async #batch(batch: readonly Parcel[], route: Route, trial: Trial): Promise<readonly Undelivered[]> {
    const settled: Undelivered[] = [];
    let left = batch;
    while (left.length > 0 && this.#mayGoOn()) {
      const answer = await this.#concurrency.run(
        () => route.sink.send(left, this.#ports.signal),
        (result) => result.kind === 'failed' && nextStep(result.failure) === 'retry',
      );
      trial.attempts++;
      if (answer.kind === 'answered') {
        const { refused, again, failure } = sorted(left, answer.verdicts, trial);
        settled.push(...refused);
        if (!failure) return settled;
        left = again;
        if (!(await this.#pause(failure, trial))) break;
        continue;
      }
      const step = nextStep(answer.failure);
      if (step === 'split') return [...settled, ...(await this.#halve(left, route, trial, answer.failure))];
      if (step === 'switch' && this.#ports.langfuse.switchToOtlp()) {
        return [
          ...settled,
          ...(await this.#send(
            left.map(({ call }) => call),
            trial,
          )),
        ];
      }
      if (step !== 'retry') {
        this.#stop('refused', answer.failure, trial);
        break;
      }
      if (!(await this.#pause(answer.failure, trial))) break;
      left = await this.#stillMissing(left, route, answer.failure);
    }
    return [...settled, ...left.map(({ call }) => ({ call, rejection: this.#rejection(trial) }))];
  }

  async #halve(
    batch: readonly Parcel[],
    route: Route,
    trial: Trial,
    failure: Failure,
  ): Promise<readonly Undelivered[]> {
    const [only] = batch;
    if (batch.length === 1 && only) return this.#alone(only, route, trial, failure);
    const middle = Math.ceil(batch.length / 2);
    const halves = [batch.slice(0, middle), batch.slice(middle)];
    return (await Promise.all(halves.map((half) => this.#batch(half, route, trial.fresh())))).flat();
  }

  /** A call that was refused by itself. Too large may mean for a proxy on the way, whose limit nobody told: cut it more. */
  async #alone(parcel: Parcel, route: Route, trial: Trial, failure: Failure): Promise<readonly Undelivered[]> {
    const { call, bytes } = parcel;
    if (failure.status !== 413) return [{ call, rejection: refusedAlone(failure, trial) }];
    const smaller = bytes > SMALLEST_LIMIT ? wrapFitting(call, route.sink, Math.floor(bytes / 2)) : undefined;
    return smaller ? this.#batch([smaller], route, trial.fresh()) : [tooLarge(call)];
  }

  /** After a request whose answer was lost: what a server that merges late already shows is not sent again. */
  async #stillMissing(left: readonly Parcel[], { server }: Route, failure: Failure): Promise<readonly Parcel[]> {
    if (!server.mergesLate || !ambiguous(failure)) return left;
    const missing = new Set(await this.#repeats.missing(left.map(({ call }) => call)));
    return left.filter(({ call }) => missing.has(call));
  }

  /** Waits before the next attempt; `false` when there is no time for one. The deadline is checked before sleeping. */
  async #pause(failure: Failure, trial: Trial): Promise<boolean> {
    trial.failure = failure;
    const { clock, random, sendUntil, signal } = this.#ports;
    const jittered = random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** trial.pauses++);
    const pause = Math.max(jittered, failure.retryAfterMs ?? 0);
    const until = clock.now() + pause;
    if (until >= sendUntil || until >= trial.startedAt + PATIENCE_MS) {
      this.#stop('outage', failure, trial);
      return false;
    }
    await clock.sleep(pause, signal);
    return true;
  }

  #mayGoOn(): boolean {
    if (this.#ports.signal.aborted) this.#halt ??= { reason: 'deadline', message: 'the time for sending is over' };
    return this.#halt === undefined;
  }

  #stop(reason: Halt['reason'], { message, status }: Failure, trial: Trial): void {
    trial.failure = { kind: 'http', message, ...(status !== undefined && { status }) };
    this.#halt ??= { reason, message, ...(status !== undefined && { status }) };
  }

  #rejection(trial: Trial): Rejection {
    const { message, status } = trial.failure ?? this.#halt ?? { message: 'not sent', status: undefined };
    const why = this.#halt?.reason === 'refused' ? 'refused' : 'unavailable';
    return { why, message, attempts: trial.attempts, ...(status !== undefined && { status }) };
  }
}

/** What one batch has been through. */
class Trial {
  readonly #clock: Clock;
  readonly startedAt: number;
  attempts = 0;
  pauses = 0;
  failure: Failure | undefined;

  constructor(ports: { clock: Clock }) {
    this.#clock = ports.clock;
    this.startedAt = ports.clock.now();
  }

  fresh(): Trial {
    const trial = new Trial({ clock: this.#clock });
    trial.attempts = this.attempts;
    return trial;
  }
}

interface Sorted {
  readonly refused: Undelivered[];
  readonly again: Parcel[];
  /** The first reason to send some of them again. */
  readonly failure: Failure | undefined;
}

function sorted(parcels: readonly Parcel[], verdicts: readonly Verdict[], { attempts }: Trial): Sorted {
  const refused: Undelivered[] = [];
  const again: Parcel[] = [];
  let failure: Failure | undefined;
  parcels.forEach((parcel, i) => {
    const verdict = verdicts[i];
    if (verdict?.kind === 'again') {
      again.push(parcel);
      failure ??= verdict.failure;
    } else if (verdict?.kind === 'refused') {
      const { message, status } = verdict;
      const rejection: Rejection = { why: 'refused', message, attempts, ...(status !== undefined && { status }) };
      refused.push({ call: parcel.call, rejection });
    }
  });
  return { refused, again, failure };
}

function refusedAlone({ message, status }: Failure, { attempts }: Trial): Rejection {
  return { why: 'refused', message, attempts, ...(status !== undefined && { status }) };
}

function tooLarge(call: LlmCall): Undelivered {
  return { call, rejection: { why: 'oversize', message: OVERSIZE } };
}

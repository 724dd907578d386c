import { batchesOf, isParcel, OVERSIZE, parcelOf, wrapFitting } from './batch.ts';
import { Concurrency } from './concurrency.ts';
import { type NextStep, nextStep } from './failure-rule.ts';
import { type HeldCall, type WrittenCall, wholeOf } from './held-call.ts';
import type { Langfuse, Route } from './langfuse/langfuse.ts';
import type { Answer, Failure, Parcel, Write } from './langfuse/sink.ts';
import { type Halt, Patience, type PatiencePorts } from './patience.ts';
import { type Lookup, Repeats, SHOWN_AFTER_MS } from './repeats.ts';
import { refusal, sortAnswer, Trial, type Undelivered } from './trial.ts';
import type { LlmCall, Rejection } from './types.ts';

export type { Undelivered } from './trial.ts';

export interface DeliveryPorts extends PatiencePorts {
  readonly langfuse: Langfuse;
  readonly lookup: Lookup;
  /** Whether any call may have been sent before: dead letters are such. */
  readonly resent?: boolean;
  /** Requests in flight at most. */
  readonly concurrency: number;
}

/** Bytes. A proxy that takes no call of this size is not there to pass on LLM calls. */
const SMALLEST_LIMIT = 64_000;

type Settled = Promise<readonly Undelivered[]>;

/**
 * Delivers the calls of one invocation: in batches, several in flight, repeated and halved as the failure rule says.
 * Every call given to {@link settle} is settled when it returns.
 */
export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #concurrency: Concurrency;
  readonly #repeats: Repeats;
  readonly #patience: Patience;
  #known: Route | undefined;
  #asked: Promise<Route | Failure> | undefined;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    this.#repeats = new Repeats(ports.lookup, ports.resent);
    this.#concurrency = new Concurrency(ports.concurrency);
    this.#patience = new Patience(ports);
  }

  /** Set once nothing more should be pulled. */
  get halt(): Halt | undefined {
    return this.#patience.halt;
  }

  /** The same as a list, as there may be several projects to deliver to. */
  get halts(): readonly Halt[] {
    return this.halt ? [this.halt] : [];
  }

  /** Finds out, once, how calls are sent, so that they can be {@link written} as they are read. */
  async ready(): Promise<void> {
    this.#asked ??= this.#found();
    await this.#asked;
  }

  /** The call as it will be sent, as far as that is known yet; written by `write` where that is given. */
  written(call: LlmCall, write?: Write): WrittenCall['written'] {
    const sink = this.#known?.sink;
    const as = sink && wrapFitting(call, sink, sink.maxBytes, write);
    return as && { sink, as };
  }

  /** Delivers the calls and returns those that Langfuse did not take. Never rejects. */
  async settle(calls: readonly HeldCall[]): Settled {
    return calls.length === 0 ? [] : this.#send(calls, new Trial());
  }

  /**
   * Waits until Langfuse shows what was delivered last, where it merges late: the same range may be offered again at
   * once, and what is not shown yet would be sent, and seen, twice.
   */
  async shown(): Promise<void> {
    const { clock, sendUntil, signal } = this.#ports;
    if (this.halt === undefined) await this.#repeats.shown(clock, sendUntil, signal);
  }

  async #send(calls: readonly HeldCall[], trial: Trial): Settled {
    const route = await this.#route(trial);
    if (!route) return this.#givenUp(calls, trial);
    const unsent = route.server.mergesLate ? await this.#repeats.unsent(calls) : calls;
    const parcels = unsent.map((call) => parcelOf(call, route.sink) ?? call);
    const oversize = parcels.flatMap((parcel) => (isParcel(parcel) ? [] : [tooLarge(parcel)]));
    const batches = batchesOf(parcels.filter(isParcel), route.sink);
    const settled = await Promise.all(batches.map((batch) => this.#batch(batch, route, trial.fresh())));
    const undelivered = [...oversize, ...settled.flat()];
    if (route.server.mergesLate) this.#repeats.sent(unsent, new Set(undelivered.map(({ call }) => call)));
    return undelivered;
  }

  async #route(trial: Trial): Promise<Route | undefined> {
    while (this.#patience.mayGoOn()) {
      const route = await this.#found();
      if ('sink' in route) return route;
      await this.#patience.pause(route, trial);
    }
    return undefined;
  }

  async #found(): Promise<Route | Failure> {
    const route = await this.#ports.langfuse.route(this.#ports.signal);
    if ('sink' in route) this.#known = route;
    return route;
  }

  /** Sends a batch until each of its calls is settled. */
  async #batch(batch: readonly Parcel[], route: Route, trial: Trial): Settled {
    const refused: Undelivered[] = [];
    let left = batch;
    while (this.#patience.mayGoOn()) {
      left = await this.#stillMissing(left, route, trial);
      if (left.length === 0) return refused;
      const answer = await this.#request(left, route);
      if (!answer) break;
      trial.attempts++;
      const { refused: those, again, failure } = sortAnswer(left, answer, trial);
      refused.push(...those);
      left = again;
      if (!failure) {
        this.#patience.relieved();
        return refused;
      }
      const step = nextStep(failure);
      if (step !== 'retry') return [...refused, ...(await this.#instead(step, left, route, trial, failure))];
      await this.#patience.pause(failure, trial);
    }
    return [...refused, ...this.#givenUp(callsIn(left), trial)];
  }

  /** One request, once there is room for it; `undefined` when nothing is to be sent any more by then. */
  #request(parcels: readonly Parcel[], { sink }: Route): Promise<Answer | undefined> {
    return this.#concurrency.run(
      async () => (this.#patience.mayGoOn() ? sink.send(parcels, this.#ports.signal) : undefined),
      (answer) => answer?.kind === 'failed' && nextStep(answer.failure) === 'retry',
    );
  }

  /** What happens to calls whose request is not simply sent again. */
  async #instead(
    step: Exclude<NextStep, 'retry'>,
    left: readonly Parcel[],
    route: Route,
    trial: Trial,
    failure: Failure,
  ): Settled {
    if (step === 'split') return this.#halve(left, route, trial, failure);
    if (step === 'switch' && this.#ports.langfuse.switchToOtlp()) return this.#send(callsIn(left), trial);
    this.#patience.stop('refused', failure, trial);
    return this.#givenUp(callsIn(left), trial);
  }

  async #halve(batch: readonly Parcel[], route: Route, trial: Trial, failure: Failure): Settled {
    const [only] = batch;
    if (batch.length === 1 && only) return this.#alone(only, route, trial, failure);
    const middle = Math.ceil(batch.length / 2);
    const halves = [batch.slice(0, middle), batch.slice(middle)];
    return (await Promise.all(halves.map((half) => this.#batch(half, route, trial.fresh())))).flat();
  }

  /** A call that was refused by itself. Too large may mean for a proxy on the way, whose limit nobody told: cut it more. */
  async #alone({ call, bytes }: Parcel, route: Route, trial: Trial, failure: Failure): Settled {
    if (failure.status !== 413) return [{ call, rejection: refusal(failure, trial) }];
    const smaller = bytes > SMALLEST_LIMIT ? wrapFitting(wholeOf(call), route.sink, Math.floor(bytes / 2)) : undefined;
    return smaller ? this.#batch([{ call, ...smaller }], route, trial.fresh()) : [tooLarge(call)];
  }

  /** After a request whose answer was lost: what a server that merges late already shows is not sent again. */
  async #stillMissing(left: readonly Parcel[], { server }: Route, trial: Trial): Promise<readonly Parcel[]> {
    if (!server.mergesLate || !trial.doubtful) return left;
    // What it took is not shown at once: asked too early, it would be sent again.
    await this.#ports.clock.sleep(SHOWN_AFTER_MS, this.#ports.signal);
    const missing = await this.#repeats.missing(callsIn(left));
    // It did not say: the doubt stays, to be asked about after the next failure.
    if (!missing) return left;
    trial.doubtful = false;
    const wanted = new Set(missing);
    return left.filter(({ call }) => wanted.has(call));
  }

  #givenUp(calls: readonly HeldCall[], { attempts, failure }: Trial): readonly Undelivered[] {
    const end = this.#patience.end();
    const { message, status } = failure ?? end;
    const why = end.reason === 'refused' ? 'refused' : 'unavailable';
    const rejection: Rejection = { why, message, attempts, ...(status !== undefined && { status }) };
    return calls.map((call) => ({ call, rejection }));
  }
}

function callsIn(parcels: readonly Parcel[]): HeldCall[] {
  return parcels.map(({ call }) => call);
}

function tooLarge(call: HeldCall): Undelivered {
  return { call, rejection: { why: 'oversize', message: OVERSIZE } };
}

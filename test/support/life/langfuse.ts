import { type HeldCall, wholeOf } from '../../../lib/held-call.ts';
import type { Langfuse } from '../../../lib/langfuse/langfuse.ts';
import { ACCEPTED, type Answer, type Failure, type Parcel, type TraceSink } from '../../../lib/langfuse/sink.ts';
import { rowKey } from '../../../lib/langfuse/stored.ts';
import type { CallKey, LlmCall } from '../../../lib/types.ts';
import type { Mortal } from './mortal.ts';
import type { LifePlan, SendFault } from './plan.ts';

const RESET: Failure = { kind: 'network', message: 'reset' };
const TIMEOUT: Failure = { kind: 'timeout', message: 'no answer' };
const DOWN: Failure = { kind: 'http', status: 503, message: 'HTTP 503' };
const PAGE: Failure = { kind: 'unreadable', status: 200, message: 'HTTP 200 (an HTML page)' };
const FAILURES: Readonly<Partial<Record<SendFault, Failure>>> = {
  reset: RESET,
  timeout: TIMEOUT,
  down: DOWN,
  busy: { kind: 'http', status: 429, message: 'HTTP 429' },
  'come-back': { kind: 'http', status: 429, message: 'HTTP 429', retryAfterMs: 2000 },
  page: PAGE,
  'too-large': { kind: 'http', status: 413, message: 'HTTP 413' },
  keys: { kind: 'http', status: 401, message: 'HTTP 401' },
  'stored-reset': RESET,
  'stored-timeout': TIMEOUT,
  'stored-down': DOWN,
  'stored-page': PAGE,
};

/** One page or object of calls in delivery. */
interface Offer {
  readonly acknowledged: Set<string>;
  /** Langfuse showed these when they were offered, and so the client can know. */
  readonly shown: ReadonlySet<string>;
}

/** A Langfuse that keeps count of its rows, and of what it is sent that it should not be. */
export class LangfuseModel {
  /** How often each row is there, and when it was first shown (Unix milliseconds). */
  readonly rows = new Map<string, { times: number; shownAt: number }>();
  /** Rows that may be there twice: an answer was lost, or they were offered again before anyone could know. */
  readonly excused = new Set<string>();
  readonly breaches: string[] = [];
  healed = false;
  /** How it is by the time (Unix milliseconds), instead of as the plan says. */
  weather: ((now: number) => LifePlan['sends'][number]) | undefined;
  readonly #plan: LifePlan;
  readonly #bad: (call: HeldCall) => boolean;
  readonly #offered = new Set<string>();
  #sends = 0;
  #lookups = 0;
  #routes = 0;

  constructor(plan: LifePlan, bad: (call: LlmCall, healed: boolean) => boolean) {
    this.#plan = plan;
    this.#bad = (call) => bad(wholeOf(call), this.healed);
  }

  /** What one process sees of it. */
  open(life: Mortal, resent: boolean): LangfuseView {
    return new LangfuseView(this, life, resent);
  }

  /** Notes that these calls are to be delivered now, and what Langfuse shows of them. */
  offer(calls: readonly CallKey[], now: number, resent: boolean): Offer {
    const keys = calls.map(rowKey);
    const isShown = (key: string | undefined) => key !== undefined && this.isShown(key, now);
    // The client asks for the first and the last, or for all where any may have been sent before.
    const asks = this.#plan.mergesLate && (resent || isShown(keys[0]) || isShown(keys.at(-1)));
    for (const key of keys) if (this.#offered.has(key)) this.excused.add(key);
    for (const key of keys) this.#offered.add(key);
    return { acknowledged: new Set(), shown: new Set(asks ? keys.filter(isShown) : []) };
  }

  isShown(key: string, now: number): boolean {
    return (this.rows.get(key)?.shownAt ?? Number.POSITIVE_INFINITY) <= now;
  }

  store(parcels: readonly Parcel[], now: number, lost: boolean): void {
    for (const key of parcels.map(({ call }) => rowKey(call))) {
      const row = this.rows.get(key) ?? { times: 0, shownAt: now + this.#plan.visibleMs };
      this.rows.set(key, { ...row, times: row.times + 1 });
      if (lost) this.excused.add(key);
    }
  }

  nextSend(now: number): LifePlan['sends'][number] {
    if (this.weather) return this.weather(now);
    return (this.healed ? undefined : this.#plan.sends[this.#sends++]) ?? { fault: 'ok', ms: 20 };
  }

  nextLookup(): boolean {
    return this.healed || (this.#plan.lookups[this.#lookups++] ?? true);
  }

  nextRoute(): boolean {
    return this.healed || (this.#plan.routes[this.#routes++] ?? true);
  }

  get mergesLate(): boolean {
    return this.#plan.mergesLate;
  }

  /** What it answers to a request that no fault befalls. */
  answer(parcels: readonly Parcel[], now: number, partial: boolean): Answer {
    if (!this.#plan.named && parcels.some(({ call }) => this.#bad(call))) {
      return { kind: 'failed', failure: { kind: 'http', status: 400, message: 'HTTP 400' } };
    }
    const verdicts = parcels.map((parcel, i) => {
      if (this.#bad(parcel.call)) return { kind: 'refused', status: 400, message: 'HTTP 400' } as const;
      if (partial && i === 0) return { kind: 'again', failure: DOWN } as const;
      this.store([parcel], now, false);
      return ACCEPTED;
    });
    return { kind: 'answered', verdicts };
  }
}

/** Langfuse as one process sees it, which holds that process to its promises. */
export class LangfuseView implements Langfuse {
  readonly #model: LangfuseModel;
  readonly #life: Mortal;
  readonly #resent: boolean;
  readonly #offers = new Map<string, Offer>();
  readonly #sink: TraceSink = {
    ...({ name: 'otlp', maxCalls: 4, maxBytes: 10_000 } as const),
    wrap: () => ({ body: Buffer.alloc(0), bytes: 100 }),
    send: (parcels) => this.#send(parcels),
  };
  /** Langfuse did not say what it shows: then the process may send it again. */
  #blind = false;

  constructor(model: LangfuseModel, life: Mortal, resent: boolean) {
    this.#model = model;
    this.#life = life;
    this.#resent = resent;
  }

  offer(calls: readonly CallKey[]): void {
    const offer = this.#model.offer(calls, this.#life.clock.now(), this.#resent);
    for (const call of calls) this.#offers.set(rowKey(call), offer);
  }

  route: Langfuse['route'] = () =>
    this.#life.act(3, () => {
      if (!this.#model.nextRoute()) return RESET;
      return { sink: this.#sink, server: { otlp: true, typed: true, mergesLate: this.#model.mergesLate } };
    });

  switchToOtlp(): boolean {
    return false;
  }

  lookup = (calls: readonly CallKey[]): Promise<ReadonlySet<string> | undefined> =>
    this.#life.act(4, () => {
      if (!this.#model.mergesLate) this.#model.breaches.push('a server that merges at once was read');
      if (!this.#model.nextLookup()) {
        this.#blind = true;
        return undefined;
      }
      const now = this.#life.clock.now();
      return new Set(calls.map(rowKey).filter((key) => this.#model.isShown(key, now)));
    });

  async #send(parcels: readonly Parcel[]): Promise<Answer> {
    this.#check(parcels.map(({ call }) => rowKey(call)));
    const { fault, ms } = this.#model.nextSend(this.#life.clock.now());
    const answer = await this.#life.act(ms, () => this.#answer(parcels, fault));
    if (answer.kind === 'answered') this.#acknowledge(parcels, answer);
    return answer;
  }

  #answer(parcels: readonly Parcel[], fault: SendFault): Answer {
    const now = this.#life.clock.now();
    if (fault.startsWith('stored-')) this.#model.store(parcels, now, true);
    const failure = FAILURES[fault];
    return failure ? { kind: 'failed', failure } : this.#model.answer(parcels, now, fault === 'partial');
  }

  #check(keys: readonly string[]): void {
    const { breaches } = this.#model;
    if (this.#life.signal.aborted) breaches.push('a request began after sendUntil');
    if (new Set(keys).size < keys.length) breaches.push('a request carried a call twice');
    for (const key of keys) {
      const offer = this.#offers.get(key);
      if (!offer) breaches.push('a call was sent that was not offered');
      if (offer?.acknowledged.has(key)) breaches.push('a call that had been acknowledged was sent again');
      if (offer?.shown.has(key) && !this.#blind) breaches.push('a call that Langfuse showed was sent again');
    }
  }

  #acknowledge(parcels: readonly Parcel[], { verdicts }: Extract<Answer, { kind: 'answered' }>): void {
    parcels.forEach(({ call }, i) => {
      if (verdicts[i]?.kind === 'accepted') this.#offers.get(rowKey(call))?.acknowledged.add(rowKey(call));
    });
  }
}

import { Delivery } from '../../lib/deliver.ts';
import { ALL } from '../../lib/formats/all.ts';
import { type HeldCall, wholeOf } from '../../lib/held-call.ts';
import type { Answer, Parcel, TraceSink } from '../../lib/langfuse/sink.ts';
import { ACCEPTED } from '../../lib/langfuse/sink.ts';
import { rowKey } from '../../lib/langfuse/stored.ts';
import { decodeLetters } from '../../lib/letters/decode.ts';
import { type ShipOptions, shipRange } from '../../lib/ship.ts';
import { PullError } from '../../lib/sls/pull-error.ts';
import type { BrokenPage, CallKey, CursorRange, LlmCall, LogPage, LogRecord } from '../../lib/types.ts';
import { fakeClock, NOON } from './clock.ts';
import { BUSY, FAILURES, type Outcome, type PagePlan, type Plan } from './plan.ts';
import { recordOf } from './records.ts';

const cursor = (n: number) => Buffer.from(String(1_000_000 + n)).toString('base64');

/** Runs a plan through the whole flow: no network, and no time but the one that the plan lets pass. */
export async function run(plan: Plan, more: Partial<ShipOptions> = {}): Promise<Outcome> {
  const world = new World(plan);
  return world.ship(more);
}

class World {
  readonly #plan: Plan;
  readonly #clock = fakeClock();
  readonly #over = new AbortController();
  readonly #range: CursorRange;
  readonly #objects = new Map<string, Uint8Array>();
  readonly #rows = new Map<string, number>();
  readonly #read: LogRecord[] = [];
  readonly #broken: BrokenPage[] = [];
  readonly #breaches: string[] = [];
  readonly #refusedPuts: string[] = [];
  readonly #lines: string[] = [];
  readonly #delivery: Delivery;
  #pulled = 0;
  #sends = 0;
  #puts = 0;
  #settling = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    const end = cursor(plan.pages.length);
    this.#range = { endpoint: 'e', project: 'p', logstore: 'l', shard: 0, begin: cursor(0), end };
    const sendUntil = NOON + plan.sendMs;
    this.#clock.at(sendUntil, () => this.#over.abort());
    this.#delivery = this.#open(sendUntil);
  }

  #open(sendUntil: number): Delivery {
    const { mergesLate } = this.#plan;
    const route = { sink: this.#sink(), server: { otlp: true, typed: true, mergesLate } };
    return new Delivery({
      langfuse: { route: async () => route, switchToOtlp: () => false },
      lookup: async (calls) => this.#lookup(calls),
      clock: this.#clock,
      random: () => 0.5,
      signal: this.#over.signal,
      sendUntil,
      concurrency: 16,
    });
  }

  async ship(more: Partial<ShipOptions>): Promise<Outcome> {
    const { pullMs } = this.#plan;
    const delivery = {
      ready: () => this.#delivery.ready(),
      written: (call: LlmCall) => this.#delivery.written(call),
      settle: (calls: readonly HeldCall[]) => this.#settle(calls),
      shown: async () => undefined,
      halt: undefined,
      halts: [],
    };
    Object.defineProperty(delivery, 'halt', { get: () => this.#delivery.halt });
    Object.defineProperty(delivery, 'halts', { get: () => this.#delivery.halts });
    const ports = {
      pull: () => this.#pages(),
      delivery,
      letters: { put: (key: string, body: Uint8Array) => this.#put(key, body) },
      log: (level: string, message: string, fields?: object) =>
        void this.#lines.push(JSON.stringify({ level, message, ...fields })),
      clock: this.#clock,
    };
    const usual = {
      requestId: 'req',
      prefix: 'dead',
      readers: ALL,
      timeZone: 'UTC',
      startedAt: NOON,
      pullUntil: NOON + pullMs,
    };
    const options = { ...usual, ...more };
    const result = await shipRange(this.#range, ports, options).then(
      (receipt) => ({ receipt }),
      (error: unknown) => ({ error }),
    );
    if (this.#settling > 0) this.#breach('a promise was left floating');
    return this.#outcome(result);
  }

  #outcome(result: Outcome['result']): Outcome {
    const done = this.#pulled >= this.#plan.pages.length;
    return {
      result,
      read: this.#read,
      unread: done ? undefined : { begin: cursor(this.#pulled), end: this.#range.end },
      broken: this.#broken,
      letters: [...this.#objects.values()].flatMap((body) => decodeLetters(body)),
      rows: this.#rows,
      refusedPuts: this.#refusedPuts,
      breaches: this.#breaches,
      lines: this.#lines,
    };
  }

  #breach(words: string): void {
    this.#breaches.push(words);
  }

  async *#pages(): AsyncGenerator<LogPage | BrokenPage> {
    for (const [i, page] of this.#plan.pages.entries()) {
      this.#checkAsking(i);
      await this.#pass(page.ms);
      if (page.kind === 'fails') throw this.#pullError(i, 'ServerBusy');
      if (this.#over.signal.aborted) throw this.#pullError(i, 'Aborted');
      this.#pulled = i + 1;
      yield this.#pageOf(i, page);
    }
  }

  #checkAsking(i: number): void {
    if (i > 0 && this.#delivery.halt) this.#breach('a page was asked for after delivery had stopped');
    if (i > 0 && this.#clock.now() >= NOON + this.#plan.pullMs) this.#breach('a page was asked for after pullUntil');
    if (this.#settling > 8) this.#breach(`${this.#settling} pages were in settlement when one more was asked for`);
  }

  #pullError(i: number, code: string): PullError {
    return new PullError(`the pull failed at page ${i}`, { code, cursor: cursor(i), attempts: 6 });
  }

  #pageOf(i: number, { kind, records }: PagePlan): LogPage | BrokenPage {
    const from = { cursor: cursor(i), next: cursor(i + 1) };
    if (kind === 'broken') {
      const page = { ...from, broken: 'garbage' };
      this.#broken.push(page);
      return page;
    }
    const made = records.map(({ n, kind }, index) => ({
      // Numbers are the page's own: a line in two pages is another matter.
      ...recordOf(i * 1000 + n, kind),
      position: { cursor: from.cursor, group: 0, index },
    }));
    this.#read.push(...made);
    return { ...from, records: made, bytes: 100 * made.length };
  }

  async #settle(calls: readonly HeldCall[]) {
    this.#settling++;
    try {
      return await this.#delivery.settle(calls);
    } finally {
      this.#settling--;
    }
  }

  async #put(key: string, body: Uint8Array): Promise<void> {
    await this.#pass(5);
    if (this.#objects.has(key)) this.#breach(`${key} was written twice`);
    if (this.#plan.puts[this.#puts++] === false) {
      this.#refusedPuts.push(key);
      throw new Error('AccessDenied');
    }
    this.#objects.set(key, body);
  }

  async #lookup(calls: readonly CallKey[]): Promise<ReadonlySet<string>> {
    if (!this.#plan.mergesLate) this.#breach('a server that merges at once was read');
    return new Set(calls.map(rowKey).filter((key) => this.#rows.has(key)));
  }

  #sink(): TraceSink {
    const wrap = () => ({ body: Buffer.alloc(0), bytes: 100 });
    return { name: 'otlp', maxCalls: 4, maxBytes: 10_000, wrap, send: (parcels) => this.#send(parcels) };
  }

  async #send(parcels: readonly Parcel[]): Promise<Answer> {
    if (this.#over.signal.aborted) this.#breach('a request began after sendUntil');
    const keys = parcels.map(({ call }) => rowKey(call));
    if (new Set(keys).size < keys.length) this.#breach('a request carried a call twice');
    const { fault, ms } = this.#plan.sends[this.#sends++] ?? { fault: 'ok', ms: 0 };
    await this.#pass(ms);
    if (fault === 'stored-reset') this.#store(parcels);
    const failure = FAILURES[fault];
    return failure ? { kind: 'failed', failure } : this.#answer(parcels, fault === 'again');
  }

  #answer(parcels: readonly Parcel[], again: boolean): Answer {
    const isBad = ({ call }: Parcel) =>
      this.#plan.bad.some((n) => wholeOf(call).trace.metadata.request_id === `request-${n}`);
    if (!this.#plan.named && parcels.some(isBad)) {
      return { kind: 'failed', failure: { kind: 'http', status: 400, message: 'HTTP 400' } };
    }
    const verdicts = parcels.map((parcel, i) => {
      if (isBad(parcel)) return { kind: 'refused', status: 400, message: 'HTTP 400' } as const;
      if (again && i === 0) return { kind: 'again', failure: BUSY } as const;
      this.#store([parcel]);
      return ACCEPTED;
    });
    return { kind: 'answered', verdicts };
  }

  #store(parcels: readonly Parcel[]): void {
    for (const { call } of parcels) this.#rows.set(rowKey(call), (this.#rows.get(rowKey(call)) ?? 0) + 1);
  }

  /** Lets time pass, and others have their turn. */
  async #pass(ms: number): Promise<void> {
    for (let turn = 0; turn <= ms % 7; turn++) await undefined;
    this.#clock.advance(ms);
  }
}

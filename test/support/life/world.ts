import { Delivery } from '../../../lib/deliver.ts';
import { ALL } from '../../../lib/formats/all.ts';
import type { HeldCall } from '../../../lib/held-call.ts';
import type { Bucket } from '../../../lib/letters/bucket.ts';
import { Progress } from '../../../lib/progress.ts';
import { type ReplayReceipt, replayLetters } from '../../../lib/replay.ts';
import { shipRange } from '../../../lib/ship.ts';
import type { CursorRange, Receipt } from '../../../lib/types.ts';
import { type MemoryBucket, memoryBucket } from '../bucket.ts';
import { type FakeClock, fakeClock } from '../clock.ts';
import { cursorAt, PLACE, PREFIX, positionAt } from '../letters.ts';
import { LangfuseModel, type LangfuseView } from './langfuse.ts';
import { type End, Mortal } from './mortal.ts';
import type { LifePlan, Step } from './plan.ts';
import { placeOf, ShardModel } from './shard.ts';

const CALM: Step = { action: 'offer', diesAt: 0, diesAfter: false, pageSize: 3, more: 0, pullMs: 250_000 };

/** One receipt, beside how many records were handed over for it. */
export interface Shipped {
  readonly receipt: Receipt;
  readonly handed: number;
}

/** A delivery that says beforehand what it is going to deliver. */
class WatchedDelivery extends Delivery {
  readonly #view: LangfuseView;

  constructor(view: LangfuseView, life: Mortal, resent: boolean) {
    const { clock, signal, sendUntil } = life;
    const ports = { langfuse: view, lookup: view.lookup, clock, signal, sendUntil };
    super({ ...ports, resent, random: () => 0.5, concurrency: 16 });
    this.#view = view;
  }

  override settle(calls: readonly HeldCall[]) {
    this.#view.offer(calls);
    return super.settle(calls);
  }
}

/** One or more shards, the functions that serve them, and everything around them, from the first log to the last replay. */
export class World {
  readonly plan: LifePlan;
  readonly clock: FakeClock = fakeClock();
  readonly bucket: MemoryBucket = memoryBucket();
  readonly shards: readonly ShardModel[];
  readonly langfuse: LangfuseModel;
  readonly lines: string[] = [];
  readonly shipped: Shipped[] = [];
  readonly errors: unknown[] = [];
  /** Of each shard: where the next range begins, and the end that was offered last. */
  readonly #places: { position: number; end: number }[];
  #invocations = 0;
  #operations = 0;
  #healed = false;

  constructor(plan: LifePlan, shards = 1) {
    this.plan = plan;
    this.shards = Array.from({ length: shards }, (_, id) => new ShardModel(id, plan));
    this.#places = this.shards.map(() => ({ position: 0, end: 0 }));
    this.langfuse = new LangfuseModel(plan, (call, healed) => {
      const { group, index } = placeOf(call);
      const bad = plan.groups[group]?.[index]?.bad;
      return bad === 'yes' || (bad === 'until healed' && !healed);
    });
  }

  /** Does one step, with whatever goes wrong in it. */
  async step(step: Step): Promise<void> {
    const { action } = step;
    if (action === 'offer') await this.offer(step);
    else if (action === 'replay') await this.replay(step);
    else if (action === 'two replays') await Promise.all([this.replay(step), this.replay({ ...step, diesAt: 0 })]);
    else await Promise.all([this.offer(step), this.replay({ ...step, diesAt: 0 })]);
    this.clock.advance(60_000);
  }

  /** From here on nothing goes wrong any more. */
  heal(): void {
    this.#healed = true;
    for (const shard of this.shards) shard.healed = true;
    this.langfuse.healed = true;
  }

  /**
   * Offers a range as SLS does: from the same begin until it succeeds, perhaps to a later end. The last group comes after
   * everything is healed, as there always is a next range.
   */
  async offer(step: Step = CALM, shard = 0): Promise<boolean> {
    const most = this.plan.groups.length - (this.#healed ? 0 : 1);
    const place = this.#places[shard];
    if (!place) throw new Error(`there is no shard ${shard}`);
    place.end = Math.min(most, Math.max(place.end, place.position) + step.more);
    const { position, end } = place;
    const range = { endpoint: 'e', ...PLACE, shard, begin: cursorAt(position), end: cursorAt(end) };
    const life = this.#life(step);
    const done = this.#noted(await life.run(() => this.#ship(range, life, step)));
    if (done) place.position = end;
    return done !== undefined;
  }

  /** Offers all that is left. Whether it was shipped. */
  async finish(shard = 0): Promise<boolean> {
    const done = await this.offer({ ...CALM, more: this.plan.groups.length }, shard);
    this.clock.advance(60_000);
    return done && this.#places[shard]?.position === this.plan.groups.length;
  }

  /** Time passes, until the logstore has deleted that share (0 to 1) of a range that waits in a letter. */
  expire(share: number): void {
    const waiting = Object.values(this.bucket.letters(`${PREFIX}/v1/`)).flat();
    const { range } = waiting.find((letter) => letter.kind === 'range') ?? {};
    if (!range) return;
    const [begin, end] = [positionAt(range.begin), positionAt(range.end)];
    this.#shard(range.shard).oldest = begin + Math.round(share * (end - begin));
  }

  /** What a replay did, unless it threw or died. */
  async replay(step: Step = CALM): Promise<ReplayReceipt | undefined> {
    const life = this.#life(step);
    const requestId = `i${++this.#invocations}`;
    const bucket = this.#bucket(life);
    const delivery = this.#deliver(life, true);
    let parts = 0;
    const oldest = ({ shard }: CursorRange) => life.act(9, () => cursorAt(this.#shard(shard).oldest));
    const ship = (range: CursorRange, replayOf: number) =>
      this.#shipped(range, life, step, { delivery, replayOf, requestId: `${requestId}-${++parts}` });
    const ports = { bucket, delivery, ship, oldest, log: this.#log, clock: life.clock };
    const { endsAt, startedAt } = life;
    const times = { replayUntil: startedAt + step.pullMs, endsAt };
    const options = {
      requestId,
      prefix: PREFIX,
      maxReplays: this.plan.maxReplays,
      readers: ALL,
      timeZone: 'UTC',
      ...times,
    };
    return this.#noted(await life.run(() => replayLetters({}, ports, options)));
  }

  #life(step: Step): Mortal {
    return new Mortal(this.clock, step.pullMs + 30_000, step);
  }

  #ship(range: CursorRange, life: Mortal, step: Step): Promise<Receipt> {
    const requestId = `i${++this.#invocations}`;
    const ports = { bucket: this.#bucket(life), clock: life.clock, log: this.#log };
    const kept = this.plan.mergesLate || this.plan.checkpoint;
    const progress = kept && range.begin !== range.end ? new Progress(range, PREFIX, ports) : undefined;
    const { retryOutage } = this.plan;
    return this.#shipped(range, life, step, { delivery: this.#deliver(life, false), requestId, progress, retryOutage });
  }

  async #shipped(
    range: CursorRange,
    life: Mortal,
    step: Step,
    of: {
      delivery: Delivery;
      requestId: string;
      progress?: Progress | undefined;
      replayOf?: number;
      retryOutage?: boolean;
    },
  ): Promise<Receipt> {
    let handed = 0;
    const shard = this.#shard(range.shard);
    async function* pull(part: CursorRange) {
      for await (const page of shard.pull(part, life, step.pageSize)) {
        if (!('broken' in page)) handed += page.records.length;
        yield page;
      }
    }
    const { delivery, progress, ...more } = of;
    const ports = { pull, delivery, letters: this.#bucket(life), progress, log: this.#log, clock: life.clock };
    const times = { startedAt: life.startedAt, pullUntil: life.startedAt + step.pullMs };
    const receipt = await shipRange(range, ports, { prefix: PREFIX, readers: ALL, timeZone: 'UTC', ...times, ...more });
    this.shipped.push({ receipt, handed });
    return receipt;
  }

  #shard(id: number): ShardModel {
    const shard = this.shards[id];
    if (!shard) throw new Error(`there is no shard ${id}`);
    return shard;
  }

  #deliver(life: Mortal, resent: boolean): Delivery {
    return new WatchedDelivery(this.langfuse.open(life, resent), life, resent);
  }

  /** The bucket as one process sees it. */
  #bucket(life: Mortal): Bucket {
    const { bucket } = this;
    const act = async <T>(work: () => Promise<T>): Promise<T> => {
      const { fault, done } = await life.act(7, () => {
        const fault = this.#healed ? 'ok' : (this.plan.oss[this.#operations++] ?? 'ok');
        return { fault, done: fault === 'fails' ? undefined : work() };
      });
      const result = await done;
      if (fault !== 'ok') throw new Error(`OSS: ${fault}`);
      return result as T;
    };
    return {
      put: (key, body) => act(() => bucket.put(key, body)),
      claim: (key, body) => act(() => bucket.claim(key, body)),
      get: (key) => act(() => bucket.get(key)),
      delete: (key) => act(() => bucket.delete(key)),
      async *list(prefix) {
        await act(async () => undefined);
        yield* bucket.list(prefix);
      },
    };
  }

  readonly #log = (level: string, message: string, fields?: object): void => {
    this.lines.push(JSON.stringify({ level, message, ...fields }));
  };

  #noted<T>(end: End<T>): T | undefined {
    if (end.kind === 'threw') this.errors.push(end.error);
    return end.kind === 'returned' ? end.value : undefined;
  }
}

import type { Clock } from '../../lib/types.ts';
import type { Lane } from './lane.ts';
import type { Meter } from './meter.ts';
import { textOf } from './moment.ts';
import { eventOf, isEmpty, nextSlice, type Slice, slicesLeft, trackAfter } from './slice.ts';
import type { Source } from './source.ts';
import type { State, Track } from './state.ts';
import { type SliceReceipt, withSlice } from './sums.ts';

export interface RunnerPorts {
  readonly source: Pick<Source, 'cursorAt'>;
  readonly openLane: () => Lane;
  /** Called after every slice, with the state to keep. */
  readonly save: (state: State) => void;
  readonly meter: Meter;
  readonly clock: Clock;
  /** Aborts when no slice is to be begun any more; those in flight are finished. */
  readonly stop: AbortSignal;
}

export interface RunnerOptions {
  readonly sliceSeconds: number;
  readonly parallel: number;
  /** Of SLS, as the function is told it. */
  readonly endpoint: string;
}

/** A shard that stopped: where, and why. */
export interface Stopped {
  readonly shard: number;
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

/** Milliseconds before each of the tries after the first. */
const PAUSES_MS = [2_000, 8_000, 30_000];

type Done = { readonly kind: 'done'; readonly slice: Slice; readonly receipt?: SliceReceipt };
type Attempt = Done | { readonly kind: 'failed'; readonly message: string; readonly again: boolean };

/** Ships the slices that a state leaves to do: the shards side by side, the slices of a shard one after the other. */
export class Runner {
  state: State;
  readonly #ports: RunnerPorts;
  readonly #options: RunnerOptions;
  readonly #stopped: Stopped[] = [];
  readonly #startedAt: number;
  #shards: readonly number[] = [];
  #slices = 0;
  #logs = 0;
  #broken = false;

  constructor(state: State, ports: RunnerPorts, options: RunnerOptions) {
    this.state = state;
    this.#ports = ports;
    this.#options = options;
    this.#startedAt = ports.clock.now();
  }

  /** Works until all of these shards are done, or stopped. Returns those that stopped. Throws what `save` throws. */
  async run(shards: readonly number[]): Promise<readonly Stopped[]> {
    this.#shards = shards.filter((shard) => this.#left(shard) > 0);
    this.#show();
    const queue = this.#shards.values();
    const lanes = Array.from({ length: Math.min(this.#options.parallel, this.#shards.length) }, () =>
      this.#lane(queue),
    );
    const ends = await Promise.allSettled(lanes);
    this.#ports.meter.end();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return this.#stopped;
  }

  async #lane(queue: Iterable<number>): Promise<void> {
    const lane = this.#ports.openLane();
    try {
      for (const shard of queue) await this.#shard(shard, lane);
    } catch (error) {
      this.#broken = true;
      throw error;
    } finally {
      await lane.close();
    }
  }

  async #shard(shard: number, lane: Lane): Promise<void> {
    while (this.#left(shard) > 0 && this.#mayGoOn()) {
      const track = this.#track(shard);
      const attempt = await this.#attempts(shard, track, lane);
      if (attempt.kind === 'done') this.#settle(attempt, track);
      // Without its other tries it has not failed.
      else if (this.#mayGoOn()) return this.#giveUp(shard, track, attempt.message);
    }
  }

  async #attempts(shard: number, track: Track, lane: Lane): Promise<Attempt> {
    const { clock, stop, meter } = this.#ports;
    for (const pause of PAUSES_MS) {
      const attempt = await this.#attempt(shard, track, lane);
      if (attempt.kind === 'done' || !attempt.again || !this.#mayGoOn()) return attempt;
      meter.note(`shard ${shard} from ${textOf(track.until)}: ${attempt.message} Tried again in ${pause / 1000} s.`);
      await clock.sleep(pause, stop);
      if (!this.#mayGoOn()) return attempt;
    }
    return this.#attempt(shard, track, lane);
  }

  async #attempt(shard: number, track: Track, lane: Lane): Promise<Attempt> {
    const { source } = this.#ports;
    const { sliceSeconds, endpoint } = this.#options;
    const { project, logstore, to } = this.state;
    const next = await nextSlice(source, shard, track, to.seconds, sliceSeconds);
    if (next.kind === 'failed') return next;
    const slice = next.value;
    if (isEmpty(slice)) return { kind: 'done', slice };
    const shipped = await lane.ship(eventOf(slice, { endpoint, project, logstore }));
    return shipped.kind === 'failed' ? shipped : { kind: 'done', slice, receipt: shipped.receipt };
  }

  #settle({ slice, receipt }: Done, track: Track): void {
    const { state } = this;
    const savedAt = new Date(this.#ports.clock.now()).toISOString();
    const after = trackAfter(slice, track, state.to.seconds);
    const shards = { ...state.shards, [slice.shard]: after };
    this.state = { ...state, shards, sums: withSlice(state.sums, receipt), savedAt };
    this.#slices++;
    this.#logs += receipt?.read ?? 0;
    this.#ports.save(this.state);
    this.#show();
  }

  #giveUp(shard: number, { until }: Track, message: string): void {
    const to = Math.min(until + this.#options.sliceSeconds, this.state.to.seconds);
    this.#stopped.push({ shard, from: until, to, message });
    this.#ports.meter.note(`shard ${shard} stops at ${textOf(until)}: ${message}`);
  }

  #track(shard: number): Track {
    const track = this.state.shards[shard];
    if (!track) throw new Error(`Shard ${shard} was not begun`);
    return track;
  }

  #left(shard: number): number {
    return slicesLeft(this.#track(shard), this.state.to.seconds, this.#options.sliceSeconds);
  }

  #mayGoOn(): boolean {
    return !this.#broken && !this.#ports.stop.aborted;
  }

  #show(): void {
    const { sums } = this.state;
    const left = this.#shards.reduce((slices, shard) => slices + this.#left(shard), 0);
    const elapsedMs = this.#ports.clock.now() - this.#startedAt;
    this.#ports.meter.show({ total: sums.slices + left, sums, slices: this.#slices, logs: this.#logs, elapsedMs });
  }
}

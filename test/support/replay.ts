import { ALL } from '../../lib/formats/all.ts';
import { wholeOf } from '../../lib/held-call.ts';
import { encodeLetters } from '../../lib/letters/encode.ts';
import type { Halt } from '../../lib/patience.ts';
import {
  type ReplayOptions,
  type ReplayPorts,
  type ReplayReceipt,
  type ReplayRequest,
  replayLetters,
} from '../../lib/replay.ts';
import type { CursorRange, Letter, LlmCall, Receipt } from '../../lib/types.ts';
import { type MemoryBucket, memoryBucket } from './bucket.ts';
import { type FakeClock, fakeClock } from './clock.ts';
import { cursorAt, keyOf, PREFIX, positionAt } from './letters.ts';

export interface Shipped {
  readonly range: CursorRange;
  readonly replays: number;
  readonly part: number;
}

/** A bucket of letters and what a replay of them needs; Langfuse and SLS are functions of the test's. */
export class ReplaySite {
  readonly bucket: MemoryBucket = memoryBucket();
  readonly clock: FakeClock = fakeClock();
  readonly delivered = new Set<number>();
  readonly shipped: Shipped[] = [];
  readonly lines: string[] = [];
  halt: Halt | undefined;
  /** What to do with the n-th call; `stop` is an outage. */
  answer: (n: number) => 'deliver' | 'refuse' | 'stop' = () => 'deliver';
  /** The position of the oldest log. */
  oldest = 0;
  ship: (range: CursorRange) => void | Promise<void> = (range) => {
    for (let n = positionAt(range.begin); n < positionAt(range.end); n++) this.delivered.add(n);
  };

  /** Lays down the n-th object. */
  put(n: number, ...letters: readonly Letter[]): string {
    const key = keyOf(n);
    this.bucket.objects.set(key, encodeLetters(letters));
    return key;
  }

  replay(request: ReplayRequest = {}, change: Partial<ReplayOptions> = {}): Promise<ReplayReceipt> {
    const site = this;
    const delivery: ReplayPorts['delivery'] = {
      ready: async () => undefined,
      written: () => undefined,
      settle: async (calls) => calls.flatMap((call) => site.#settle(wholeOf(call))),
      get halt() {
        return site.halt;
      },
      get halts() {
        return site.halt ? [site.halt] : [];
      },
    };
    const ports: ReplayPorts = {
      bucket: this.bucket,
      delivery,
      ship: (range, replays, part) => this.#ship({ range, replays, part }),
      oldest: async () => cursorAt(this.oldest),
      log: (level, message, fields) => void this.lines.push(JSON.stringify({ level, message, ...fields })),
      clock: this.clock,
    };
    const now = this.clock.now();
    const times = { replayUntil: now + 250_000, endsAt: now + 300_000 };
    const options = {
      requestId: 'second',
      prefix: PREFIX,
      maxReplays: 3,
      readers: ALL,
      timeZone: 'UTC',
      ...times,
      ...change,
    };
    return replayLetters(request, ports, options);
  }

  #settle(call: LlmCall) {
    const n = Number(String(call.trace.metadata.request_id).replace('request-', ''));
    const done = this.halt ? 'stop' : this.answer(n);
    if (done === 'stop') this.halt ??= { reason: 'outage', message: 'HTTP 503', status: 503 };
    if (done === 'deliver') this.delivered.add(n);
    const said = { status: done === 'stop' ? 503 : 400, message: 'said', attempts: 2 };
    const why = done === 'stop' ? ('unavailable' as const) : ('refused' as const);
    return done === 'deliver' ? [] : [{ call, rejection: { why, ...said } }];
  }

  async #ship(shipped: Shipped): Promise<Receipt> {
    this.shipped.push(shipped);
    await this.ship(shipped.range);
    const counts = { read: 0, delivered: 0, skipped: {}, lettered: {}, ranges: 0, pages: 0, bytes: 0 };
    return { ...counts, lagMs: 0, ms: 0, requestId: `second-${shipped.part}` };
  }
}

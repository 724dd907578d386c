import * as z from 'zod/mini';
import type { Bucket } from './letters/bucket.ts';
import { below } from './letters/layout.ts';
import type { Log } from './log.ts';
import { stepBetween } from './sls/cursor.ts';
import type { Clock, CursorRange } from './types.ts';

/** Not more often than this; what a crash repeats is what was settled since. */
const INTERVAL_MS = 3_000;

const Saved = z.object({ v: z.literal(1), begin: z.string(), end: z.string(), settled: z.string() });

/** The key of a shard's progress: one small object, there only while a range is being worked on. */
export function progressKey(prefix: string, { project, logstore, shard }: CursorRange): string {
  return below(prefix, `progress/${project}/${logstore}/${shard}.json`);
}

export interface ProgressPorts {
  readonly bucket: Pick<Bucket, 'get' | 'put' | 'delete'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Up to where every call of a range is settled, kept in OSS, so that the range starts there when it is offered again
 * after a crash, a timeout or a throw. Without it nothing is lost, only sent again: its own failures are logged and no
 * more.
 */
export class Progress {
  readonly #range: CursorRange;
  readonly #key: string;
  readonly #ports: ProgressPorts;
  readonly #pages: { readonly next: string; settled: boolean }[] = [];
  #settled: string;
  #saved: string;
  #stored = false;
  #savedAt: number;
  #saving: Promise<void> = Promise.resolve();

  constructor(range: CursorRange, prefix: string, ports: ProgressPorts) {
    this.#range = range;
    this.#key = progressKey(prefix, range);
    this.#ports = ports;
    this.#settled = range.begin;
    this.#saved = range.begin;
    this.#savedAt = ports.clock.now();
  }

  /** The cursor to start from: further than the range's begin when it was begun before. */
  async resume(): Promise<string> {
    const saved = await this.#try('read', () => this.#load());
    // Another begin is another range's: a success in between left it behind.
    if (saved?.begin === this.#range.begin && stepBetween(saved.begin, saved.settled) === 'forward') {
      this.#settled = saved.settled;
      this.#saved = saved.settled;
    }
    return this.#settled;
  }

  /** Whether the range was begun before. */
  get resumed(): boolean {
    return this.#settled !== this.#range.begin;
  }

  /** A page was taken, up to `next`. Returns what to call when all of it is settled. */
  page(next: string): () => void {
    const page = { next, settled: false };
    this.#pages.push(page);
    return () => {
      page.settled = true;
      this.#advance();
    };
  }

  /** Writes down what is settled, whatever was written last: before a throw. */
  async flush(): Promise<void> {
    this.#save();
    await this.#saving;
  }

  /** The range is done: the object goes. */
  async done(): Promise<void> {
    await this.#saving;
    if (this.#stored) await this.#try('delete', () => this.#ports.bucket.delete(this.#key));
  }

  async #load(): Promise<z.infer<typeof Saved> | undefined> {
    // What could not be read may be there, and is to be deleted when the range is done.
    this.#stored = true;
    const body = await this.#ports.bucket.get(this.#key);
    this.#stored = body !== undefined;
    return body && Saved.parse(JSON.parse(body.toString('utf8')));
  }

  #advance(): void {
    for (let page = this.#pages[0]; page?.settled; page = this.#pages[0]) {
      this.#settled = page.next;
      this.#pages.shift();
    }
    if (this.#ports.clock.now() - this.#savedAt >= INTERVAL_MS) this.#save();
  }

  #save(): void {
    if (this.#settled === this.#saved) return;
    this.#saved = this.#settled;
    this.#savedAt = this.#ports.clock.now();
    this.#stored = true;
    const { begin, end } = this.#range;
    const body = Buffer.from(JSON.stringify({ v: 1, begin, end, settled: this.#settled }));
    // One after the other: an older write must not overtake a newer one.
    this.#saving = this.#saving.then(() => this.#write(body));
  }

  async #write(body: Buffer): Promise<void> {
    const written = await this.#try('write', () => this.#ports.bucket.put(this.#key, body).then(() => true));
    // What is not written down is written next time, a flush included.
    if (!written) this.#saved = '';
  }

  async #try<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown';
      this.#ports.log('warn', `could not ${what} the progress; a crash would repeat more`, {
        key: this.#key,
        error: name,
      });
      return undefined;
    }
  }
}

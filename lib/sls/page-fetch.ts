import type { BrokenPage, CursorRange, LogPage } from '../types.ts';
import { backoff } from './backoff.ts';
import { type SlsAccess, send } from './client.ts';
import { stepBetween } from './cursor.ts';
import { type Failure, failureOfAnswer, failureOfExchange } from './failure.ts';
import { type Head, headOf, MAX_BODY_BYTES, MAX_RAW_BYTES, readPage } from './page.ts';
import { fewer } from './page-size.ts';
import { PullError } from './pull-error.ts';

/** Five waits of full jitter ride out about 6 s of trouble on the way to SLS; a longer one is the trigger's to retry. */
const MAX_ATTEMPTS = 6;
/** A body that is bad three times over is stored so. */
const MAX_UNREADABLE = 3;
/** One page being fetched: asked for at once, and again while that helps. */
export class PageFetch {
  readonly cursor: string;
  /** Settles when the headers are in; rejects with PullError. Need not be awaited. */
  readonly head: Promise<Head>;
  readonly #range: CursorRange;
  readonly #access: SlsAccess;
  readonly #abort = new AbortController();
  #count: number;
  #attempts = 0;
  #unreadable = 0;

  /** Asks for `count` log groups at most, and for fewer when those are too large. */
  constructor(cursor: string, count: number, range: CursorRange, access: SlsAccess) {
    this.cursor = cursor;
    this.#count = count;
    this.#range = range;
    this.#access = access;
    this.head = this.#ask();
    this.head.catch(() => {});
  }

  /** Gives the page up: `head` and `read` reject with code Aborted unless they have settled. */
  abort(): void {
    this.#abort.abort();
  }

  /**
   * The page once its body is read. Another attempt may have found another `next` than `head` did. A page that stays cut
   * or unreadable though its headers name the next cursor is a BrokenPage. Rejects with PullError.
   */
  async read(): Promise<LogPage | BrokenPage> {
    for (let head = await this.head; ; head = await this.#ask()) {
      const page = await readPage(head);
      if (!('kind' in page)) return page;
      const isHopeless = page.retry !== 'no' && !this.#mayRetry(page);
      // A page that ends where it begins says nothing about what follows, so there is no way around it.
      if (isHopeless && stepBetween(head.cursor, head.next) === 'forward') return this.#broken(head, page);
      await this.#pause(page);
    }
  }

  async #ask(): Promise<Head> {
    for (;;) {
      const answer = await this.#once();
      if (answer.kind === 'failure') await this.#pause(answer);
      else if (answer.bytes <= MAX_RAW_BYTES || this.#count === 1 || answer.groups === 1) return answer;
      else this.#shrink(answer);
    }
  }

  async #once(): Promise<Head | Failure> {
    this.#attempts++;
    try {
      const response = await send(this.#request(), this.#access, this.#abort.signal);
      if (response.status === 200) return headOf(response, this.cursor);
      return await failureOfAnswer(response, this.#access.credentials);
    } catch (error) {
      return failureOfExchange(error);
    }
  }

  /** The page is more than fits into memory: its groups are asked for again in smaller pages. */
  #shrink(head: Head): void {
    head.response.discard();
    this.#count = fewer(this.#count, head);
  }

  #request() {
    const { project, logstore, shard, end } = this.#range;
    const { query } = this.#access;
    return {
      project,
      path: `/logstores/${encodeURIComponent(logstore)}/shards/${shard}`,
      query: {
        ...{ type: 'log', cursor: this.cursor, count: String(this.#count), end_cursor: end },
        // As the Go and Python SDKs ask for a page that SPL filters.
        ...(query !== undefined && { query, pullMode: 'scan_on_stream' }),
      },
      headers: { Accept: 'application/x-protobuf', 'Accept-Encoding': 'lz4' },
      maxBytes: MAX_BODY_BYTES,
    };
  }

  #mayRetry({ retry }: Failure): boolean {
    if (retry === 'no' || this.#attempts >= MAX_ATTEMPTS) return false;
    return retry !== 'few' || this.#unreadable + 1 < MAX_UNREADABLE;
  }

  /** Waits until the next attempt, or throws when there is none. */
  async #pause(failure: Failure): Promise<void> {
    if (!this.#mayRetry(failure)) throw this.#error(failure);
    if (failure.retry === 'few') this.#unreadable++;
    const { signal } = this.#abort;
    await this.#access.clock.sleep(backoff(failure.retry, this.#attempts, Math.random()), signal);
    if (signal.aborted)
      throw this.#error({ ...failure, code: 'Aborted', message: `aborted after: ${failure.message}` });
  }

  #broken({ cursor, next }: Head, { code, message, requestId }: Failure): BrokenPage {
    const broken = `${code} after ${this.#attempts} attempts: ${message} (request ${requestId ?? 'id unknown'})`;
    return { cursor, next, broken };
  }

  #error(failure: Failure): PullError {
    const { project, logstore, shard } = this.#range;
    const where = `PullLogs ${project}/${logstore}/${shard} at ${this.cursor}`;
    const { cursor } = this;
    return new PullError(`${where}: ${failure.message}`, { ...failure, cursor, attempts: this.#attempts });
  }
}

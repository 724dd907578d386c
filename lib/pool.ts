/** Gives a buffer of at least so many bytes, with whatever is in it. */
export type Take = (bytes: number) => Buffer;

/**
 * Buffers of one size that are used again. Each new one is memory outside of V8's heap, and the more of that comes with
 * every page, the more often V8 looks for garbage.
 */
export class Pool {
  readonly #bytes: number;
  readonly #most: number;
  readonly #free: Buffer[] = [];
  #lent = 0;
  readonly #waiting: (() => void)[] = [];

  /** `bytes`: of each buffer; `most`: free ones that are kept. */
  constructor(bytes: number, most: number) {
    this.#bytes = bytes;
    this.#most = most;
  }

  /** One that is larger than the pool's own is a new one. */
  readonly take: Take = (bytes) => {
    if (bytes > this.#bytes) return Buffer.allocUnsafeSlow(bytes);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
  };

  /** Takes back a buffer, or any part of it, that nothing reads any more. One that never comes back is garbage like any other. */
  give({ buffer }: Buffer): void {
    const isOurs = buffer.byteLength === this.#bytes && this.#free.every((free) => free.buffer !== buffer);
    if (isOurs && this.#free.length < this.#most) this.#free.push(Buffer.from(buffer));
  }

  /** Lends a buffer for as long as `use` takes. While as many are lent as are kept, the next one waits its turn. */
  async lend<T>(bytes: number, use: (buffer: Buffer) => Promise<T>): Promise<T> {
    while (this.#lent >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#lent++;
    const buffer = this.take(bytes);
    try {
      return await use(buffer);
    } finally {
      this.#lent--;
      this.give(buffer);
      this.#waiting.shift()?.();
    }
  }
}

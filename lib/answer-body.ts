import type { Take } from './pool.ts';

/**
 * The body of an answer while it comes in. Where its length was announced, each chunk is copied to its place at once: many
 * small buffers that wait for the last of them outlive V8's young generation, and are garbage for long.
 */
export class AnswerBody {
  /** Bytes that have come in. */
  size = 0;
  readonly #memory: Buffer | undefined;
  readonly #chunks: Buffer[] = [];

  /** `announced`: bytes; 0 where the length is not known. */
  constructor(announced: number, take: Take = Buffer.allocUnsafe) {
    if (announced > 0) this.#memory = take(announced);
  }

  /** Takes a chunk. All of them must not be more than was announced; Node's parser sees to that. */
  add(chunk: Buffer): void {
    if (this.#memory) this.#memory.set(chunk, this.size);
    else this.#chunks.push(chunk);
    this.size += chunk.length;
  }

  whole(): Buffer {
    return this.#memory?.subarray(0, this.size) ?? Buffer.concat(this.#chunks, this.size);
  }
}

import { Pool } from './pool.ts';

const SLAB = 512 * 1024;
/** 12 MB: what two pages of the usual 4 MB are written as. */
const SLABS = new Pool(SLAB, 24);
/** UTF-8 has three bytes at most for a UTF-16 unit. */
const MOST = 3;

/** Where the calls of a page are written down, text after text, until all of them are settled. */
export class Arena {
  readonly #slabs: Buffer[] = [];
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  /** The text in UTF-8. */
  readonly write = (text: string): Buffer => {
    const most = MOST * text.length;
    if (most > SLAB) return Buffer.from(text);
    if (most > this.#slab.length - this.#used) this.#open();
    const start = this.#used;
    this.#used += this.#slab.write(text, start);
    return this.#slab.subarray(start, this.#used);
  };

  /** Nothing may read what was written any more. */
  release(): void {
    for (const slab of this.#slabs.splice(0)) SLABS.give(slab);
    this.#slab = Buffer.alloc(0);
    this.#used = 0;
  }

  #open(): void {
    this.#slab = SLABS.take(SLAB);
    this.#slabs.push(this.#slab);
    this.#used = 0;
  }
}

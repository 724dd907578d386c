import type { Log } from '../log.ts';
import { toFlat } from '../record.ts';
import type { Letter } from '../types.ts';
import type { Bucket } from './bucket.ts';
import { decodeLetters } from './decode.ts';
import { encodeLetters } from './encode.ts';
import { keyBeside } from './key.ts';
import { parkedKey } from './layout.ts';

export interface ParkingOptions {
  readonly bucket: Bucket;
  readonly log: Log;
  readonly prefix: string;
  /** The invocation that parks. */
  readonly requestId: string;
}

/** Where letters go that are given up: below `parked/`, beside what was parked of the same object before. */
export class Parking {
  readonly #options: ParkingOptions;

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** Whether the object of this key is parked already. */
  holds(key: string): boolean {
    return parkedKey(this.#options.prefix, key) === key;
  }

  /** Parks letters of an object that is not parked. */
  async add(key: string, letters: readonly Letter[]): Promise<void> {
    const { bucket, log, prefix, requestId } = this.#options;
    const target = parkedKey(prefix, key);
    const body = await bucket.get(target);
    const before = body ? readable(body) : [];
    // What was parked and cannot be read must not be overwritten either.
    const free = before ? target : keyBeside(target, requestId);
    await bucket.put(free, encodeLetters(merged(before ?? [], letters)));
    log('warn', 'dead letters parked', { key: free, letters: letters.length });
  }

  /** Parks an object that cannot be read, as it is. */
  async addWhole(key: string, body: Buffer): Promise<void> {
    const { bucket, prefix, requestId } = this.#options;
    if (this.holds(key)) return;
    const target = parkedKey(prefix, key);
    await bucket.put((await bucket.get(target)) ? keyBeside(target, requestId) : target, body);
    await bucket.delete(key);
  }
}

/** A replay that died between parking and deleting left the same letters here: they are not parked twice. */
function merged(before: readonly Letter[], letters: readonly Letter[]): Letter[] {
  const again = new Set(letters.map(contentOf));
  return [...before.filter((letter) => !again.has(contentOf(letter))), ...letters];
}

function contentOf(letter: Letter): string {
  return JSON.stringify(letter.kind === 'range' ? letter.range : [letter.origin, toFlat(letter.record)]);
}

function readable(body: Buffer): Letter[] | undefined {
  try {
    return decodeLetters(body);
  } catch {
    return undefined;
  }
}

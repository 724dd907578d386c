/** The values of one log, by the order of the wanted names. */
export type Values = (string | undefined)[];

interface Known {
  readonly bytes: Buffer;
  readonly slot: number;
}

/**
 * Walks a `LogGroupList` and hands over the wanted fields of each log, decoded, and nothing else of it. It trusts its
 * input: no length is checked, as no reader of logs from outside may do.
 */
export class Walk {
  readonly #wanted: readonly string[];
  readonly #known: Known[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** `wanted`: the names of the fields. */
  constructor(wanted: readonly string[]) {
    this.#wanted = wanted;
  }

  each(bytes: Buffer, take: (values: Values) => void): void {
    this.#bytes = bytes;
    this.#at = 0;
    while (this.#at < bytes.length) {
      this.#at++;
      this.#group(this.#length(), take);
    }
  }

  #group(length: number, take: (values: Values) => void): void {
    const end = this.#at + length;
    while (this.#at < end) {
      const key = this.#bytes[this.#at++];
      const size = this.#length();
      if (key === 10) this.#log(this.#at + size, take);
      else this.#at += size;
    }
  }

  #log(end: number, take: (values: Values) => void): void {
    const values: Values = new Array(this.#wanted.length);
    for (let ordinal = 0; this.#at < end; ) {
      const key = this.#bytes[this.#at++];
      if (key === 8) this.#length();
      else if (key === 37) this.#at += 4;
      else this.#pair(values, ordinal++);
    }
    take(values);
  }

  #pair(values: Values, ordinal: number): void {
    this.#length();
    this.#at++;
    const nameLength = this.#length();
    const nameAt = this.#at;
    this.#at += nameLength + 1;
    const valueLength = this.#length();
    const valueAt = this.#at;
    this.#at += valueLength;
    const slot = this.#slot(nameAt, nameAt + nameLength, ordinal);
    if (slot >= 0) values[slot] = this.#bytes.toString('utf8', valueAt, valueAt + valueLength);
  }

  #slot(start: number, end: number, ordinal: number): number {
    const known = this.#known[ordinal];
    if (known && known.bytes.length === end - start && this.#same(known.bytes, start)) return known.slot;
    const name = this.#bytes.toString('utf8', start, end);
    const slot = this.#wanted.indexOf(name);
    this.#known[ordinal] = { bytes: Buffer.from(name), slot };
    return slot;
  }

  #same(name: Buffer, start: number): boolean {
    for (let i = 0; i < name.length; i++) if (name[i] !== this.#bytes[start + i]) return false;
    return true;
  }

  #length(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
}

import { SlsFormatError } from './format-error.ts';

/** Protobuf wire types that SLS uses or that can be skipped. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/**
 * Reads protobuf wire format between `at` and `end`, both moved freely by the caller. Every read is checked against `end`
 * and throws SlsFormatError. Source: Protocol Buffers "Encoding".
 */
export class WireReader {
  readonly bytes: Buffer;
  at: number;
  end: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
  }

  /** An unsigned varint, its low 32 bits; higher ones are read and dropped, as protobuf does for uint32. */
  uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) throw this.error('a number is cut');
      const byte = this.bytes[this.at++] as number;
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw this.error('a number is longer than ten bytes');
  }

  /** The key of the next field: `number << 3 | wire type`. */
  key(): number {
    const key = this.uint32();
    if (key >>> 3 === 0) throw this.error('a field has the number 0');
    return key;
  }

  /** Reads a length and returns where that many bytes end. */
  sized(): number {
    const length = this.uint32();
    if (length > this.end - this.at) throw this.error('a length runs past its message');
    return this.at + length;
  }

  fixed32(): number {
    if (this.end - this.at < 4) throw this.error('a fixed32 is cut');
    const value = this.bytes.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }

  /** Steps over the value of a field that is not wanted. */
  skip(key: number): void {
    const type = key & 7;
    if (type === VARINT) this.uint32();
    else if (type === BYTES) this.at = this.sized();
    else if (type === FIXED32) this.#step(4);
    else if (type === FIXED64) this.#step(8);
    else throw this.error(`wire type ${type} is not supported`);
  }

  error(what: string): SlsFormatError {
    return new SlsFormatError(`protobuf: ${what} at byte ${this.at} of ${this.bytes.length}`);
  }

  #step(bytes: number): void {
    if (bytes > this.end - this.at) throw this.error('a fixed-size value is cut');
    this.at += bytes;
  }
}

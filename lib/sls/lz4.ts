import { SlsFormatError } from './format-error.ts';

/** No LZ4 sequence makes more than 255 bytes out of one: a larger claim is false and must not be allocated. */
const MAX_RATIO = 255;
/** Below this many bytes a loop beats the call into native code. */
const NATIVE_COPY = 24;

/**
 * Decompresses a raw LZ4 block (no frame, no length prefix) into exactly `size` bytes. Throws SlsFormatError when the
 * block reads or writes out of bounds or has another size. There is no checksum: flipped literals go unseen.
 * Source: LZ4 block format description.
 */
export function decompressBlock(input: Uint8Array, size: number): Buffer {
  if (!Number.isSafeInteger(size) || size < 0) throw new SlsFormatError(`LZ4: ${size} is no size`);
  if (size > input.length * MAX_RATIO) throw new SlsFormatError(`LZ4: ${input.length} bytes cannot hold ${size}`);
  const output = Buffer.allocUnsafe(size);
  const written = input.length === 0 ? 0 : inflate(input, output);
  // `output` is uninitialised memory until it is full.
  if (written !== size) throw new SlsFormatError(`LZ4: the block holds ${written} bytes where ${size} were announced`);
  return output;
}

/** One loop and no helper calls: this is the hottest code of a pull. */
function inflate(input: Uint8Array, output: Buffer): number {
  const inEnd = input.length;
  const outEnd = output.length;
  let from = 0;
  let to = 0;
  for (;;) {
    if (from >= inEnd) throw new SlsFormatError(`LZ4: the block ends after a match, at byte ${from}`);
    const token = byte(input, from++);
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (from >= inEnd) throw new SlsFormatError(`LZ4: a literal length is cut at byte ${from}`);
        more = byte(input, from++);
      }
    }
    if (literals > inEnd - from) throw new SlsFormatError(`LZ4: literals run past the block at byte ${from}`);
    if (literals > outEnd - to) throw new SlsFormatError(`LZ4: literals run past the announced size at byte ${from}`);
    if (literals > NATIVE_COPY) output.set(input.subarray(from, from + literals), to);
    else for (let i = 0; i < literals; i++) output[to + i] = byte(input, from + i);
    from += literals;
    to += literals;
    if (from === inEnd) return to;

    if (inEnd - from < 2) throw new SlsFormatError(`LZ4: an offset is cut at byte ${from}`);
    const offset = byte(input, from) | (byte(input, from + 1) << 8);
    from += 2;
    if (offset === 0 || offset > to) throw new SlsFormatError(`LZ4: an offset points outside at byte ${from - 2}`);
    let length = (token & 15) + 4;
    if (length === 19) {
      for (let more = 255; more === 255; length += more) {
        if (from >= inEnd) throw new SlsFormatError(`LZ4: a match length is cut at byte ${from}`);
        more = byte(input, from++);
      }
    }
    if (length > outEnd - to) throw new SlsFormatError(`LZ4: a match runs past the announced size at byte ${from}`);
    copyMatch(output, to, offset, length);
    to += length;
  }
}

/** A match may overlap its own output: then the bytes just written repeat, so it must be copied forward. */
function copyMatch(output: Buffer, to: number, offset: number, length: number): void {
  const from = to - offset;
  if (length > NATIVE_COPY && offset >= length) output.copyWithin(to, from, from + length);
  else if (offset === 1) output.fill(byte(output, from), to, to + length);
  else for (let i = 0; i < length; i++) output[to + i] = byte(output, from + i);
}

/** The caller has checked the bound; the cast spares the hot path a branch. */
function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

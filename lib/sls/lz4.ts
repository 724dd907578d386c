import type { Take } from '../pool.ts';
import { SlsFormatError } from './format-error.ts';

/** No LZ4 sequence makes more than 255 bytes out of one: a larger claim is false and must not be allocated. */
const MAX_RATIO = 255;
/** Below this many bytes a loop beats the call into native code. */
const NATIVE_COPY = 64;
/** Bytes are copied four at a time, up to three more than there are: the next sequence writes over them. */
const STEP = 4;

/**
 * Decompresses a raw LZ4 block (no frame, no length prefix) into exactly `size` bytes, at the begin of the memory that
 * `take` gives for the number of bytes that it is told. Throws SlsFormatError when the block reads or writes out of bounds
 * or has another size. There is no checksum: flipped literals go unseen. Source: LZ4 block format description.
 */
export function decompressBlock(input: Uint8Array, size: number, take: Take = Buffer.allocUnsafe): Buffer {
  if (!Number.isSafeInteger(size) || size < 0) throw new SlsFormatError(`LZ4: ${size} is no size`);
  if (size > input.length * MAX_RATIO) throw new SlsFormatError(`LZ4: ${input.length} bytes cannot hold ${size}`);
  const memory = take(size + STEP - 1);
  const written = input.length === 0 ? 0 : inflate(input, memory, size);
  // The memory holds anything until it is full.
  if (written !== size) throw new SlsFormatError(`LZ4: the block holds ${written} bytes where ${size} were announced`);
  return memory.subarray(0, size);
}

/**
 * One loop, as this is the hottest code of a pull, but for the copying: V8 optimises what is called often before it
 * optimises a loop that runs for the first time. The casts: each bound is checked before what lies within it is read.
 */
function inflate(input: Uint8Array, output: Buffer, outEnd: number): number {
  const inEnd = input.length;
  const source = new DataView(input.buffer, input.byteOffset, inEnd);
  const target = new DataView(output.buffer, output.byteOffset, output.length);
  let from = 0;
  let to = 0;
  for (;;) {
    if (from >= inEnd) throw cut('the block ends after a match', from);
    const token = input[from++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (from >= inEnd) throw cut('a literal length is cut', from);
        more = input[from++] as number;
      }
    }
    if (literals > inEnd - from) throw cut('literals run past the block', from);
    if (literals > outEnd - to) throw cut('literals run past the announced size', from);
    const isLong = literals > NATIVE_COPY || literals + STEP > inEnd - from;
    if (isLong) output.set(input.subarray(from, from + literals), to);
    else copy(source, from, target, to, literals);
    from += literals;
    to += literals;
    if (from === inEnd) return to;

    if (inEnd - from < 2) throw cut('an offset is cut', from);
    const offset = (input[from] as number) | ((input[from + 1] as number) << 8);
    from += 2;
    if (offset === 0 || offset > to) throw cut('an offset points outside', from - 2);
    let length = (token & 15) + 4;
    if (length === 19) {
      for (let more = 255; more === 255; length += more) {
        if (from >= inEnd) throw cut('a match length is cut', from);
        more = input[from++] as number;
      }
    }
    if (length > outEnd - to) throw cut('a match runs past the announced size', from);
    // A match may overlap its own output: then the bytes just written repeat, so it is copied forward.
    const match = to - offset;
    if (length > NATIVE_COPY && offset >= length) output.copyWithin(to, match, match + length);
    else if (offset === 1) output.fill(output[match] as number, to, to + length);
    else if (offset < STEP) for (let i = 0; i < length; i++) output[to + i] = output[match + i] as number;
    else copy(target, match, target, to, length);
    to += length;
  }
}

function copy(source: DataView, from: number, target: DataView, to: number, length: number): void {
  for (let i = 0; i < length; i += STEP) target.setUint32(to + i, source.getUint32(from + i, true), true);
}

function cut(what: string, at: number): SlsFormatError {
  return new SlsFormatError(`LZ4: ${what} at byte ${at}`);
}

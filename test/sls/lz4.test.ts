import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlsFormatError } from '../../lib/sls/format-error.ts';
import { decompressBlock } from '../../lib/sls/lz4.ts';
import { lz4Block } from '../stand-ins/sls/encode.ts';
import { compressible } from './generated.ts';

const log = '0a250a1508a0daffc80612080a016b1203e4b8ad25050000001a017422017332060a0161120162';

describe('a valid block', () => {
  it.each([
    ['literals only', `f018${log}`, log],
    ['a match that overlaps itself', '1f6101000e60616161616161', '61'.repeat(40)],
    ['a period of two', '2461620200506162616261', `${'6162'.repeat(7)}61`],
    ['an empty block', '00', ''],
  ])('of %s reads as written', (_, block, raw) => {
    expect(decompressBlock(Buffer.from(block, 'hex'), raw.length / 2).toString('hex')).toBe(raw);
  });

  it('reads back to what the reference library compressed', () => {
    fc.assert(
      fc.property(compressible, (raw) => {
        expect(decompressBlock(lz4Block(raw), raw.length).equals(raw)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a bad block', () => {
  it.each([
    ['nothing at all', '', 5, 'cannot hold'],
    ['a size beyond what it can hold', '1061', 10_000_000_000, 'cannot hold'],
    ['a negative size', '00', -1, 'no size'],
    ['a fractional size', '00', 0.5, 'no size'],
    ['fewer bytes than announced', '206162', 3, 'holds 2 bytes'],
    ['more literals than announced', '206162', 1, 'past the announced size'],
    ['literals past its end', '5061', 5, 'past the block'],
    ['a cut literal length', 'f0', 20, 'literal length is cut'],
    ['half an offset', '106101', 9, 'offset is cut'],
    ['a zero offset', '106100000000', 9, 'points outside'],
    ['an offset before the start', '10610200105a', 6, 'points outside'],
    ['a cut match length', '1f610100', 40, 'match length is cut'],
    ['a match past the announced size', '106101001061', 4, 'past the announced size'],
    ['no literals after its last match', '10610100', 5, 'ends after a match'],
  ])('with %s is refused', (_, block, size, message) => {
    const read = () => decompressBlock(Buffer.from(block, 'hex'), size);
    expect(read).toThrow(SlsFormatError);
    expect(read).toThrow(message);
  });

  it('that was mutated throws or gives the announced length', () => {
    const mutation = fc.record({ raw: compressible, at: fc.nat(), to: fc.nat(255), cut: fc.nat(), size: fc.nat(9000) });
    fc.assert(
      fc.property(mutation, fc.boolean(), fc.boolean(), ({ raw, at, to, cut, size }, isCut, isResized) => {
        const block = Buffer.from(lz4Block(raw));
        block[at % block.length] = to;
        const input = isCut ? block.subarray(0, cut % block.length) : block;
        const announced = isResized ? size : raw.length;
        expect(lengthOrRefusal(input, announced)).toBe(announced);
      }),
      { numRuns: 5000 },
    );
  });
});

function lengthOrRefusal(input: Buffer, size: number): number {
  try {
    return decompressBlock(input, size).length;
  } catch (error) {
    if (error instanceof SlsFormatError) return size;
    throw error;
  }
}

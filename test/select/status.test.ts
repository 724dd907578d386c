import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStatus, within } from '../../lib/select/status.ts';

const CASES: [text: string, holds: number[], fails: number[]][] = [
  ['429', [429], [428, 430, 0]],
  ['0', [0], [1, 200]],
  ['4xx', [400, 499], [399, 500, 0]],
  ['2XX', [200, 299], [199, 300]],
  ['500-599', [500, 550, 599], [499, 600]],
  ['0 - 99', [0, 99], [100]],
  ['503-503', [503], [502, 504]],
  ['>=500', [500, 999, 1001], [499, 0]],
  ['> 500', [501], [500]],
  ['>=0', [0, 200], []],
  ['<400', [1, 399], [400]],
  ['<=400', [400], [401]],
];

describe('a status pattern', () => {
  it.each(CASES)('%s holds for %j and not for %j', (text, holds, fails) => {
    const range = parseStatus(text);
    const ranges = range ? [range] : [];
    expect(holds.filter((status) => !within(ranges, status))).toEqual([]);
    expect(fails.filter((status) => within(ranges, status))).toEqual([]);
  });

  it.each(['<400', '<=400'])(
    '%s means calls that got an answer: not 0, which only its own name and >= name',
    (text) => {
      const range = parseStatus(text);
      expect(range && within([range], 0)).toBe(false);
    },
  );

  it.each([
    '',
    'xx',
    '0xx',
    '4x',
    '4*',
    '4xxx',
    '-',
    '*',
    '1000',
    '-1',
    '500-',
    '599-500',
    '=500',
    '=>500',
    '>',
    '<0',
    '<1',
    '٤٢٩',
  ])('%j is none', (text) => {
    expect(parseStatus(text)).toBeUndefined();
  });

  it('is a range of what a number can be, whatever the text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[<>=]{0,2} ?\d{0,4}[-x]{0,2}\d{0,4}$/));
    fc.assert(
      fc.property(text, (written) => {
        const range = parseStatus(written);
        if (range) expect(range.from).toBeLessThanOrEqual(range.to);
      }),
    );
  });
});

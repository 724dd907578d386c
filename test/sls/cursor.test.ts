import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { positionOf, stepBetween } from '../../lib/sls/cursor.ts';

const cursor = (position: bigint) => Buffer.from(String(position)).toString('base64');
const position = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

describe('positionOf', () => {
  it('reads any position, padded or not', () => {
    fc.assert(
      fc.property(position, (p) => {
        expect(positionOf(cursor(p))).toBe(p);
        expect(positionOf(cursor(p).replaceAll('=', ''))).toBe(p);
      }),
    );
  });

  it.each(['', 'opaque', 'MTUw*TM5', cursor(1n).slice(1), Buffer.from('1e3').toString('base64')])(
    'takes %j for opaque',
    (text) => {
      expect(positionOf(text)).toBeUndefined();
    },
  );
});

describe('stepBetween', () => {
  it('orders positions beyond what a number holds', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const step = a === b ? 'same' : b > a ? 'forward' : 'back';
        expect(stepBetween(cursor(a), cursor(b))).toBe(step);
        expect(stepBetween(cursor(a).replaceAll('=', ''), cursor(b))).toBe(step);
      }),
    );
  });

  it('tells neighbours beyond 2^53 apart', () => {
    expect(stepBetween(cursor(2n ** 60n), cursor(2n ** 60n + 1n))).toBe('forward');
  });

  it.each([
    ['x', 'x', 'same'],
    ['x', 'y', 'forward'],
  ])('knows of the opaque cursors %j and %j only whether they are the same', (a, b, step) => {
    expect(stepBetween(a, b)).toBe(step);
  });
});

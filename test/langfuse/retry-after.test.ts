import { expect, it } from 'vitest';
import { retryAfterMs } from '../../lib/langfuse/retry-after.ts';
import { NOON } from '../support/clock.ts';

it.each([
  ['7', 7000],
  ['0', 0],
  [' 1.5 ', 1500],
  ['Sat, 21 Nov 2026 07:00:09 GMT', 9000],
  ['Sat, 21 Nov 2026 06:00:00 GMT', 0],
  ['', undefined],
  ['  ', undefined],
  ['soon', undefined],
  [null, undefined],
  [undefined, undefined],
])('a Retry-After of %j asks for %s ms', (header, expected) => {
  expect(retryAfterMs(header, NOON)).toBe(expected);
});

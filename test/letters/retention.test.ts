import { expect, it } from 'vitest';
import { retainedOf } from '../../lib/letters/retention.ts';
import type { RangeLetter } from '../../lib/types.ts';

const cursor = (n: number) => Buffer.from(String(n)).toString('base64');

function letter(begin: string, end: string): RangeLetter {
  const range = { endpoint: 'e', project: 'p', logstore: 'l', shard: 0, begin, end };
  return {
    kind: 'range',
    reason: 'pull',
    message: 'm',
    range,
    requestId: 'r',
    replays: 1,
    firstFailedAt: 0,
    lastFailedAt: 0,
  };
}

it.each([
  ['older than all of it', 5, undefined, [10, 20]],
  ['its begin', 10, undefined, [10, 20]],
  ['within it', 15, [10, 15], [15, 20]],
  ['its end', 20, [10, 20], undefined],
  ['newer than all of it', 30, [10, 20], undefined],
] as const)('when the oldest log is %s, divides a range there', (_, oldest, gone, rest) => {
  const divided = retainedOf(letter(cursor(10), cursor(20)), cursor(oldest));
  const part = ([begin, end]: readonly [number, number]) => ({ begin: cursor(begin), end: cursor(end) });
  if (gone) expect(divided.gone).toMatchObject({ reason: 'expired', replays: 1, range: part(gone) });
  else expect(divided).not.toHaveProperty('gone');
  if (rest) expect(divided.rest).toMatchObject(part(rest));
  else expect(divided).not.toHaveProperty('rest');
});

it.each([
  ['begin', 'opaque!', cursor(20), cursor(30)],
  ['end', cursor(10), 'opaque!', cursor(30)],
  ['oldest', cursor(10), cursor(20), 'opaque!'],
])('pulls all of a range whose %s is opaque: nobody can tell which is older', (_, begin, end, oldest) => {
  const { range } = letter(begin, end);
  expect(retainedOf(letter(begin, end), oldest)).toEqual({ rest: range });
});

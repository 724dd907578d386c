import { expect, it } from 'vitest';
import { InvocationError } from '../../lib/errors.ts';
import { decodeLetters } from '../../lib/letters/decode.ts';
import { LetterDesk } from '../../lib/letters/desk.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Letter } from '../../lib/types.ts';
import { fakeClock, NOON } from '../support/clock.ts';

const range = { endpoint: 'e', project: 'p', logstore: 'l', shard: 3, begin: 'MTAw', end: 'MjAw' };
const page = { cursor: 'MTAw', next: 'MTAx', records: [], bytes: 0 };
const failed = [
  { record: fromFlat({ n: '1' }), rejection: { why: 'refused', message: 'HTTP 400', status: 400, attempts: 2 } },
  { record: fromFlat({ n: '2' }), rejection: { why: 'refused', message: 'HTTP 400', status: 400, attempts: 2 } },
  { record: fromFlat({ n: '3' }), rejection: { why: 'unreadable', message: 'no' } },
] as const;

function desk(put?: () => Promise<void>) {
  const logged: unknown[] = [];
  const written: Record<string, Letter[]> = {};
  const letters = {
    put: async (key: string, body: Uint8Array) => {
      await put?.();
      written[key] = decodeLetters(body);
    },
  };
  const log = (...entry: unknown[]) => void logged.push(entry);
  const made = new LetterDesk({
    range,
    letters,
    log,
    clock: fakeClock(),
    requestId: 'r',
    prefix: 'x',
    replays: () => 2,
  });
  return { made, logged, written };
}

const KEY = 'x/v1/p/l/3/2026/11/21/100-r.ndjson.gz';

it('writes the failed records of a page as one object, and says in one warning how many and why', async () => {
  const { made, logged, written } = desk();
  await made.writeRecords(page, failed);
  expect(written[KEY]).toHaveLength(3);
  expect(written[KEY]?.[0]).toMatchObject({
    replays: 2,
    firstFailedAt: NOON,
    requestId: 'r',
    rejection: { status: 400 },
  });
  expect(logged).toEqual([
    ['warn', 'dead letter written', { key: KEY, letters: 3, why: { refused: 2, unreadable: 1 } }],
  ]);
});

it('writes a part of the range that stays unread, to its end unless another is given', async () => {
  const { made, logged, written } = desk();
  await made.writeRange({ begin: 'MTUw', reason: 'deadline', message: 'late' });
  await made.writeRange({ begin: 'MTAw', end: 'MTAx', reason: 'broken-page', message: 'cut' });
  const ranges = Object.values(written).flat();
  expect(ranges).toMatchObject([
    { kind: 'range', reason: 'deadline', message: 'late', range: { ...range, begin: 'MTUw' } },
    { kind: 'range', reason: 'broken-page', range: { ...range, begin: 'MTAw', end: 'MTAx' } },
  ]);
  expect(logged).toMatchObject([
    ['warn', 'dead letter written', { letters: 1, why: { deadline: 1 } }],
    ['warn', 'dead letter written', { letters: 1, why: { 'broken-page': 1 } }],
  ]);
});

it.each([
  ['an error', Object.assign(new Error('no right'), { name: 'AccessDeniedError' }), 'AccessDeniedError: no right'],
  ['anything else', 'gone', 'gone'],
])('throws %s that OSS answers, with what is not accounted for and what to check', async (_, cause, said) => {
  const { made, logged } = desk(() => Promise.reject(cause));
  const error = await made.writeRecords(page, failed).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvocationError);
  expect(error).toMatchObject({ code: 'dead-letter', cause });
  expect(String(error)).toContain(
    `The dead letter ${KEY} could not be written (${said}); not accounted for: 3 records`,
  );
  expect(String(error)).toContain('oss:PutObject');
  expect(logged).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { InvocationError } from '../lib/errors.ts';
import { decodeLetters } from '../lib/letters/decode.ts';
import { encodeLetters } from '../lib/letters/encode.ts';
import { PullError } from '../lib/sls/pull-error.ts';
import { NOON } from './support/clock.ts';
import { keyOf, PREFIX, parkedKeyOf, rangeLetter, recordLetter } from './support/letters.ts';
import { recordOf } from './support/records.ts';
import { ReplaySite } from './support/replay.ts';

const parked = (n: number) => parkedKeyOf(n);

describe('a record letter', () => {
  it('is delivered, and its object is deleted', async () => {
    const site = new ReplaySite();
    site.put(1, recordLetter(1), recordLetter(2));
    expect(await site.replay()).toEqual({
      objects: 1,
      letters: 2,
      settled: 2,
      kept: 0,
      parked: 0,
      why: { refused: 2 },
      more: false,
      requestId: 'second',
    });
    expect([...site.delivered]).toEqual([1, 2]);
    expect(site.bucket.objects.size).toBe(0);
  });

  it('that is refused again is written back, counted and dated, beside no other', async () => {
    const site = new ReplaySite();
    const key = site.put(1, recordLetter(1), recordLetter(2));
    site.answer = (n) => (n === 2 ? 'refuse' : 'deliver');
    site.clock.advance(5000);
    expect(await site.replay()).toMatchObject({ letters: 2, settled: 1, kept: 1, parked: 0, more: false });
    const rejection = { why: 'refused', status: 400, message: 'said', attempts: 2 };
    const dates = { firstFailedAt: NOON - 60_000, lastFailedAt: NOON + 5000 };
    const left = recordLetter(2, { replays: 1, rejection: rejection as never, ...dates });
    expect(site.bucket.letters(PREFIX)).toEqual({ [key]: [left] });
  });

  it('is parked after so many replays in vain, beside what was parked of the same object before', async () => {
    const site = new ReplaySite();
    site.answer = () => 'refuse';
    site.put(1, recordLetter(1, { replays: 2 }), recordLetter(2, { replays: 1 }));
    expect(await site.replay()).toMatchObject({ settled: 0, kept: 1, parked: 1 });
    expect(await site.replay({}, { requestId: 'third' })).toMatchObject({ settled: 0, kept: 0, parked: 1 });
    const letters = site.bucket.letters(PREFIX);
    expect(Object.keys(letters)).toEqual([parked(1)]);
    expect(letters[parked(1)]).toMatchObject([
      { replays: 3, record: recordOf(1) },
      { replays: 3, record: recordOf(2) },
    ]);
  });

  it('is settled when the readers now know it for no LLM call', async () => {
    const site = new ReplaySite();
    site.put(1, recordLetter(1, { rejection: { why: 'unreadable', message: 'm' } }, recordOf(1, 'skip')));
    expect(await site.replay()).toMatchObject({ settled: 1, kept: 0, why: { unreadable: 1 } });
    expect(site.bucket.objects.size).toBe(0);
  });

  it('that still cannot be read is written back with the reason', async () => {
    const site = new ReplaySite();
    const key = site.put(1, recordLetter(1, {}, recordOf(1, 'reject')));
    expect(await site.replay()).toMatchObject({ kept: 1 });
    expect(site.bucket.letters(PREFIX)[key]).toMatchObject([{ replays: 1, rejection: { why: 'unreadable' } }]);
  });

  it('that comes twice is one call, and both are settled', async () => {
    const site = new ReplaySite();
    site.put(1, recordLetter(1), recordLetter(1));
    expect(await site.replay()).toMatchObject({ letters: 2, settled: 2 });
    expect(site.bucket.objects.size).toBe(0);
  });
});

describe('an outage or wrong keys', () => {
  it('cost no letter a replay, and stop', async () => {
    const site = new ReplaySite();
    const [one, two] = [site.put(1, recordLetter(1, { replays: 2 }), rangeLetter(5, 7, { replays: 2 })), site.put(2)];
    site.answer = () => 'stop';
    expect(await site.replay()).toMatchObject({ objects: 1, kept: 2, parked: 0, more: true });
    const left = site.bucket.letters(PREFIX);
    expect(left[one]).toMatchObject([
      { replays: 2, rejection: { why: 'unavailable' } },
      rangeLetter(5, 7, { replays: 2 }),
    ]);
    expect(left[two]).toEqual([]);
    expect(site.shipped).toEqual([]);
  });
});

describe('a letter that has no replay left', () => {
  it('is not parked for an outage, nor for want of time: it was not tried', async () => {
    const site = new ReplaySite();
    const key = site.put(1, recordLetter(1, { replays: 3 }), rangeLetter(5, 7, { replays: 4 }));
    site.answer = () => 'stop';
    expect(await site.replay()).toMatchObject({ kept: 2, parked: 0 });
    expect(site.bucket.letters(PREFIX)[key]).toMatchObject([{ replays: 3 }, { replays: 4 }]);
  });

  it('is parked when it fails again', async () => {
    const site = new ReplaySite();
    site.put(1, recordLetter(1, { replays: 3 }));
    site.answer = () => 'refuse';
    expect(await site.replay()).toMatchObject({ kept: 0, parked: 1 });
    expect(site.lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'warn', message: 'dead letters parked', key: parked(1), letters: 1 },
    ]);
  });
});

describe('a range letter', () => {
  it('is shipped anew, counting on, each range as a part of its own', async () => {
    const site = new ReplaySite();
    const [one, two] = [rangeLetter(3, 5, { replays: 2 }), rangeLetter(7, 9)];
    site.put(1, one, two);
    expect(await site.replay()).toMatchObject({ letters: 2, settled: 2, why: { 'range:outage': 2 } });
    expect(site.shipped).toEqual([
      { range: one.range, replays: 2, part: 1 },
      { range: two.range, replays: 0, part: 2 },
    ]);
    expect([...site.delivered]).toEqual([3, 4, 7, 8]);
    expect(site.bucket.objects.size).toBe(0);
  });

  it('is parked as expired for what the logstore no longer holds, and shipped for the rest', async () => {
    const site = new ReplaySite();
    site.oldest = 5;
    site.put(1, rangeLetter(3, 8));
    expect(await site.replay()).toMatchObject({ settled: 0, parked: 1 });
    expect([...site.delivered]).toEqual([5, 6, 7]);
    expect(site.bucket.letters(PREFIX)).toEqual({
      [parked(1)]: [expect.objectContaining({ reason: 'expired', range: rangeLetter(3, 5).range, replays: 0 })],
    });
  });

  it.each([8, 9])('is parked whole when the oldest log is at %i and it ends at 8', async (oldest) => {
    const site = new ReplaySite();
    site.oldest = oldest;
    site.put(1, rangeLetter(3, 8));
    expect(await site.replay()).toMatchObject({ settled: 0, parked: 1 });
    expect(site.shipped).toEqual([]);
    const [letter] = site.bucket.letters(PREFIX)[parked(1)] ?? [];
    expect(letter).toMatchObject({ kind: 'range', reason: 'expired', range: rangeLetter(3, 8).range });
    expect((letter as { message: string }).message).toMatch(/retention/);
  });

  it('is parked as expired beside what was parked as expired before', async () => {
    const site = new ReplaySite();
    site.oldest = 5;
    site.put(1, rangeLetter(3, 5));
    await site.replay();
    site.put(1, rangeLetter(2, 3));
    await site.replay();
    expect(site.bucket.letters(PREFIX)[parked(1)]).toHaveLength(2);
  });

  it('with opaque cursors is shipped as it is: of those nobody can tell what is older', async () => {
    const site = new ReplaySite();
    const range = { ...rangeLetter(1, 2).range, begin: 'opaque-a', end: 'opaque-b' };
    site.ship = () => {};
    site.put(1, rangeLetter(1, 2, { range }));
    expect(await site.replay()).toMatchObject({ settled: 1, parked: 0 });
    expect(site.shipped).toEqual([{ range, replays: 0, part: 1 }]);
  });

  it.each([
    ['ShardNotExist', 400],
    ['LogStoreNotExist', 404],
  ])('that meets %s is written back with it, and what is expired of it is not parked yet', async (code, status) => {
    const site = new ReplaySite();
    site.oldest = 4;
    const key = site.put(1, rangeLetter(3, 8, { reason: 'pull' }));
    const message = `PullLogs p/l/0: ${code}`;
    const cause = new PullError(code, { code, status, cursor: 'c', attempts: 1 });
    site.ship = () => {
      throw new InvocationError('pull', message, { cause });
    };
    expect(await site.replay()).toMatchObject({ settled: 0, kept: 1, parked: 0 });
    expect(site.bucket.letters(PREFIX)).toEqual({
      [key]: [rangeLetter(3, 8, { reason: 'pull', replays: 1, message, lastFailedAt: NOON })],
    });
  });

  it.each([
    ['ServerBusy', 503],
    ['Unauthorized', 401],
    ['ReadQuotaExceed', 403],
    ['Network', undefined],
  ])('that meets %s keeps its replays: that says nothing of the letter', async (code, status) => {
    const site = new ReplaySite();
    const key = site.put(1, rangeLetter(3, 8, { replays: 4 }));
    site.ship = () => {
      const cause = new PullError(code, { code, cursor: 'c', attempts: 6, ...(status !== undefined && { status }) });
      throw new InvocationError('pull', `PullLogs p/l/0: ${code}`, { cause });
    };
    expect(await site.replay()).toMatchObject({ settled: 0, kept: 1, parked: 0 });
    const message = `PullLogs p/l/0: ${code}`;
    expect(site.bucket.letters(PREFIX)).toEqual({ [key]: [rangeLetter(3, 8, { replays: 4, message })] });
  });

  it('whose failures OSS does not take stays as it is: that is not its fault', async () => {
    const site = new ReplaySite();
    const key = site.put(1, rangeLetter(3, 8, { replays: 2 }));
    site.ship = () => {
      throw new InvocationError('dead-letter', 'The dead letter could not be written');
    };
    expect(await site.replay()).toMatchObject({ settled: 0, kept: 1, parked: 0 });
    const message = 'The dead letter could not be written';
    expect(site.bucket.letters(PREFIX)).toEqual({ [key]: [rangeLetter(3, 8, { replays: 2, message })] });
  });

  it('is not begun after the time for it is over', async () => {
    const site = new ReplaySite();
    const key = site.put(1, rangeLetter(1, 2), rangeLetter(3, 4));
    site.ship = () => site.clock.advance(250_000);
    expect(await site.replay()).toMatchObject({ letters: 2, settled: 1, kept: 1 });
    expect(site.bucket.letters(PREFIX)).toEqual({ [key]: [rangeLetter(3, 4)] });
  });
});

describe('what a replay is asked for', () => {
  async function touched(prefix: string, limit?: number): Promise<string[]> {
    const site = new ReplaySite();
    for (const n of [1, 2, 3]) site.put(n, recordLetter(n));
    const other = `${PREFIX}/v1/q/l/0/2026/11/21/1-first.ndjson.gz`;
    site.bucket.objects.set(other, encodeLetters([recordLetter(4)]));
    site.bucket.objects.set(parked(5), encodeLetters([recordLetter(5, { replays: 3 })]));
    await site.replay({ prefix, limit });
    return [...site.delivered].sort().map(String);
  }

  it.each([
    ['nothing', '', ['1', '2', '3', '4']],
    ['a whole key', keyOf(2), ['2']],
    ['the beginning of keys', `${PREFIX}/v1/p/`, ['1', '2', '3']],
    ['a path below the folder of the letters', 'q/l/', ['4']],
    ['the folder of what was parked', `${PREFIX}/parked/v1/`, ['5']],
    ['a whole key of what was parked', parked(5), ['5']],
    ['parked/ alone', 'parked/', ['5']],
    ['parked/ and a path below it', 'parked/p/l', ['5']],
    ['a path that holds nothing', 'none', []],
  ])('may be %s', async (_, prefix, expected) => {
    expect(await touched(prefix)).toEqual(expected);
  });

  it('may be limited to so many objects', async () => {
    expect(await touched('', 2)).toEqual(['1', '2']);
    const site = new ReplaySite();
    for (const n of [1, 2]) site.put(n, recordLetter(n));
    expect(await site.replay({ limit: 1 })).toMatchObject({ objects: 1, more: true });
    expect(await site.replay({ limit: 1 })).toMatchObject({ objects: 1, more: false });
  });

  it('may be only to count: then nothing is changed, sent or held', async () => {
    const site = new ReplaySite();
    site.oldest = 9;
    site.put(1, recordLetter(1, { replays: 9 }), rangeLetter(3, 8));
    site.bucket.objects.set(keyOf(2), Buffer.from('no gzip'));
    const before = new Map(site.bucket.objects);
    const why = { refused: 1, 'range:outage': 1 };
    expect(await site.replay({ dryRun: true })).toMatchObject({ objects: 2, letters: 2, settled: 0, kept: 2, why });
    expect(site.bucket.objects).toEqual(before);
    expect([site.delivered.size, site.shipped.length]).toEqual([0, 0]);
    expect(site.bucket.operations.filter((each) => !/^(?:list|get) /.test(each))).toEqual([]);
  });
});

describe('a replay', () => {
  it('leaves nothing under the prefix but what is parked', async () => {
    const site = new ReplaySite();
    site.answer = (n) => (n % 2 === 0 ? 'refuse' : 'deliver');
    for (const n of [1, 2, 3]) site.put(n, recordLetter(n, { replays: 2 }), rangeLetter(n * 10, n * 10 + 2));
    await site.replay();
    expect([...site.bucket.objects.keys()]).toEqual([parked(2)]);
  });

  it('begins no object after the time for it, and says that there is more', async () => {
    const site = new ReplaySite();
    for (const n of [1, 2]) site.put(n, rangeLetter(n * 10, n * 10 + 1));
    site.ship = () => site.clock.advance(250_000);
    expect(await site.replay()).toMatchObject({ objects: 1, settled: 1, more: true });
    expect([...site.bucket.objects.keys()]).toEqual([keyOf(2)]);
  });

  it('does not replay what it wrote itself', async () => {
    const site = new ReplaySite();
    site.put(1, rangeLetter(1, 2));
    const own = keyOf(5).replace('first', 'second-1');
    site.ship = () => void site.bucket.objects.set(own, encodeLetters([recordLetter(7)]));
    expect(await site.replay()).toMatchObject({ objects: 1, letters: 1, more: false });
    expect([...site.bucket.objects.keys()]).toEqual([own]);
  });

  it('replays what another wrote whose id is in the path but not its name', async () => {
    const site = new ReplaySite();
    site.put(1, recordLetter(1));
    expect(await site.replay({}, { requestId: '2026' })).toMatchObject({ objects: 1, settled: 1 });
  });

  it('passes over an object that is gone when its turn comes', async () => {
    const site = new ReplaySite();
    const key = site.put(1, recordLetter(1));
    site.bucket.before = (operation) => void (operation === 'get' && site.bucket.objects.delete(key));
    expect(await site.replay()).toMatchObject({ objects: 0, letters: 0 });
  });

  it('writes what is left before it deletes: parked first, then the object', async () => {
    const site = new ReplaySite();
    site.answer = () => 'refuse';
    const [one, two] = [
      site.put(1, recordLetter(1, { replays: 2 }), recordLetter(2)),
      site.put(2, recordLetter(3, { replays: 2 })),
    ];
    await site.replay();
    const changes = site.bucket.operations.filter((each) => /^(?:put|delete) /.test(each));
    expect(changes).toEqual([
      `put ${parked(1)}`,
      `put ${one}`,
      `put ${parked(2)}`,
      `delete ${two}`,
      `delete ${PREFIX}/replay.lease.json`,
    ]);
  });

  it('works without a prefix', async () => {
    const site = new ReplaySite();
    const key = 'v1/p/l/0/2026/11/21/1-first.ndjson.gz';
    site.bucket.objects.set(key, encodeLetters([recordLetter(1), recordLetter(2, { replays: 2 })]));
    site.answer = (n) => (n === 2 ? 'refuse' : 'deliver');
    expect(await site.replay({}, { prefix: '' })).toMatchObject({ settled: 1, parked: 1 });
    expect([...site.bucket.objects.keys()]).toEqual([`parked/${key}`]);
  });

  it.each(['list', 'get', 'put', 'delete'] as const)(
    'says where and what when OSS does not %s, and the next step',
    async (operation) => {
      const site = new ReplaySite();
      site.put(1, recordLetter(1), recordLetter(2));
      site.answer = (n) => (operation === 'put' && n === 2 ? 'refuse' : 'deliver');
      site.bucket.before = (op, key) => {
        if (op === operation && !key.includes('lease'))
          throw Object.assign(new Error('no'), { name: 'AccessDeniedError' });
      };
      const error = await site.replay().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(InvocationError);
      expect(error).toMatchObject({
        code: 'dead-letter',
        message: expect.stringMatching(/AccessDeniedError.*oss:ListObjects/s),
      });
      expect(site.bucket.objects.size).toBe(1);
    },
  );
});

describe('what is parked', () => {
  it('stays where it is when it fails again, all of it', async () => {
    const site = new ReplaySite();
    const letters = [recordLetter(1, { replays: 3 }), rangeLetter(3, 5, { reason: 'expired', replays: 1 })];
    site.bucket.objects.set(parked(1), encodeLetters(letters));
    site.oldest = 9;
    site.answer = () => 'refuse';
    // An operator allows more replays than before: one letter may go on, the other is given up.
    for (const maxReplays of [9, 3]) await site.replay({ prefix: 'parked/' }, { maxReplays });
    const changed = site.bucket.operations.filter((each) => /^(?:put|delete) .*ndjson/.test(each));
    expect(changed).toEqual(Array(2).fill(`put ${parked(1)}`));
    const left = site.bucket.letters(PREFIX);
    expect(Object.keys(left)).toEqual([parked(1)]);
    expect(left[parked(1)]?.map(({ kind }) => kind).sort()).toEqual(['range', 'record']);
  });

  it('is gone when it is delivered', async () => {
    const site = new ReplaySite();
    site.bucket.objects.set(parked(1), encodeLetters([recordLetter(1, { replays: 3 })]));
    expect(await site.replay({ prefix: 'parked/' })).toMatchObject({ settled: 1 });
    expect(site.bucket.objects.size).toBe(0);
  });
});

describe('an object that is damaged', () => {
  const damaged = encodeLetters([recordLetter(1)]).subarray(0, 90);

  it('is parked as it is, the others are replayed, and the log names no text of it', async () => {
    const site = new ReplaySite();
    site.bucket.objects.set(keyOf(1), damaged);
    site.put(2, recordLetter(2));
    expect(await site.replay()).toMatchObject({ objects: 2, letters: 1, settled: 1 });
    expect(site.bucket.objects).toEqual(new Map([[parked(1), damaged]]));
    expect(site.lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'error',
        message: 'an object holds no dead letters that can be read; a replay parks it as it is',
        key: keyOf(1),
        error: expect.any(String),
      },
    ]);
    expect(site.lines.join()).not.toMatch(/question|answer/);
  });

  it('does not overwrite what was parked of the same key before', async () => {
    const site = new ReplaySite();
    site.bucket.objects.set(keyOf(1), damaged);
    site.bucket.objects.set(parked(1), encodeLetters([recordLetter(7)]));
    await site.replay();
    const bodies = [...site.bucket.objects.values()];
    expect(bodies).toHaveLength(2);
    expect(bodies).toContainEqual(damaged);
    expect(decodeLetters(site.bucket.objects.get(parked(1)) ?? Buffer.of())).toEqual([recordLetter(7)]);
  });

  it('is not in the way of what has to be parked beside it', async () => {
    const site = new ReplaySite();
    site.bucket.objects.set(parked(1), damaged);
    site.put(1, recordLetter(1, { replays: 2 }));
    site.answer = () => 'refuse';
    expect(await site.replay()).toMatchObject({ parked: 1 });
    expect(site.bucket.objects.get(parked(1))).toEqual(damaged);
    const [other] = [...site.bucket.objects.keys()].filter((key) => key !== parked(1));
    expect(other).toMatch(/^dead\/parked\/v1\/p\/l\/0\/2026\/11\/21\/1000001-first-second\.ndjson\.gz$/);
    expect(decodeLetters(site.bucket.objects.get(other ?? '') ?? Buffer.of())).toHaveLength(1);
  });

  it('stays where it is when it was parked already', async () => {
    const site = new ReplaySite();
    site.bucket.objects.set(parked(1), damaged);
    await site.replay({ prefix: 'parked/' });
    expect(site.bucket.objects).toEqual(new Map([[parked(1), damaged]]));
  });
});

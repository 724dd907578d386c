import { describe, expect, it } from 'vitest';
import { backoff } from '../../lib/sls/backoff.ts';
import type { Fault } from '../stand-ins/sls.ts';
import { collect, credentials, numbered, numbers, untilError, type World, world } from './world.ts';

const error = (status: number, code: string, message = 'as SLS says'): Fault => ({
  kind: 'error',
  status,
  code,
  message,
});
const html: Fault = { kind: 'error', status: 502, body: '<html>Bad Gateway</html>' };

/** The nth answer to the first page is a fault; every other page is as usual. */
function failFirstPage({ sls, range }: World, faults: readonly Fault[]): void {
  const queue = [...faults];
  sls.faults = (request) => (request.query.get('cursor') === range.begin ? queue.shift() : undefined);
}

const askedForFirst = ({ sls, range }: World) =>
  sls.requests.filter(({ query }) => query.get('cursor') === range.begin).length;

describe('a passing failure', () => {
  it.each<[string, Fault]>([
    ['a lost connection', { kind: 'drop' }],
    ['a cut body', { kind: 'cut' }],
    ['429', { kind: 'error', status: 429, body: '' }],
    ['500', error(500, 'InternalServerError')],
    ['502 in HTML', html],
    ['503', error(503, 'ServerBusy')],
    ['504', { kind: 'error', status: 504, body: '' }],
    ['ReadQuotaExceed', error(403, 'ReadQuotaExceed')],
    ['ShardReadQuotaExceed', error(403, 'ShardReadQuotaExceed')],
  ])('such as %s is asked again up to six times', async (_, fault) => {
    const healed = await world();
    failFirstPage(healed, Array<Fault>(5).fill(fault));
    expect(numbers(await collect(healed.pull()))).toEqual(['0', '1', '2', '3']);
    expect(askedForFirst(healed)).toBe(6);
    expect(healed.clock.slept).toHaveLength(5);
  });

  it('is given up after six attempts', async () => {
    const lost = await world();
    failFirstPage(lost, Array<Fault>(9).fill(error(503, 'ServerBusy')));
    const { before, error: failure } = await untilError(lost.pull());
    expect(before).toEqual([]);
    expect(failure).toMatchObject({ code: 'ServerBusy', status: 503, attempts: 6, cursor: lost.range.begin });
    expect(failure.requestId).toMatch(/^[0-9A-F]{24}$/);
  });

  it('is a network error when nobody answers', async () => {
    const { pull, sls, clock } = await world();
    await sls.close();
    const { error: failure } = await untilError(pull());
    expect(failure).toMatchObject({ code: 'Network', attempts: 6 });
    expect(failure.message).toContain('SLS_ENDPOINT');
    expect(clock.slept).toHaveLength(5);
  });

  it('is a timeout when the answer does not come', async () => {
    const { pull, sls } = await world({ access: { timeoutMs: 30 } });
    sls.faults = () => ({ kind: 'hold', headers: new Promise(() => {}) });
    expect((await untilError(pull())).error).toMatchObject({ code: 'Timeout', attempts: 6 });
  });

  it('is not asked again once the signal aborts', async () => {
    const abort = new AbortController();
    const sleep = async () => abort.abort();
    const lost = await world({ access: { clock: { now: Date.now, sleep } } });
    failFirstPage(lost, [error(503, 'ServerBusy')]);
    const { error: failure } = await untilError(lost.pull(abort.signal));
    expect(failure).toMatchObject({ code: 'Aborted', status: 503, attempts: 1 });
    expect(askedForFirst(lost)).toBe(1);
  });
});

describe('the wait before another attempt', () => {
  it.each([
    [1, 200],
    [2, 400],
    [5, 3200],
    [20, 10_000],
  ])('after attempt %i is anything up to %i ms', (attempt, most) => {
    expect(backoff('soon', attempt, 0)).toBe(0);
    expect(backoff('soon', attempt, 0.5)).toBe(most / 2);
  });

  it.each([
    [1, 2_200],
    [2, 4_200],
    [3, 8_200],
    [9, 10_000],
  ])('after attempt %i against a used up quota is 2 s to %i ms', (attempt, most) => {
    expect(backoff('late', attempt, 0)).toBe(2_000);
    expect(backoff('late', attempt, 1)).toBe(most);
  });

  it('is spent with the clock that was passed in', async () => {
    const slow = await world();
    failFirstPage(slow, [error(403, 'ReadQuotaExceed'), error(503, 'ServerBusy')]);
    await collect(slow.pull());
    expect(slow.clock.slept).toHaveLength(2);
    expect(slow.clock.slept[0]).toBeGreaterThanOrEqual(2_000);
    expect(slow.clock.slept[1]).toBeLessThanOrEqual(400);
  });
});

describe('a lasting failure', () => {
  it.each([
    [400, 'ParameterInvalid', 'PullLogs page'],
    [400, 'InvalidCursor', 'do not skip ahead'],
    [400, 'ShardNotExist', 'merge'],
    [400, 'LogStoreWithoutShard', 'no shard'],
    [400, 'RequestTimeExpired', 'clock'],
    [401, 'Unauthorized', 'log:GetCursorOrData'],
    [401, 'SignatureNotMatch', 'SLS_ENDPOINT'],
    [401, 'InvalidAccessKeyId', 'expired'],
    [403, 'SomethingElse', 'SLS_ENDPOINT'],
    [404, 'ProjectNotExist', 'project'],
    [404, 'LogStoreNotExist', 'logstore'],
  ])('of %i %s fails at once and says what to do', async (status, code, advice) => {
    const lost = await world();
    failFirstPage(lost, [error(status, code)]);
    const { error: failure } = await untilError(lost.pull());
    expect(failure).toMatchObject({ code, status, attempts: 1, cursor: lost.range.begin });
    expect(failure.message).toContain(advice);
    expect(failure.message).toContain('proj/store/0');
    expect(lost.clock.slept).toEqual([]);
  });

  it.each<[string, string]>([
    ['HTML', '<html>Forbidden</html>'],
    ['nothing', ''],
    ['JSON of another kind', '["x"]'],
    ['JSON with odd members', '{"errorCode":{},"errorMessage":5}'],
  ])('with %s for a body is named by its status', async (_, body) => {
    const lost = await world();
    failFirstPage(lost, [{ kind: 'error', status: 403, body }]);
    expect((await untilError(lost.pull())).error).toMatchObject({ code: 'Http403', status: 403, attempts: 1 });
  });

  it('quotes what SLS says, shortened and on one line', async () => {
    const lost = await world();
    failFirstPage(lost, [error(401, 'Unauthorized', `denied by ram,\naction log:X ${'x'.repeat(5000)}`)]);
    const { message } = (await untilError(lost.pull())).error;
    expect(message).toContain('denied by ram, action log:X');
    expect(message.length).toBeLessThan(800);
  });

  it('of a wrong key repeats neither credentials nor signature', async () => {
    const lost = await world({ access: { credentials: { ...credentials, accessKeySecret: 'wrong-secret' } } });
    const { error: failure } = await untilError(lost.pull());
    expect(failure.code).toBe('SignatureNotMatch');
    const signature = lost.sls.requests[0]?.headers.authorization?.split('Signature=')[1] ?? 'none';
    for (const secret of [signature, 'wrong-secret', 'STS.ak', 'token-secret'])
      expect(failure.message).not.toContain(secret);
  });

  it.each(['SignatureNotMatch', 'InvalidAccessKeyId'])('of %s is never quoted', async (code) => {
    const lost = await world();
    failFirstPage(lost, [error(401, code, 'signature c2lnbmVk not match')]);
    expect((await untilError(lost.pull())).error.message).not.toContain('c2lnbmVk');
  });

  it('whose message holds a credential is not quoted', async () => {
    const lost = await world();
    failFirstPage(lost, [error(401, 'Unauthorized', 'token token-secret has expired')]);
    expect((await untilError(lost.pull())).error.message).not.toContain('token-secret');
  });
});

describe('an answer without x-log-cursor', () => {
  const noCursor: Fault = { kind: 'headers', set: { 'x-log-cursor': undefined } };

  it('is asked for three times and then a failure', async () => {
    const lost = await world();
    failFirstPage(lost, [noCursor, noCursor, noCursor]);
    expect((await untilError(lost.pull())).error).toMatchObject({ code: 'NoCursor', attempts: 3 });
  });

  it('is forgotten when the next has one', async () => {
    const healed = await world();
    failFirstPage(healed, [noCursor, noCursor]);
    expect(numbers(await collect(healed.pull()))).toEqual(['0', '1', '2', '3']);
  });
});

describe('a broken page', () => {
  const broken: [string, Fault, string][] = [
    ['no sense in its body', { kind: 'garbage' }, 'LZ4'],
    ['a wrong raw size', { kind: 'headers', set: { 'x-log-bodyrawsize': '7' } }, 'LZ4'],
    ['a raw size that is no number', { kind: 'headers', set: { 'x-log-bodyrawsize': '7x' } }, 'not a number'],
    ['a raw size beyond the cap', { kind: 'headers', set: { 'x-log-bodyrawsize': '99999999' } }, 'more than'],
    ['no raw size', { kind: 'headers', set: { 'x-log-bodyrawsize': undefined } }, 'without x-log-bodyrawsize'],
    ['a wrong count', { kind: 'headers', set: { 'x-log-count': '2' } }, 'x-log-count says 2'],
    ['a count but no bytes', { kind: 'headers', set: { 'x-log-bodyrawsize': '0' } }, '0 log groups'],
    ['an unknown compression', { kind: 'headers', set: { 'x-log-compresstype': 'zstd' } }, 'zstd'],
    ['a compression it does not have', { kind: 'headers', set: { 'x-log-compresstype': 'deflate' } }, 'deflate'],
    ['no compression named', { kind: 'headers', set: { 'x-log-compresstype': undefined } }, 'announced'],
  ];

  it.each(broken)('with %s is asked for three times, named and passed by', async (_, fault, reason) => {
    const hurt = await world();
    failFirstPage(hurt, [fault, fault, fault]);
    const pages = await collect(hurt.pull());
    expect(numbers(pages)).toEqual(['broken', '1', '2', '3']);
    expect(pages[0]).toMatchObject({ cursor: hurt.range.begin, next: pages[1]?.cursor });
    expect(pages[0]).toHaveProperty('broken', expect.stringContaining(reason));
    expect(askedForFirst(hurt)).toBe(3);
  });

  it.each(broken)('with %s is forgotten when a later answer is whole', async (_, fault) => {
    const healed = await world();
    failFirstPage(healed, [fault, fault]);
    expect(numbers(await collect(healed.pull()))).toEqual(['0', '1', '2', '3']);
  });

  it('whose body is cut each time is passed by after six attempts', async () => {
    const hurt = await world();
    failFirstPage(hurt, Array<Fault>(9).fill({ kind: 'cut' }));
    const pages = await collect(hurt.pull());
    expect(numbers(pages)).toEqual(['broken', '1', '2', '3']);
    expect(askedForFirst(hurt)).toBe(6);
  });

  it('that does not move the cursor is a failure, for there is no way around it', async () => {
    const stuck = await world();
    const fault: Fault = { kind: 'headers', set: { 'x-log-cursor': stuck.range.begin, 'x-log-count': '9' } };
    failFirstPage(stuck, [fault, fault, fault]);
    expect((await untilError(stuck.pull())).error).toMatchObject({ code: 'Unreadable', cursor: stuck.range.begin });
  });

  it('that ends elsewhere at another attempt leaves neither gap nor overlap', async () => {
    const moved = await world({ groups: numbered(4), groupsPerPage: 3 });
    failFirstPage(moved, [
      { kind: 'headers', set: { 'x-log-count': '9' } },
      { kind: 'count', groups: 1 },
    ]);
    expect(numbers(await collect(moved.pull()))).toEqual(['0', '1', '2', '3']);
  });
});

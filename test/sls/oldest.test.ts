import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { oldestCursor } from '../../lib/sls/oldest.ts';
import { type Listening, listen } from '../stand-ins/listen.ts';
import { cursorOf, FIRST_POSITION } from '../stand-ins/sls.ts';
import { numbered, world } from './world.ts';

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** An SLS that answers every request with this. */
async function answering(status: number, body: string) {
  const { range, access } = await world();
  const server = await listen(createServer((_, response) => void response.writeHead(status).end(body)));
  open.push(server);
  return { range, access: { ...access, endpoint: new URL(server.url) } };
}

describe('oldestCursor', () => {
  it('is the cursor of the first log that the shard holds, whatever the range is', async () => {
    const { sls, range, access } = await world({ groups: numbered(3) });
    expect(await oldestCursor({ ...range, begin: cursorOf(FIRST_POSITION - 9n) }, access)).toBe(
      cursorOf(FIRST_POSITION),
    );
    expect(sls.requests.map(({ query }) => Object.fromEntries(query))).toEqual([{ type: 'cursor', from: 'begin' }]);
  });

  it.each([
    ['an error of SLS', 404, '{"errorCode":"LogStoreNotExist","errorMessage":"gone"}', 'LogStoreNotExist'],
    ['a page of a proxy', 502, '<html>', 'Http502'],
    ['a 200 that is no JSON', 200, '<html>', 'Unreadable'],
    ['a 200 without a cursor', 200, '{}', 'Unreadable'],
    ['a 200 with null', 200, 'null', 'Unreadable'],
    ['a 200 with an empty cursor', 200, '{"cursor":""}', 'Unreadable'],
    ['a 200 with a number for a cursor', 200, '{"cursor":7}', 'Unreadable'],
  ])('throws a PullError at %s, which says where', async (_, status, body, code) => {
    const { range, access } = await answering(status, body);
    await expect(oldestCursor(range, access)).rejects.toMatchObject({
      name: 'PullError',
      code,
      cursor: range.begin,
      message: expect.stringContaining('GetCursor proj/store/0: '),
    });
  });

  it('throws a PullError when SLS cannot be reached', async () => {
    const { range, access } = await world();
    const there = new URL('http://127.0.0.1:1');
    await expect(oldestCursor(range, { ...access, endpoint: there })).rejects.toMatchObject({ code: 'Network' });
  });

  it('throws a PullError when it is aborted', async () => {
    const { range, access } = await world();
    await expect(oldestCursor(range, access, AbortSignal.abort())).rejects.toMatchObject({ code: 'Aborted' });
  });
});

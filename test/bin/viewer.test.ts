import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureBundle } from '../../bin/build.ts';
import { portOf, wanted } from '../../bin/viewer/attend.ts';
import type { State } from '../../bin/viewer/board.ts';
import { callOf } from '../../bin/viewer/row.ts';
import { openViewer } from '../../bin/viewer/viewer.ts';
import { sampleWindow, windowOf } from '../../bin/viewer/window.ts';
import type { Json } from '../../lib/types.ts';
import { startLangfuse } from '../stand-ins/langfuse.ts';
import {
  KEY,
  NOON,
  openWorld,
  recordLetter,
  returned,
  sendSpans,
  threw,
  traceId,
  WINDOW,
  type World,
} from './viewer-world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One request with exactly these headers: `fetch` would not send another `Host`. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Got> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(`${world.viewer.url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject).end(body);
  });
}

async function state(): Promise<State> {
  return JSON.parse((await ask('/api/state')).text) as State;
}

async function token(): Promise<string> {
  return /name="viewer-token" content="([^"]{32})"/.exec((await ask('/')).text)?.[1] ?? '';
}

async function replay(body: Json, headers: Record<string, string> = {}): Promise<Got> {
  const given = { 'x-viewer-token': await token(), 'content-type': 'application/json', ...headers };
  return ask('/api/replay', { method: 'POST', headers: given, body: JSON.stringify(body) });
}

describe('who may ask', () => {
  it('listens on loopback alone', () => {
    expect(world.viewer.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it.each([
    ['a name that was pointed at this machine', { host: 'evil.example' }],
    ['a name with the right port', { host: 'evil.example:PORT' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
  ])('refuses %s, whatever it asks for', async (_, headers) => {
    const { port } = new URL(world.viewer.url);
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', port)]),
    );
    for (const path of ['/', '/app.js', '/api/state', '/api/events', '/api/letters']) {
      expect(await ask(path, { headers: sent })).toMatchObject({ status: 403 });
    }
  });

  it.each([
    ['no token', ''],
    ['a wrong token', 'x'.repeat(32)],
  ])('changes nothing for %s', async (_, given) => {
    world.store(KEY, [recordLetter(1)]);
    const { status, text } = await replay({ key: KEY }, { 'x-viewer-token': given });
    expect({ status, text }).toEqual({ status: 403, text: expect.stringContaining('reload') });
    expect(world.stage.oss?.objects.has(KEY)).toBe(true);
  });

  it.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH'])('knows no %s', async (method) => {
    expect(await ask('/api/state', { method })).toMatchObject({ status: 405 });
  });

  it('lets no script but its own run, on every answer', async () => {
    for (const path of ['/', '/app.js', '/api/state', '/nothing']) {
      const { headers } = await ask(path);
      expect(headers['content-security-policy']).toMatch(
        /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
      );
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it.each([
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2fbin/run.ts',
    '/style.css/../../package.json',
    '/index.html',
    '/__proto__',
  ])('serves no file beside those of the page: %s', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 404 });
  });

  it('gives each run a token of its own', async () => {
    const other = await openWorld();
    const page = await (await fetch(other.viewer.url)).text();
    await other.close();
    expect(page).not.toContain(await token());
  });
});

describe('what arrived', () => {
  it('lists the calls without their contents', async () => {
    await world.send({
      n: 1,
      user: 'ann',
      model: 'qwen-max',
      ms: 700,
      first: 200,
      input: 'secret plan',
      usage: { input: 3, output: 4, total: 7 },
    });
    const { calls, running } = await state();
    const times = { start: NOON + 1000, end: NOON + 1700, first: NOON + 1200 };
    expect(calls).toMatchObject([
      { traceId: traceId(1), user: 'ann', model: 'qwen-max', ...times, input: 3, output: 4, tokens: 7 },
    ]);
    expect(JSON.stringify(calls)).not.toContain('secret plan');
    expect(running).toBe(true);
  });

  it('shows a trace whole', async () => {
    const input = [{ role: 'user', content: 'hello' }];
    await world.send({ n: 1, input, output: 'hi' }, { n: 2, trace: 1, parent: 1 }, { n: 3 });
    const { calls } = JSON.parse((await ask(`/api/trace?id=${traceId(1)}`)).text);
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({ asked: input, answered: 'hi', type: 'generation' });
  });

  it('says so when there is no such trace', async () => {
    expect(await ask('/api/trace?id=nothing')).toMatchObject({
      status: 404,
      text: expect.stringContaining('no such trace'),
    });
  });

  it('grows by a version with each change, and not without one', async () => {
    const { version } = await state();
    expect((await state()).version).toBe(version);
    await world.send({ n: 1 });
    expect((await state()).version).toBe(version + 1);
    world.viewer.add(returned(), 0);
    expect((await state()).version).toBeGreaterThan(version + 1);
  });

  it('tells the pages that are open of new calls, by itself', async () => {
    const { version } = await state();
    const response = await fetch(`${world.viewer.url}/api/events`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body?.getReader();
    await world.send({ n: 1 });
    let text = '';
    while (!text.includes(`data: ${version + 1}\n`))
      text += Buffer.from((await reader?.read())?.value ?? []).toString();
    await reader?.cancel();
  });

  it('keeps receipts and failures apart, and says when the run has ended', async () => {
    world.viewer.add(returned(), 1);
    world.viewer.add(threw());
    world.viewer.finish();
    const { invocations, running } = await state();
    expect(invocations).toMatchObject([
      { shard: 1, receipt: { read: 3 } },
      { requestId: 'request-2', error: { type: 'InvocationError', message: 'SLS refused' } },
    ]);
    expect(running).toBe(false);
  });
});

describe('dead letters', () => {
  it('lists objects by reason without records, and gives the records of one', async () => {
    world.store(KEY, [recordLetter(1), recordLetter(2)]);
    world.store(KEY.replace('/v1/', '/parked/v1/'), [recordLetter(3)]);
    const { letters, letterPlace } = await state();
    expect(letterPlace).toEqual({ place: 'oss://dead-letters/sls-langfuse/v1/' });
    expect(letters).toMatchObject([
      { key: KEY, letters: 2, why: { refused: 2 }, parked: false },
      { letters: 1, parked: true },
    ]);
    expect(JSON.stringify(letters)).not.toContain('question');
    const found = JSON.parse((await ask(`/api/letters?key=${KEY}`)).text);
    expect(found).toMatchObject({
      of: 2,
      letters: [{ reason: 'refused', status: 413, record: { request_id: 'request-1' } }, {}],
    });
  });

  it('gives many letters in parts', async () => {
    world.store(
      KEY,
      Array.from({ length: 45 }, (_, n) => recordLetter(n)),
    );
    const found = JSON.parse((await ask(`/api/letters?key=${KEY}&from=40`)).text);
    expect(found).toMatchObject({ of: 45, letters: { length: 5 } });
    expect(await ask(`/api/letters?key=${KEY}&from=-1`)).toMatchObject({ status: 400 });
  });

  it.each([
    ['outside of the folders', 'sls-langfuse/progress/proj/store/0.json', /is not under/],
    ['that is not there', `${KEY}x`, /is not in the bucket/],
    ['that holds none', 'sls-langfuse/v1/broken', /no letters that can be read/],
  ])('refuses a key %s', async (_, key, message) => {
    const broken = { body: gzipSync('no letter'), etag: '"x"', lastModified: new Date(), headers: {} };
    world.stage.oss?.objects.set('sls-langfuse/v1/broken', broken);
    expect(await ask(`/api/letters?key=${encodeURIComponent(key)}`)).toMatchObject({
      status: 404,
      text: expect.stringMatching(message),
    });
  });

  it('replays one object through the built function, and nothing else', async () => {
    await ensureBundle();
    const other = KEY.replace('1-a', '2-b');
    world.store(KEY, [recordLetter(1)]);
    world.store(other, [recordLetter(2)]);
    const { status, text } = await replay({ key: KEY });
    expect({ status, ...JSON.parse(text) }).toMatchObject({
      status: 200,
      receipt: { objects: 1, letters: 1, settled: 1, kept: 0 },
    });
    const { letters, calls } = await state();
    expect(letters.map(({ key }) => key)).toEqual([other]);
    expect(calls).toHaveLength(1);
  });

  it('replays all that wait when no key is given, one replay at a time', async () => {
    await ensureBundle();
    for (const n of [1, 2]) world.store(KEY.replace('1-a', `${n}-a`), [recordLetter(n)]);
    const outcomes = await Promise.all([replay({}), replay({})]);
    const said = outcomes
      .map(({ text }) => JSON.parse(text))
      .sort((a, b) => Object.keys(a).join().localeCompare(Object.keys(b).join()));
    expect(said).toMatchObject([
      { error: expect.stringContaining('Another replay') },
      { receipt: { objects: 2, settled: 2 } },
    ]);
  });

  it.each([[{ key: 7 }], [{ key: '' }], [{ key: ['a'] }]])('refuses the key %j', async (body) => {
    expect(await replay(body)).toMatchObject({ status: 400 });
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['too long', `"${'x'.repeat(5000)}"`],
  ])('refuses a body that is %s', async (_, body) => {
    const headers = { 'x-viewer-token': await token() };
    expect(await ask('/api/replay', { method: 'POST', headers, body })).toMatchObject({ status: 400 });
  });

  it('keeps on the page what it last read when OSS fails, and says what failed', async () => {
    world.store(KEY, [recordLetter(1)]);
    await state();
    if (world.stage.oss) world.stage.oss.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    world.viewer.add(returned());
    const { letters, letterPlace } = await state();
    expect(letters).toHaveLength(1);
    expect(letterPlace.problem).toBeTruthy();
  });
});

describe('a Langfuse that is no stand-in', () => {
  it.each(['3.225.4', '4.2.0'])('is read back through its public API (%s), users included', async (version) => {
    const langfuse = await startLangfuse({ version });
    const env = {
      LANGFUSE_HOST: langfuse.url,
      LANGFUSE_PUBLIC_KEY: langfuse.publicKey,
      LANGFUSE_SECRET_KEY: langfuse.secretKey,
    };
    const { langfuse: _, ...stage } = { ...world.stage, env: { ...world.stage.env, ...env } };
    const viewer = await openViewer(stage, WINDOW);
    try {
      await sendSpans({ env }, [
        { n: 1, user: 'ann', model: 'qwen-max', input: { messages: [] }, usage: { total: 7 } },
      ]);
      await sendSpans({ env }, [{ n: 2, at: 2 * 3_600_000 }]);
      const { calls, langfuse: place } = (await (await fetch(`${viewer.url}/api/state`)).json()) as State;
      expect(place.place).toContain(langfuse.url);
      expect(calls).toMatchObject([{ traceId: traceId(1), user: 'ann', model: 'qwen-max', tokens: 7 }]);
      const whole = await (await fetch(`${viewer.url}/api/trace?id=${traceId(1)}`)).json();
      expect(whole).toMatchObject({ calls: [{ asked: { messages: [] } }], link: expect.stringContaining(traceId(1)) });
      expect(JSON.stringify([calls, place, whole])).not.toContain(langfuse.secretKey);
    } finally {
      await viewer.close();
      await langfuse.close();
    }
  });

  it.each([
    ['wrong keys', { LANGFUSE_SECRET_KEY: 'wrong' }, /LANGFUSE_SECRET_KEY/],
    ['no server', { LANGFUSE_HOST: 'http://127.0.0.1:9' }, /LANGFUSE_HOST/],
    ['no address', { LANGFUSE_HOST: '' }, /Set LANGFUSE_HOST/],
  ])('says what to do about %s', async (_, change, message) => {
    const { langfuse: standIn, ...stage } = { ...world.stage, env: { ...world.stage.env, ...change } };
    expect(standIn).toBeDefined();
    const viewer = await openViewer(stage, WINDOW);
    const { langfuse } = (await (await fetch(`${viewer.url}/api/state`)).json()) as State;
    await viewer.close();
    expect(langfuse.problem).toMatch(message);
    expect(langfuse.problem).not.toContain('wrong');
  });

  it('shows why there are no letters when no bucket is set', async () => {
    const { DEAD_LETTER_BUCKET: _, ...env } = world.stage.env;
    const viewer = await openViewer({ ...world.stage, env }, WINDOW);
    const { letterPlace } = (await (await fetch(`${viewer.url}/api/state`)).json()) as State;
    await viewer.close();
    expect(letterPlace.problem).toContain('DEAD_LETTER_BUCKET');
  });
});

describe('callOf', () => {
  it.each([[{}], [{ id: 1, traceId: 'a', startTime: 0 }], [{ id: 'a', traceId: 'b', startTime: 'soon' }]])(
    'leaves out %j',
    (row) => {
      expect(callOf(row)).toBeUndefined();
    },
  );

  it('makes of text that is JSON what it says, and leaves other text', () => {
    const row = { id: 'a', traceId: 'b', startTime: 0, input: ' {"a":1}', output: '[broken' };
    expect(callOf(row)).toMatchObject({ asked: { a: 1 }, answered: '[broken' });
  });

  it('takes a cost of 0 for unknown, where only the sum is told', () => {
    expect(callOf({ id: 'a', traceId: 'b', startTime: 0, totalCost: 0 })).not.toHaveProperty('cost');
  });
});

describe('the window of a run', () => {
  it('is that of the samples where SLS is stood in for', () => {
    expect(windowOf(world.stage, undefined)).toEqual(sampleWindow());
    expect(sampleWindow().from).toBeLessThan(sampleWindow().to);
  });

  it('begins an hour before the first log of a range arrived', () => {
    const cursor = (ms: number) => Buffer.from(`${ms}000000`).toString('base64');
    const range = { endpoint: '', project: '', logstore: '', shard: 0, begin: cursor(NOON - 5000), end: cursor(NOON) };
    expect(windowOf({}, range)).toEqual({ from: NOON - 3_605_000, to: NOON + 60_000 });
  });

  it('is the last day where cursors tell no time', () => {
    const range = { endpoint: '', project: '', logstore: '', shard: 0, begin: 'opaque!', end: 'MTIz' };
    const { from, to } = windowOf({}, range);
    expect(to - from).toBe(86_400_000 + 3_660_000);
    expect(Math.abs(to - Date.now() - 60_000)).toBeLessThan(5_000);
  });
});

describe('the options', () => {
  it.each(['0', '65536', 'x', '1e3', '-1', ''])('refuse the port "%s"', (text) => {
    expect(() => portOf(text)).toThrow(/--port/);
  });

  it('show the page as asked, and else only on a terminal', () => {
    expect([wanted(true), wanted(false), wanted(undefined), portOf('4173'), portOf(undefined)]).toEqual([
      true,
      false,
      process.stdout.isTTY === true,
      4173,
      0,
    ]);
  });
});

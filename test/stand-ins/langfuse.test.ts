import { gzipSync } from 'node:zlib';
import { Langfuse } from 'langfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Fault, type LangfuseOptions, type LangfuseStandIn, startLangfuse } from './langfuse.ts';

type Bag = Record<string, unknown>;

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const START = Date.parse('2026-11-21T06:59:58.120Z');

const servers: LangfuseStandIn[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: LangfuseOptions = {}): Promise<LangfuseStandIn> {
  const server = await startLangfuse(options);
  servers.push(server);
  return server;
}

function basic({ publicKey, secretKey }: { publicKey: string; secretKey: string }): string {
  return `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString('base64')}`;
}

function get(server: LangfuseStandIn, path: string): Promise<Response> {
  return fetch(server.url + path, { headers: { authorization: basic(server) } });
}

/** What the SDK's typed client makes of the answer: its body, or the Response it rejects with. */
function ingest(server: LangfuseStandIn, batch: readonly Bag[], keys: Bag = {}): Promise<unknown> {
  const { url: baseUrl, publicKey, secretKey } = server;
  const { api } = new Langfuse({ baseUrl, publicKey, secretKey, ...keys });
  return api.ingestionBatch({ batch, metadata: {} } as never, { signal: AbortSignal.timeout(10_000) });
}

function event(type: string, body: Bag | undefined, envelope: Bag = {}): Bag {
  return { id: `e-${String(body?.id)}`, type, timestamp: '2026-11-21T07:00:00.000Z', body, ...envelope };
}

function generation(body: Bag = {}): Bag {
  return event('generation-create', { id: SPAN, traceId: TRACE, startTime: new Date(START).toISOString(), ...body });
}

function attribute(key: string, value: unknown): Bag {
  if (typeof value === 'number') return { key, value: { intValue: String(value) } };
  if (Array.isArray(value)) return { key, value: { arrayValue: { values: value.map((v) => ({ stringValue: v })) } } };
  return { key, value: typeof value === 'boolean' ? { boolValue: value } : { stringValue: value } };
}

/** A span that starts at START; `attributes` are plain values by key. */
function span(attributes: Bag = {}, own: Bag = {}): Bag {
  return {
    traceId: TRACE,
    spanId: SPAN,
    name: 'qwen-max',
    startTimeUnixNano: `${START}000000`,
    endTimeUnixNano: `${START + 1780}999999`,
    attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    ...own,
  };
}

function exportOf(spans: readonly unknown[], scope = 'ai-gateway-logs', resource: Bag = {}): Bag {
  const attributes = Object.entries(resource).map(([key, value]) => attribute(key, value));
  return {
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: scope, version: '1' }, spans }] }],
  };
}

function post(
  server: LangfuseStandIn,
  body: unknown,
  headers: Record<string, string> = {},
  signal = AbortSignal.timeout(10_000),
): Promise<Response> {
  const common = {
    authorization: basic(server),
    'content-type': 'application/json',
    'x-langfuse-ingestion-version': '4',
  };
  const sent = body instanceof Uint8Array ? body : typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${server.url}/api/public/otel/v1/traces`, {
    method: 'POST',
    headers: { ...common, ...headers },
    body: sent,
    signal,
  });
}

const O = 'langfuse.observation';
const FULL = {
  [`${O}.type`]: 'generation',
  [`${O}.model.name`]: 'qwen-max',
  [`${O}.model.parameters`]: '{"temperature":0.5,"stop":[1]}',
  [`${O}.input`]: '[{"role":"user","content":"hi"}]',
  [`${O}.output`]: 'hello',
  [`${O}.usage_details`]: '{"input":60,"input_cached_tokens":40,"output":50}',
  [`${O}.cost_details`]: '{"input":0.5,"output":0.25}',
  [`${O}.level`]: 'WARNING',
  [`${O}.status_message`]: 'slow',
  [`${O}.completion_start_time`]: '2026-11-21T06:59:58.620Z',
  [`${O}.metadata.status`]: 429,
  [`${O}.metadata.text`]: '5',
  'langfuse.trace.name': 'ai-gateway',
  'langfuse.user.id': 'u',
  'langfuse.session.id': 's',
  'langfuse.trace.tags': ['qwen', 'eu'],
};
const STORED = {
  id: SPAN,
  traceId: TRACE,
  type: 'GENERATION',
  name: 'qwen-max',
  model: 'qwen-max',
  modelParameters: { temperature: 0.5, stop: '[1]' },
  startTime: START,
  endTime: START + 1780,
  completionStartTime: START + 500,
  input: [{ role: 'user', content: 'hi' }],
  output: 'hello',
  usageDetails: { input: 60, input_cached_tokens: 40, output: 50, total: 150 },
  costDetails: { input: 0.5, output: 0.25, total: 0.75 },
  level: 'WARNING',
  statusMessage: 'slow',
  environment: 'prod',
  traceName: 'ai-gateway',
  userId: 'u',
  sessionId: 's',
  tags: ['qwen', 'eu'],
};

describe('health and access', () => {
  it('tells its version to anybody', async () => {
    const server = await start({ version: '4.16.0' });
    const response = await fetch(`${server.url}/api/public/health`);
    expect(await response.json()).toEqual({ status: 'OK', version: '4.16.0' });
  });

  it("refuses wrong keys on every route, in that route's words", async () => {
    const server = await start();
    const wrong = { authorization: basic({ publicKey: server.publicKey, secretKey: 'wrong' }) };
    expect(
      await post(server, exportOf([span()]), wrong).then(async (r) => [r.status, Object.keys(Object(await r.json()))]),
    ).toEqual([401, ['message']]);
    await expect(ingest(server, [generation()], { secretKey: 'wrong' })).rejects.toMatchObject({ status: 401 });
    expect((await fetch(`${server.url}/api/public/traces`, { headers: wrong })).status).toBe(401);
    expect(server.rows()).toEqual([]);
  });

  it('gives a public key alone the scope of scores: each trace event fails with 401', async () => {
    const server = await start();
    const response = await fetch(`${server.url}/api/public/ingestion`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.publicKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ batch: [generation(), event('score-create', { id: 's1' })] }),
    });
    expect(response.status).toBe(207);
    expect(await response.json()).toMatchObject({
      successes: [{ id: 'e-s1' }],
      errors: [{ id: `e-${SPAN}`, status: 401 }],
    });
  });
});

describe('the OTLP route', () => {
  it.each(['3.225.4', '4.16.0'])('converts every attribute on %s', async (version) => {
    const server = await start({ version });
    const response = await post(server, exportOf([span(FULL)], 'ai-gateway-logs', { 'langfuse.environment': 'Prod' }));
    expect([response.status, typeof (await response.json())]).toEqual([200, 'object']);
    expect(server.observations()).toMatchObject([{ ...STORED, metadata: { status: 429, text: 5 } }]);
    expect(server.traces()).toMatchObject([
      { id: TRACE, name: 'ai-gateway', userId: 'u', tags: ['qwen', 'eu'], environment: 'prod' },
    ]);
  });

  it('takes gzip, refuses bytes that only claim to be gzip, and records the size on the wire', async () => {
    const server = await start();
    const zipped = gzipSync(JSON.stringify(exportOf([span()])));
    expect((await post(server, zipped, { 'content-encoding': 'gzip' })).status).toBe(200);
    expect((await post(server, '{}', { 'content-encoding': 'gzip' })).status).toBe(400);
    expect(server.requests).toMatchObject([
      { gzip: true, bytes: zipped.length, ids: [SPAN], count: 1, number: 1, status: 200 },
      { number: 2, status: 400 },
    ]);
    expect(server.rows()).toHaveLength(1);
  });

  it.each([
    ['5', 400],
    ['four', 400],
    ['4', 200],
    ['3', 200],
  ])('answers the ingestion version %s with %i', async (version, status) => {
    const server = await start({ version: '4.16.0' });
    expect((await post(server, exportOf([span()]), { 'x-langfuse-ingestion-version': version })).status).toBe(status);
  });

  it('refuses another content type and text that is no JSON', async () => {
    const server = await start();
    expect((await post(server, exportOf([span()]), { 'content-type': 'application/x-protobuf' })).status).toBe(400);
    expect((await post(server, '{"resourceSpans":')).status).toBe(400);
    expect(await (await post(server, { resourceSpans: [] })).json()).toEqual({});
  });

  it.each([
    ['no trace id', { traceId: undefined }],
    ['a null span id', { spanId: null }],
    ['a numeric trace id', { traceId: 7 }],
    ['attributes that are no array', { attributes: {} }],
    ['events that are no array', { events: 'x' }],
  ])('with %s in one span: v4 refuses the export, v3 answers 200 and loses it', async (_, bad) => {
    const body = exportOf([span(), span({}, { spanId: 'b', ...bad })]);
    const [v4, v3] = [await start({ version: '4.16.0' }), await start()];
    const refused = await post(v4, body);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { error: string }).error).toContain('1 of 2 span(s) cannot be processed');
    expect((await post(v3, body)).status).toBe(200);
    expect([v4.rows(), v3.rows()]).toEqual([[], []]);
  });

  it.each([
    ['a status message that is no text', { [`${O}.status_message`]: 429 }, { statusMessage: '429' }],
    [
      'a completion start without zone',
      { [`${O}.completion_start_time`]: '2026-11-21T06:59:58.620' },
      { level: 'DEFAULT' },
    ],
    ['an unknown level', { [`${O}.level`]: 'FATAL' }, { level: 'ERROR' }],
    ['a prompt without a version', { [`${O}.prompt.name`]: 'p' }, { promptName: 'p' }],
  ])('v3 silently loses %s, v4 coerces it', async (_, attributes, stored) => {
    const [v3, v4] = [await start(), await start({ version: '4.16.0' })];
    expect((await post(v3, exportOf([span(attributes), span({}, { spanId: 'good' })]))).status).toBe(200);
    expect((await post(v4, exportOf([span(attributes)]))).status).toBe(200);
    expect(v3.rows().map(({ id }) => id)).toEqual(['good']);
    expect(v4.rows()).toMatchObject([stored]);
  });

  it('loses the trace, not the observation, with a trace name of more than 1000 characters on v3', async () => {
    const server = await start();
    await post(server, exportOf([span({ 'langfuse.trace.name': 'x'.repeat(1001) })]));
    expect([server.traces().length, server.rows().length]).toEqual([0, 1]);
  });

  it('drops junk usage, cuts a v4 cost at its column and gives missing times the other edge', async () => {
    const server = await start({ version: '4.16.0' });
    const junk = {
      [`${O}.usage_details`]: '{"input":"many","output":1.5}',
      [`${O}.cost_details`]: '{"total":5000000}',
    };
    await post(server, exportOf([span(junk, { startTimeUnixNano: undefined })]));
    expect(server.rows()).toMatchObject([
      { usageDetails: {}, costDetails: { total: 999_999.999999 }, startTime: START + 1780 },
    ]);
  });

  it('floors times to the millisecond, as decimal text and as numbers', async () => {
    const server = await start();
    const own = { startTimeUnixNano: 1_700_000_000_000_900_000, endTimeUnixNano: '1700000000001999999' };
    await post(server, exportOf([span({}, own)]));
    expect(server.rows()).toMatchObject([{ startTime: 1_700_000_000_000, endTime: 1_700_000_000_001 }]);
  });

  it.each([
    ['3.225.4', 'ai-gateway-logs', ['other']],
    ['4.16.0', 'ai-gateway-logs', [`${O}.type`, 'other']],
    ['4.16.0', 'langfuse-sdk', undefined],
  ])('on %s with the scope %s copies the attributes %j into the metadata', async (version, scope, copied) => {
    const server = await start({ version });
    await post(server, exportOf([span({ [`${O}.type`]: 'generation', [`${O}.input`]: 'hi', other: 'x' })], scope));
    const { attributes } = server.rows()[0]?.metadata ?? {};
    expect(attributes === undefined ? undefined : Object.keys(Object(attributes))).toEqual(copied);
  });

  it('does not exist before 3.22', async () => {
    const server = await start({ version: '3.21.0' });
    expect((await post(server, exportOf([span()]))).status).toBe(404);
  });
});

describe('the ingestion route, through the langfuse package', () => {
  it('stores a trace and its generation, and shows them as the other transport would', async () => {
    const server = await start();
    const { input, output, model, level, statusMessage } = STORED;
    const usageDetails = { input: 60, input_cached_tokens: '40', output: 50, junk: -1 };
    const answer = await ingest(server, [
      event('trace-create', {
        id: TRACE,
        name: 'ai-gateway',
        userId: 'u',
        sessionId: 's',
        tags: ['qwen', 'eu'],
        environment: 'prod',
      }),
      generation({
        ...{ name: model, model, input, output, level, statusMessage, usageDetails, environment: 'langfuse-Prod' },
        modelParameters: { temperature: 0.5, stop: '[1]' },
        costDetails: { input: 0.5, output: 0.25, bad: -1 },
        endTime: '2026-11-21T06:59:59.900Z',
        completionStartTime: '2026-11-21T14:59:58.620+08:00',
        metadata: { status: 429, text: '5' },
      }),
    ]);
    expect(answer).toEqual({ successes: [`e-${TRACE}`, `e-${SPAN}`].map((id) => ({ id, status: 201 })), errors: [] });
    expect(server.observations()).toMatchObject([{ ...STORED, metadata: { status: 429, text: 5 } }]);
  });

  it.each([
    ['an empty id', { id: '' }],
    ['an id of 801 characters', { id: 'x'.repeat(801) }],
    ['an id with a carriage return', { id: 'a\rb' }],
    ['a time without zone', { startTime: '2026-11-21T06:59:58.120' }],
    ['a numeric time', { startTime: START }],
    ['an unknown level', { level: 'FATAL' }],
    ['a status message that is no text', { statusMessage: 429 }],
    ['a nested model parameter', { modelParameters: { tools: [{ a: 1 }] } }],
    ['a broken usage', { usage: { input: 1.5 } }],
    ['a prompt name without version', { promptName: 'p' }],
  ])('refuses the event with %s and takes its neighbour', async (_, bad) => {
    const server = await start();
    const answer = await ingest(server, [{ ...generation(bad), id: 'bad' }, generation()]);
    expect(answer).toMatchObject({ successes: [{ id: `e-${SPAN}` }], errors: [{ id: 'bad', status: 400 }] });
    expect(server.rows()).toHaveLength(1);
  });

  it('knows typed creates, omits sdk-log, discards what has no body id and calls an event without id unknown', async () => {
    const server = await start();
    const answer = await ingest(server, [
      event('tool-create', { id: 't1', traceId: TRACE }),
      event('sdk-log', { log: 'x' }, { id: 'log' }),
      event('trace-create', { name: 'no id' }, { id: 'discarded' }),
      event('dataset-run-item-create', { id: 'd' }),
      { type: 'generation-create', timestamp: '2026-11-21T07:00:00Z', body: {} },
    ]);
    expect(answer).toMatchObject({
      successes: [{ id: 'e-t1' }, { id: 'discarded' }],
      errors: [{ id: 'e-d' }, { id: 'unknown', status: 400 }],
    });
    expect([server.observations().map(({ type }) => type), server.traces()]).toEqual([['TOOL'], []]);
  });

  it('lets usageDetails win over the same-named usage, and old servers know usage alone', async () => {
    const body = {
      usage: { input: 1, output: 2, unit: 'TOKENS' },
      usageDetails: { input: 5, cached: 3 },
      environment: 'prod',
    };
    const [now, old] = [await start(), await start({ version: '2.95.12' })];
    await ingest(now, [generation(body)]);
    await ingest(old, [generation({ ...body, usageDetails: undefined })]);
    expect(now.rows()).toMatchObject([{ usageDetails: { input: 5, output: 2, cached: 3, total: 10 } }]);
    expect(old.rows()).toMatchObject([{ usageDetails: { input: 1, output: 2, total: 3 }, environment: 'default' }]);
  });

  it('refuses more than 4.5 MB with text, and takes what is below', async () => {
    const server = await start();
    await expect(ingest(server, [generation({ input: 'x'.repeat(4_720_000) })])).rejects.toMatchObject({ status: 413 });
    expect(await ingest(server, [generation({ input: 'x'.repeat(4_710_000) })])).toMatchObject({ errors: [] });
  });

  it('refuses every trace event in the events_only mode of v4, but not scores', async () => {
    const server = await start({ version: '4.16.0' });
    const answer = (await ingest(server, [generation(), event('score-create', { id: 's' })])) as { errors: Bag[] };
    expect(answer).toMatchObject({
      successes: [{ id: 'e-s' }],
      errors: [{ status: 400, message: 'Event type not accepted' }],
    });
    expect(String(answer.errors[0]?.error)).toContain('LANGFUSE_MIGRATION_V4_WRITE_MODE is events_only');
    expect(server.rows()).toEqual([]);
  });

  it('takes both transports in the dual mode of v4', async () => {
    const server = await start({ version: '4.16.0', mode: 'v4-dual' });
    expect(await ingest(server, [generation()])).toMatchObject({ errors: [] });
    await post(server, exportOf([span()]));
    expect([server.rows().length, server.observations().length]).toEqual([2, 1]);
  });
});

describe('a re-send', () => {
  it('merges by id on v3: the first start wins, later values win, metadata and tags unite', async () => {
    const server = await start();
    const earlier = { [`${O}.metadata.a`]: 1, 'langfuse.trace.tags': ['x'], [`${O}.output`]: 'first' };
    const later = { [`${O}.metadata.b`]: 2, 'langfuse.trace.tags': ['y'], [`${O}.level`]: 'ERROR' };
    await post(server, exportOf([span(earlier)]));
    await post(server, exportOf([span(later, { startTimeUnixNano: `${START + 5}000000` })]));
    const [only, ...more] = server.observations();
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      startTime: START,
      output: 'first',
      level: 'ERROR',
      tags: ['x', 'y'],
      metadata: { a: 1, b: 2 },
    });
    expect(server.rows()).toHaveLength(2);
  });

  it('keeps the first trace id and environment on v3', async () => {
    const server = await start();
    await ingest(server, [generation({ environment: 'first' })]);
    await ingest(server, [generation({ environment: 'second', traceId: 'b'.repeat(32) })]);
    expect(server.observations()).toMatchObject([{ traceId: TRACE, environment: 'first' }]);
  });

  it('is a second row on v4 until it converges, and never converges when the start differs by 1 ms', async () => {
    const server = await start({ version: '4.16.0' });
    await post(server, exportOf([span(), span({ [`${O}.output`]: 'last' })]));
    expect(server.rows()).toMatchObject([{ output: 'last' }]);
    await post(server, exportOf([span()]));
    expect([server.rows().length, server.observations().length]).toEqual([2, 1]);
    await post(server, exportOf([span({}, { startTimeUnixNano: `${START + 1}000000` })]));
    expect([server.rows().length, server.observations().length]).toEqual([3, 2]);
  });
});

describe('poison on v4', () => {
  it.each([
    ['a lone surrogate', { [`${O}.output`]: '\ud800' }],
    ['a lone surrogate in a key', { [`${O}.metadata.\ud800`]: 'x' }],
    ['a usage of 1e30', { [`${O}.usage_details`]: '{"input":1e30}' }],
    ['a cost of more than 12 digits', { [`${O}.cost_details`]: '{"total":1e15}' }],
  ])('%s is answered 200 and takes the whole export with it', async (_, attributes) => {
    const server = await start({ version: '4.16.0' });
    expect((await post(server, exportOf([span(attributes), span({}, { spanId: 'innocent' })]))).status).toBe(200);
    expect([server.rows(), server.poisoned]).toEqual([[], 1]);
  });

  it('is found in the keys of an ingestion event too, where the mode is dual', async () => {
    const server = await start({ version: '4.16.0', mode: 'v4-dual' });
    await ingest(server, [generation({ metadata: { '\ud800': 'x' } })]);
    expect([server.rows(), server.poisoned]).toEqual([[], 1]);
  });
});

describe('the read API', () => {
  it('serves traces and observations on v3, and no v2', async () => {
    const server = await start();
    await post(server, exportOf([span(FULL)]));
    const trace = (await (await get(server, `/api/public/traces/${TRACE}`)).json()) as Bag;
    expect(trace).toMatchObject({ id: TRACE, name: 'ai-gateway', observations: [{ id: SPAN, model: 'qwen-max' }] });
    const list = (await (await get(server, `/api/public/observations?traceId=${TRACE}`)).json()) as Bag;
    expect(list).toMatchObject({ data: [{ id: SPAN, latency: 1.78, timeToFirstToken: 0.5 }], meta: { totalItems: 1 } });
    expect(await (await get(server, '/api/public/traces')).json()).toMatchObject({
      data: [{ id: TRACE, observations: [SPAN] }],
    });
    expect((await get(server, '/api/public/traces/none')).status).toBe(404);
    expect((await get(server, '/api/public/v2/observations')).status).toBe(404);
  });

  it('serves only v2 on v4: duplicates visible, the end exclusive, pages by cursor', async () => {
    const server = await start({ version: '4.16.0' });
    for (const offset of [0, 0, 1, 2])
      await post(server, exportOf([span({}, { startTimeUnixNano: `${START + offset}000000` })]));
    const [from, to] = [START, START + 2].map((time) => encodeURIComponent(new Date(time).toISOString()));
    const path = `/api/public/v2/observations?fromStartTime=${from}&toStartTime=${to}&limit=2`;
    const first = (await (await get(server, path)).json()) as { data: Bag[]; meta: { cursor?: string } };
    const rest = (await (await get(server, `${path}&cursor=${first.meta.cursor}`)).json()) as typeof first;
    expect([first.data.length, rest.data.length, rest.meta]).toEqual([2, 1, {}]);
    for (const old of ['traces', 'observations', `traces/${TRACE}`])
      expect((await get(server, `/api/public/${old}`)).status).toBe(404);
  });

  it('gives the fields of the groups that were asked for, core always', async () => {
    const server = await start({ version: '4.16.0' });
    await post(server, exportOf([span(FULL)]));
    const [row] = ((await (await get(server, '/api/public/v2/observations?fields=io,usage')).json()) as { data: Bag[] })
      .data;
    expect(row).toEqual({
      ...{ id: SPAN, traceId: TRACE, type: 'GENERATION', projectId: 'stand-in', parentObservationId: null },
      ...{ startTime: '2026-11-21T06:59:58.120Z', endTime: '2026-11-21T06:59:59.900Z' },
      ...{ input: FULL[`${O}.input`], output: 'hello', usageDetails: STORED.usageDetails },
      ...{ costDetails: STORED.costDetails, totalCost: 0.75 },
    });
    expect((await get(server, '/api/public/v2/observations?limit=1001')).status).toBe(400);
  });

  it('shows what was stored only after the delay', async () => {
    const clock = { time: START };
    const server = await start({ version: '4.16.0', storeDelayMs: 1000, now: () => clock.time });
    await post(server, exportOf([span()]));
    const seen = async () =>
      ((await (await get(server, '/api/public/v2/observations')).json()) as { data: Bag[] }).data.length;
    expect([await seen(), server.observations().length]).toEqual([0, 1]);
    clock.time += 1000;
    expect(await seen()).toBe(1);
  });
});

describe('faults', () => {
  it.each<[Fault, number, string]>([
    [
      { kind: 'status', status: 429, body: '{"message":"slow down"}', headers: { 'retry-after': '7' } },
      429,
      'slow down',
    ],
    [{ kind: 'status', status: 502, body: '<html>' }, 502, '<html>'],
    [{ kind: 'status', status: 413, body: 'Body exceeded 4.5mb limit' }, 413, 'Body exceeded'],
    [{ kind: 'empty-2xx' }, 200, ''],
    [{ kind: 'html-2xx' }, 200, '<html>'],
    [{ kind: 'reject-ids', ids: [SPAN] }, 400, 'error'],
  ])('%o is answered with %i and stores nothing', async (fault, status, text) => {
    const server = await start();
    server.fault = () => fault;
    const response = await post(server, exportOf([span()]));
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(text)]);
    if (fault.kind === 'status' && fault.headers) expect(response.headers.get('retry-after')).toBe('7');
    expect(server.rows()).toEqual([]);
  });

  it.each<[Fault, string, number]>([
    [{ kind: 'hang' }, 'TimeoutError', 0],
    [{ kind: 'stored-then-hang' }, 'TimeoutError', 1],
    [{ kind: 'stall-body' }, 'TimeoutError', 0],
    [{ kind: 'stall-body', stored: true }, 'TimeoutError', 1],
    [{ kind: 'reset' }, 'TypeError', 0],
    [{ kind: 'stored-then-reset' }, 'TypeError', 1],
  ])('%o ends in a %s with %i rows stored', async (fault, name, stored) => {
    const server = await start();
    server.fault = () => fault;
    const answer = post(server, exportOf([span()]), {}, AbortSignal.timeout(200)).then((response) => response.text());
    await expect(answer).rejects.toMatchObject({ name });
    expect(server.rows()).toHaveLength(stored);
  });

  it('rejects single events of a batch by observation id or by envelope id', async () => {
    const server = await start();
    server.fault = () => ({ kind: 'reject-ids', ids: ['b', 'e-c'] });
    const answer = await ingest(
      server,
      ['a', 'b', 'c'].map((id) => generation({ id })),
    );
    expect(answer).toMatchObject({ successes: [{ id: 'e-a' }], errors: [{ id: 'e-b' }, { id: 'e-c' }] });
  });

  it('is asked with the number of the ingestion request and the ids in it', async () => {
    const server = await start();
    const asked: unknown[] = [];
    server.fault = (request) => {
      asked.push(request);
      return undefined;
    };
    await fetch(`${server.url}/api/public/health`);
    await post(server, exportOf([span()]));
    await ingest(server, [generation({ id: 'g' })]);
    expect(asked).toEqual([
      { path: '/api/public/health', method: 'GET', number: 0, ids: [] },
      { path: '/api/public/otel/v1/traces', method: 'POST', number: 1, ids: [SPAN] },
      { path: '/api/public/ingestion', method: 'POST', number: 2, ids: ['g'] },
    ]);
    expect(server.requests.at(-1)).toMatchObject({
      eventIds: ['e-g'],
      transport: 'ingestion',
      headers: { authorization: basic(server) },
    });
  });

  it('counts the most ingestion requests that were open at once', async () => {
    const server = await start();
    server.fault = ({ number }) => (number <= 3 ? { kind: 'hang' } : undefined);
    const leaving = new AbortController();
    const open = [1, 2, 3].map(() => post(server, exportOf([span()]), {}, leaving.signal));
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    leaving.abort();
    await Promise.allSettled(open);
    await vi.waitFor(() => expect(server.requests.every(({ endedAt }) => endedAt !== undefined)).toBe(true));
    await post(server, exportOf([span()]));
    expect([server.peakConcurrency, server.requests.map(({ status }) => status)]).toEqual([
      3,
      [undefined, undefined, undefined, 200],
    ]);
  });

  it('holds a delayed answer back and then behaves', async () => {
    const server = await start();
    server.fault = () => ({ kind: 'delay', ms: 30 });
    const before = performance.now();
    expect((await post(server, exportOf([span()]))).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
    expect(server.rows()).toHaveLength(1);
  });
});

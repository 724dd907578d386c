import { describe, expect, it } from 'vitest';
import type { LlmCall, ObservationType } from '../../lib/types.ts';
import { callOf, callsOf, FULL } from '../support/calls.ts';
import { NOON } from '../support/clock.ts';
import { counted, type SiteOptions, site } from '../support/delivery.ts';

const { trace, observation } = FULL;

/** What every server shows of the full call, as it is stored. */
const STORED = {
  id: observation.id,
  traceId: trace.id,
  parentObservationId: observation.parentId,
  type: 'GENERATION',
  name: 'qwen-max',
  model: 'qwen-max',
  input: observation.input,
  output: observation.output,
  level: 'ERROR',
  statusMessage: 'HTTP 429',
  startTime: observation.startTime,
  endTime: observation.endTime,
  completionStartTime: observation.completionStartTime,
  traceName: 'ai-gateway',
  userId: 'user-1',
  sessionId: 'session-1',
  tags: ['higress', 'route-a'],
  release: 'v7',
  metadata: trace.metadata,
};
const MODERN = {
  environment: 'prod',
  usageDetails: observation.usageDetails,
  costDetails: observation.costDetails,
};
/** Langfuse 3.0.0 knows neither buckets nor costs nor environments. */
const OLD = { environment: 'default', usageDetails: { input: 60, output: 50, total: 150 }, costDetails: {} };

const access = { environment: 'prod', release: 'v7' };

describe('a call with every field', () => {
  it.each<[string, SiteOptions, object]>([
    ['3.225.4 by OTLP', { version: '3.225.4' }, MODERN],
    ['3.225.4 by ingestion', { version: '3.225.4', transport: 'ingestion' }, MODERN],
    ['3.0.0 by ingestion', { version: '3.0.0' }, OLD],
    ['4.16.0 by OTLP', { version: '4.16.0' }, MODERN],
    ['4.16.0 in dual mode by ingestion', { version: '4.16.0', mode: 'v4-dual', transport: 'ingestion' }, MODERN],
  ])('reads back the same from %s', async (_, options, expected) => {
    const { server, deliver } = await site({ ...options, access });
    expect(await deliver().settle([FULL])).toEqual([]);
    expect(server.observations()).toHaveLength(1);
    const [stored] = server.observations();
    expect(stored).toMatchObject({ ...STORED, ...expected });
    // Both transports show what is nested as text.
    expect(stored?.modelParameters).toEqual({ temperature: 0.5, stop: '["a","b"]', tools: '[{"name":"t"}]' });
    // What Langfuse adds to OTLP by itself; every attribute once more would stand under `attributes`.
    const { resourceAttributes: _r, scope: _s, ...own } = stored?.metadata ?? {};
    expect(own).toEqual(trace.metadata);
    expect(server.poisoned).toBe(0);
  });
});

describe('the transport', () => {
  it.each<[string, SiteOptions, 'otlp' | 'ingestion']>([
    ['2.95.12', { version: '2.95.12' }, 'ingestion'],
    ['3.0.0', { version: '3.0.0' }, 'ingestion'],
    ['3.21.9', { version: '3.21.9' }, 'ingestion'],
    ['3.22.0', { version: '3.22.0' }, 'otlp'],
    ['3.225.4', { version: '3.225.4' }, 'otlp'],
    ['4.16.0', { version: '4.16.0' }, 'otlp'],
    ['3.225.4 and ingestion is set', { transport: 'ingestion' }, 'ingestion'],
    ['3.225.4 and otlp is set', { transport: 'otlp' }, 'otlp'],
  ])('for %s', async (_, options, expected) => {
    const { server, deliver } = await site(options);
    expect(await deliver().settle(callsOf(3))).toEqual([]);
    expect(server.observations()).toHaveLength(3);
    expect(counted(server)).toMatchObject({ otlp: 0, ingestion: 0, [expected]: 1 });
  });

  it('is found out once, however many deliveries there are', async () => {
    const { server, deliver } = await site();
    await Promise.all([deliver().settle(callsOf(1)), deliver().settle(callsOf(1, 5))]);
    await deliver().settle(callsOf(1, 9));
    expect(server.requests.filter(({ path }) => path === '/api/public/health')).toHaveLength(1);
  });

  it.each([502, 503, 429])('is asked for again when the health route answers %i without a version', async (status) => {
    const { server, deliver } = await site({ version: '3.0.0' });
    let asked = 0;
    server.fault = ({ path }) =>
      path === '/api/public/health' && asked++ === 0 ? { kind: 'status', status, body: '<html>' } : undefined;
    expect(await deliver().settle(callsOf(2))).toEqual([]);
    expect(server.observations()).toHaveLength(2);
  });

  it('is OTLP when a proxy hides the health route', async () => {
    const { server, deliver } = await site();
    server.fault = ({ path }) => (path === '/api/public/health' ? { kind: 'status', status: 404 } : undefined);
    expect(await deliver().settle(callsOf(2))).toEqual([]);
    expect(counted(server).otlp).toBe(1);
  });

  it('becomes OTLP when the server takes no ingestion events, and stays it', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    // Behind a name that still tells of an old version.
    server.fault = ({ path }) =>
      path === '/api/public/health' ? { kind: 'status', status: 200, body: '{"version":"3.0.0"}' } : undefined;
    expect(await deliver().settle(callsOf(60))).toEqual([]);
    expect(server.rows()).toHaveLength(60);
    const { ingestion } = counted(server);
    expect(ingestion).toBeGreaterThan(0);
    expect(await deliver().settle(callsOf(2, 100))).toEqual([]);
    expect(server.rows()).toHaveLength(62);
    expect(counted(server).ingestion).toBe(ingestion);
  });

  it('stops when ingestion is set and the server takes no ingestion events', async () => {
    const { server, deliver } = await site({ version: '4.16.0', transport: 'ingestion' });
    const delivery = deliver();
    const undelivered = await delivery.settle(callsOf(2));
    expect(undelivered.map(({ rejection }) => rejection.why)).toEqual(['refused', 'refused']);
    expect(delivery.halt).toMatchObject({ reason: 'refused', message: expect.stringContaining('events_only') });
    expect(counted(server)).toMatchObject({ otlp: 0, ingestion: 1 });
  });
});

describe('a typed observation', () => {
  const typed = (type: ObservationType, n: number): LlmCall => callOf(n, { observation: { type } });

  it.each<[ObservationType, string, string]>([
    ['generation', 'GENERATION', 'GENERATION'],
    ['embedding', 'EMBEDDING', 'GENERATION'],
    ['retriever', 'RETRIEVER', 'SPAN'],
    ['tool', 'TOOL', 'SPAN'],
    ['agent', 'AGENT', 'SPAN'],
    ['span', 'SPAN', 'SPAN'],
  ])('%s is %s, and %s by ingestion to a server that is too old for it', async (type, now, then) => {
    for (const [options, expected] of [
      [{ transport: 'otlp' }, now],
      [{ transport: 'ingestion' }, now],
      [{ version: '3.0.0' }, then],
    ] as const) {
      const { server, deliver } = await site(options);
      expect(await deliver().settle([typed(type, 1)])).toEqual([]);
      expect(server.observations()[0]?.type).toBe(expected);
    }
  });

  it('with a model is a generation on a server that is too old for it, since a span has none', async () => {
    const { server, deliver } = await site({ version: '3.0.0' });
    const usageDetails = { input: 3, total: 3 };
    await deliver().settle([callOf(1, { observation: { type: 'retriever', model: 'gte-rerank', usageDetails } })]);
    expect(server.observations()[0]).toMatchObject({ type: 'GENERATION', model: 'gte-rerank', usageDetails });
  });
});

describe('two calls of one trace', () => {
  it.each(['otlp', 'ingestion'] as const)('arrive as two observations of one trace by %s', async (transport) => {
    const { server, deliver } = await site({ transport });
    const { id } = callOf(1).trace;
    const calls = [callOf(1), callOf(2, { trace: { id } })];
    expect(await deliver().settle(calls)).toEqual([]);
    expect(server.observations().map(({ traceId }) => traceId)).toEqual([id, id]);
    expect(server.traces()).toHaveLength(1);
    const [request] = server.requests.filter((sent) => sent.transport === 'ingestion');
    if (transport === 'ingestion') expect(new Set(request?.eventIds).size).toBe(3);
  });
});

describe('compression', () => {
  it('is gzip, and given up for good when the server does not take it, also with several requests in flight', async () => {
    const { server, deliver } = await site();
    let zipped = 0;
    server.fault = ({ path }) => {
      const last = server.requests.at(-1);
      if (!path.endsWith('/traces') || !last?.gzip) return undefined;
      zipped++;
      return { kind: 'status', status: 415 };
    };
    const delivery = deliver();
    expect(await delivery.settle(callsOf(1400))).toEqual([]);
    expect(server.observations()).toHaveLength(1400);
    expect(delivery.halt).toBeUndefined();
    const before = zipped;
    await deliver().settle(callsOf(1, 2000));
    expect(zipped).toBe(before);
  });
});

it('every request carries the keys and the ingestion version', async () => {
  const { server, deliver } = await site();
  await deliver().settle([callOf(1, { observation: { startTime: NOON, endTime: NOON } })]);
  const request = server.requests.find(({ transport }) => transport === 'otlp');
  const { publicKey, secretKey } = server;
  expect(request?.headers.authorization).toBe(`Basic ${btoa(`${publicKey}:${secretKey}`)}`);
  expect(request?.headers['x-langfuse-ingestion-version']).toBe('4');
  expect(request?.gzip).toBe(true);
});

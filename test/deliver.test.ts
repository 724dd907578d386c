import { describe, expect, it } from 'vitest';
import type { Fault } from './stand-ins/langfuse.ts';
import { callsOf } from './support/calls.ts';
import { atFirst, counted, site } from './support/delivery.ts';

const TRANSPORTS = ['otlp', 'ingestion'] as const;

describe.each(TRANSPORTS)('delivery by %s', (transport) => {
  it.each<[string, Fault]>([
    ['a 429', { kind: 'status', status: 429 }],
    ['a 500', { kind: 'status', status: 500, body: '{"message":"Invalid request data"}' }],
    ['a 502 of a proxy', { kind: 'status', status: 502, body: '<html>' }],
    ['a 408', { kind: 'status', status: 408 }],
    ['a reset', { kind: 'reset' }],
    ['a reset after storing', { kind: 'stored-then-reset' }],
    ['success with an empty body', { kind: 'empty-2xx' }],
    ['success with an empty body after storing', { kind: 'empty-2xx', stored: true }],
    ['success with a page', { kind: 'html-2xx' }],
  ])('sends again after %s', async (_, fault) => {
    const { server, deliver, clock } = await site({ transport });
    server.fault = atFirst(2, fault);
    const delivery = deliver();
    expect(await delivery.settle(callsOf(3))).toEqual([]);
    expect(server.observations()).toHaveLength(3);
    expect(counted(server)[transport]).toBe(3);
    expect(clock.slept).toEqual([250, 500]);
    expect([delivery.halt, delivery.halts]).toEqual([undefined, []]);
  });

  it.each<Fault['kind']>(['hang', 'stored-then-hang', 'stall-body'])('sends again after a %s', async (kind) => {
    const { server, deliver } = await site({ transport, access: { timeoutMs: 150 } });
    server.fault = atFirst(1, { kind } as Fault);
    expect(await deliver().settle(callsOf(3))).toEqual([]);
    expect(server.observations()).toHaveLength(3);
  });

  it('sends a call as it was written down, without asking for the whole of it again', async () => {
    const { server, deliver } = await site({ transport });
    const delivery = deliver();
    const [call] = callsOf(1);
    if (!call) throw new Error('there is one');
    expect(delivery.written(call)).toBeUndefined();
    await delivery.ready();
    const whole = () => {
      throw new Error('asked for');
    };
    const written = delivery.written(call);
    expect(written?.sink.name).toBe(transport);
    const { trace, observation } = call;
    expect(await delivery.settle([{ trace, observation, whole, written }])).toEqual([]);
    expect(server.observations()).toMatchObject([{ id: observation.id, output: 'answer 0' }]);
  });

  it('waits as long as Retry-After asks', async () => {
    const { server, deliver, clock } = await site({ transport });
    server.fault = atFirst(1, { kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    expect(await deliver().settle(callsOf(1))).toEqual([]);
    expect(clock.slept).toEqual([7000]);
  });

  it.each<[string, Fault]>([
    ['does not answer', { kind: 'reset' }],
    ['asks to wait longer than there is time for', { kind: 'status', status: 429, headers: { 'retry-after': '500' } }],
  ])('gives up on a server that %s, and says how often it tried', async (_, fault) => {
    const { server, deliver, clock } = await site({ transport });
    server.fault = ({ number }) => (number > 0 ? fault : undefined);
    const delivery = deliver();
    const started = clock.now();
    const undelivered = await delivery.settle(callsOf(2));
    const attempts = counted(server)[transport];
    expect(undelivered.map(({ rejection }) => rejection)).toEqual(
      Array(2).fill(expect.objectContaining({ why: 'unavailable', attempts })),
    );
    expect(delivery.halt?.reason).toBe('outage');
    expect(clock.now() - started).toBeLessThan(60_000);
    expect(await delivery.settle(callsOf(1, 9))).toHaveLength(1);
    expect(counted(server)[transport]).toBe(attempts);
  });

  it.each([301, 302, 307, 308, 401, 403, 404, 405])('stops at %i after the requests in flight', async (status) => {
    const { server, deliver } = await site({ transport });
    const headers = { location: '/elsewhere' };
    server.fault = ({ number }) => (number > 0 ? { kind: 'status', status, headers } : undefined);
    const delivery = deliver();
    const undelivered = await delivery.settle(callsOf(6000));
    expect(undelivered).toHaveLength(6000);
    expect(new Set(undelivered.map(({ rejection }) => rejection.why))).toEqual(new Set(['refused']));
    expect(delivery.halt).toMatchObject({ reason: 'refused', status });
    expect(delivery.halts).toEqual([delivery.halt]);
    // Four begin together; the next in line may start before the first answer is heard.
    expect(counted(server)[transport]).toBeLessThanOrEqual(5);
    expect(server.requests.some(({ path }) => path === '/elsewhere')).toBe(false);
  });

  it('stops when the keys are wrong', async () => {
    const { server, deliver } = await site({ transport, access: { secretKey: 'sk-lf-wrong-key' } });
    const delivery = deliver();
    const undelivered = await delivery.settle(callsOf(2));
    expect(undelivered[0]?.rejection).toMatchObject({ why: 'refused', status: 401, attempts: 1 });
    expect(delivery.halt).toMatchObject({ reason: 'refused', status: 401 });
    expect(JSON.stringify([undelivered.map(({ rejection }) => rejection), delivery.halt])).not.toContain('wrong-key');
    expect(counted(server)[transport]).toBe(1);
  });

  it('does not send when the time is over', async () => {
    const { server, deliver } = await site({ transport });
    const delivery = deliver({ signal: AbortSignal.abort() });
    expect(await delivery.settle(callsOf(2))).toHaveLength(2);
    expect(delivery.halt?.reason).toBe('deadline');
    expect(counted(server)[transport]).toBe(0);
  });

  it('breaks off what is in flight when the time is over, and calls that a deadline', async () => {
    const { server, deliver } = await site({ transport });
    const over = new AbortController();
    server.fault = ({ number }) => {
      if (number === 0) return undefined;
      setImmediate(() => over.abort());
      return { kind: 'hang' };
    };
    const delivery = deliver({ signal: over.signal });
    const undelivered = await delivery.settle(callsOf(2));
    expect(undelivered.map(({ rejection }) => rejection.why)).toEqual(['unavailable', 'unavailable']);
    expect(delivery.halt?.reason).toBe('deadline');
  });

  it('calls it an outage when Langfuse was in trouble until the time was over', async () => {
    const { server, deliver } = await site({ transport });
    const over = new AbortController();
    server.fault = ({ number }) => {
      if (number === 2) setImmediate(() => over.abort());
      return number === 0 ? undefined : number === 1 ? { kind: 'status', status: 503 } : { kind: 'hang' };
    };
    const delivery = deliver({ signal: over.signal });
    expect(await delivery.settle(callsOf(2))).toHaveLength(2);
    expect(delivery.halt).toMatchObject({ reason: 'outage', status: 503 });
  });

  it('forgets a trouble that has passed', async () => {
    const { server, deliver } = await site({ transport });
    const over = new AbortController();
    server.fault = ({ number }) => (number === 1 ? { kind: 'status', status: 503 } : undefined);
    const delivery = deliver({ signal: over.signal });
    expect(await delivery.settle(callsOf(2))).toEqual([]);
    over.abort();
    expect(await delivery.settle(callsOf(2, 10))).toHaveLength(2);
    expect(delivery.halt?.reason).toBe('deadline');
  });

  it('finds the one bad call among a thousand, and delivers the other 999', async () => {
    const { server, deliver } = await site({ transport });
    const calls = callsOf(1000);
    const bad = calls[617];
    if (!bad) throw new Error('no such call');
    server.fault = ({ number }) => (number > 0 ? { kind: 'reject-ids', ids: [bad.observation.id] } : undefined);
    const delivery = deliver();
    const undelivered = await delivery.settle(calls);
    expect(undelivered).toHaveLength(1);
    expect(undelivered[0]).toMatchObject({ call: bad, rejection: { why: 'refused', status: 400 } });
    expect(server.observations()).toHaveLength(999);
    expect(delivery.halt).toBeUndefined();
    const least = transport === 'otlp' ? 2 : 20;
    const further = counted(server)[transport] - least;
    expect(further).toBeLessThanOrEqual(transport === 'otlp' ? 2 * Math.ceil(Math.log2(1000)) : 0);
  });

  it('keeps several requests in flight, but not many', async () => {
    const { server, deliver } = await site({ transport });
    server.fault = () => ({ kind: 'delay', ms: 5 });
    expect(await deliver().settle(callsOf(transport === 'otlp' ? 10_000 : 2000))).toEqual([]);
    expect(server.peakConcurrency).toBeGreaterThan(1);
    expect(server.peakConcurrency).toBeLessThanOrEqual(16);
  });
});

describe('delivery by ingestion', () => {
  it('letters the calls of failed events alone, and sends none again', async () => {
    const { server, deliver } = await site({ transport: 'ingestion' });
    const calls = callsOf(10);
    const ids = [calls[2], calls[7]].map((call) => call?.observation.id ?? '');
    server.fault = ({ number }) => (number > 0 ? { kind: 'reject-ids', ids } : undefined);
    const undelivered = await deliver().settle(calls);
    expect(undelivered.map(({ call }) => call)).toEqual([calls[2], calls[7]]);
    expect(undelivered[0]?.rejection).toMatchObject({ why: 'refused', status: 400, attempts: 1 });
    expect(counted(server).ingestion).toBe(1);
    expect(server.observations()).toHaveLength(8);
  });

  it('letters the calls of a trace whose event failed', async () => {
    const { server, deliver } = await site({ transport: 'ingestion' });
    const calls = callsOf(3);
    const ids = [calls[1]?.trace.id ?? ''];
    server.fault = ({ number }) => (number > 0 ? { kind: 'reject-ids', ids } : undefined);
    expect((await deliver().settle(calls)).map(({ call }) => call)).toEqual([calls[1]]);
  });
});

it('nothing is sent for no calls', async () => {
  const { server, deliver } = await site();
  expect(await deliver().settle([])).toEqual([]);
  expect(server.requests).toEqual([]);
});

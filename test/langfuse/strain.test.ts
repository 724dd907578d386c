import { describe, expect, it } from 'vitest';
import type { DeliveryPorts } from '../../lib/deliver.ts';
import type { Route } from '../../lib/langfuse/langfuse.ts';
import { ACCEPTED, type Answer, type Failure, type Parcel } from '../../lib/langfuse/sink.ts';
import { callOf, callsOf } from '../support/calls.ts';
import { fakeClock } from '../support/clock.ts';
import { atFirst, counted, site } from '../support/delivery.ts';

/** The most requests that were under way together, of those from the `from`th on. */
function together(
  requests: readonly { number: number; startedAt: number; endedAt?: number | undefined }[],
  from: number,
) {
  const late = requests.filter(({ number }) => number >= from);
  return Math.max(
    ...late.map(({ startedAt }) => late.filter((r) => r.startedAt <= startedAt && (r.endedAt ?? 0) > startedAt).length),
  );
}

/** A Langfuse that takes one call a request, and answers as it is told. */
function langfuseOf(answer: (n: number) => Promise<Answer>): DeliveryPorts['langfuse'] {
  let requests = 0;
  const wrap = (call: Parcel['call']): Parcel => {
    const body = Buffer.from(JSON.stringify(call));
    return { call, body, bytes: body.length };
  };
  const sink: Route['sink'] = {
    name: 'otlp',
    maxCalls: 1,
    maxBytes: 1_000_000,
    wrap,
    send: () => answer(++requests),
  };
  return {
    route: async () => ({ sink, server: { otlp: true, typed: true, mergesLate: false } }),
    switchToOtlp: () => false,
  };
}

const taken: Answer = { kind: 'answered', verdicts: [ACCEPTED] };
const failed = (failure: Failure): Answer => ({ kind: 'failed', failure });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a Langfuse under strain', () => {
  it('gets half as many requests at once, and then more again bit by bit', async () => {
    const { server, deliver } = await site({ transport: 'ingestion' });
    server.fault = ({ number }) => {
      if (number === 0) return undefined;
      return number <= 4 ? { kind: 'status', status: 503 } : { kind: 'delay', ms: 40 };
    };
    expect(await deliver().settle(callsOf(400))).toEqual([]);
    const sent = server.requests.filter(({ transport }) => transport === 'ingestion');
    expect(together(sent, 5)).toBeGreaterThanOrEqual(2);
    expect(together(sent, 5)).toBeLessThanOrEqual(3);
  });

  it.each<[string, Answer, number]>([
    ['it takes every call', taken, 0],
    [
      'it refuses every call: that is the fault of the calls',
      failed({ kind: 'http', status: 400, message: 'no' }),
      200,
    ],
  ])('is none that gets more and more requests at once while %s', async (_, answer, refused) => {
    const { deliver } = await site();
    let [now, most] = [0, 0];
    const langfuse = langfuseOf(async () => {
      most = Math.max(most, ++now);
      await turn();
      now--;
      return answer;
    });
    expect(await deliver({ langfuse }).settle(callsOf(200))).toHaveLength(refused);
    expect(most).toBe(16);
  });

  it('is waited for as long as it asks, also for more than a minute', async () => {
    const clock = fakeClock();
    const { server, deliver } = await site();
    server.fault = atFirst(1, { kind: 'status', status: 429, headers: { 'Retry-After': '90' } });
    const delivery = deliver({ clock, sendUntil: clock.now() + 280_000 });
    expect(await delivery.settle(callsOf(3))).toEqual([]);
    expect(clock.slept).toEqual([90_000]);
    expect(delivery.halt).toBeUndefined();
  });

  it.each([60_000, 90_000])('is not waited for when it asks for 90 seconds of %i ms', async (leftMs) => {
    const clock = fakeClock();
    const { server, deliver } = await site();
    server.fault = ({ number }) =>
      number > 0 ? { kind: 'status', status: 429, headers: { 'Retry-After': '90' } } : undefined;
    const delivery = deliver({ clock, sendUntil: clock.now() + leftMs });
    const undelivered = await delivery.settle(callsOf(3));
    expect(undelivered.map(({ rejection }) => rejection)).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ why: 'unavailable', status: 429, attempts: 1 })),
    );
    expect(clock.slept).toEqual([]);
    expect(delivery.halt).toMatchObject({ reason: 'outage', status: 429 });
  });
});

describe('what is not delivered', () => {
  it('is said to be for want of time when nothing was tried', async () => {
    const { deliver } = await site();
    const [undelivered] = await deliver({ signal: AbortSignal.abort() }).settle(callsOf(1));
    const message = 'the time for sending is over';
    expect(undelivered?.rejection).toStrictEqual({ why: 'unavailable', message, attempts: 0 });
  });

  it('tells its own failure, or else why nothing is sent any more; neither waits after that', async () => {
    const clock = fakeClock();
    const { deliver } = await site();
    const langfuse = langfuseOf(async (n) => {
      if (n === 1) return failed({ kind: 'http', status: 401, message: 'wrong keys' });
      await turn();
      return failed({ kind: 'network', message: 'reset' });
    });
    const undelivered = await deliver({ langfuse, clock, concurrency: 2 }).settle(callsOf(4));
    // The third was on its way before the first answer was heard.
    expect(undelivered.map(({ rejection }) => rejection)).toStrictEqual([
      { why: 'refused', message: 'wrong keys', status: 401, attempts: 1 },
      { why: 'refused', message: 'reset', attempts: 1 },
      { why: 'refused', message: 'reset', attempts: 1 },
      { why: 'refused', message: 'wrong keys', status: 401, attempts: 0 },
    ]);
    expect(clock.slept).toEqual([]);
  });

  it('tells no status of a refusal that has none', async () => {
    const { deliver } = await site();
    const verdicts = [{ kind: 'refused', message: 'said' }] as const;
    const [undelivered] = await deliver({ langfuse: langfuseOf(async () => ({ kind: 'answered', verdicts })) }).settle(
      callsOf(1),
    );
    expect(undelivered?.rejection).toStrictEqual({ why: 'refused', message: 'said', attempts: 1 });
  });

  it.each([
    [64_000, 1],
    [64_001, 2],
  ])(
    'is a call of %i bytes that a proxy finds too large, sent %i times: up to 64,000 bytes it is not cut',
    async (bytes, requests) => {
      const empty = callOf(1, { observation: { output: '' } });
      const output = 'x'.repeat(bytes - JSON.stringify(empty).length);
      let sent = 0;
      const { deliver } = await site();
      const langfuse = langfuseOf(async (n) => {
        sent = n;
        return failed({ kind: 'http', status: 413, message: 'too large' });
      });
      const undelivered = await deliver({ langfuse }).settle([callOf(1, { observation: { output } })]);
      expect(undelivered.map(({ rejection }) => rejection.why)).toEqual(['oversize']);
      expect(sent).toBe(requests);
    },
  );
});

describe('a server that merges late', () => {
  it('gets again what it was sent when its answer was lost and it does not let its calls be read', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    server.fault = ({ number, path }) => {
      if (path.endsWith('/v2/observations')) return { kind: 'status', status: 404 };
      return number === 1 ? { kind: 'reset' } : undefined;
    };
    expect(await deliver().settle(callsOf(20))).toEqual([]);
    expect(server.rows()).toHaveLength(20);
  });

  it('is asked once about one lost answer', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    server.fault = ({ number }) =>
      number === 1 ? { kind: 'reset' } : number === 2 ? { kind: 'status', status: 429 } : undefined;
    expect(await deliver().settle(callsOf(20))).toEqual([]);
    expect(counted(server).reads).toBe(3);
  });

  it('is not waited for to show what it refused', async () => {
    const clock = fakeClock();
    const calls = callsOf(3);
    const refused = calls[2]?.observation.id ?? '';
    const { server, deliver } = await site({ version: '4.16.0' });
    server.fault = ({ number }) => (number > 0 ? { kind: 'reject-ids', ids: [refused] } : undefined);
    const delivery = deliver({ clock });
    expect(await delivery.settle(calls)).toHaveLength(1);
    await delivery.shown();
    expect(clock.slept).toEqual([]);
  });

  it('is not asked what it shows once nothing more is sent', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    const delivery = deliver();
    await delivery.settle(callsOf(3));
    server.fault = ({ number }) => (number > 0 ? { kind: 'status', status: 401 } : undefined);
    await delivery.settle(callsOf(3, 50));
    const { reads } = counted(server);
    await delivery.shown();
    expect(counted(server).reads).toBe(reads);
  });
});

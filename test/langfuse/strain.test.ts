import { describe, expect, it } from 'vitest';
import { callsOf } from '../support/calls.ts';
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

  it('is waited for as long as it asks, also for more than a minute', async () => {
    const clock = fakeClock();
    const { server, deliver } = await site();
    server.fault = atFirst(1, { kind: 'status', status: 429, headers: { 'Retry-After': '90' } });
    const delivery = deliver({ clock, sendUntil: clock.now() + 280_000 });
    expect(await delivery.settle(callsOf(3))).toEqual([]);
    expect(clock.slept).toEqual([90_000]);
    expect(delivery.halt).toBeUndefined();
  });

  it('is not waited for when it asks for more time than there is', async () => {
    const clock = fakeClock();
    const { server, deliver } = await site();
    server.fault = ({ number }) =>
      number > 0 ? { kind: 'status', status: 429, headers: { 'Retry-After': '90' } } : undefined;
    const delivery = deliver({ clock, sendUntil: clock.now() + 60_000 });
    const undelivered = await delivery.settle(callsOf(3));
    expect(undelivered.map(({ rejection }) => rejection)).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ why: 'unavailable', status: 429, attempts: 1 })),
    );
    expect(clock.slept).toEqual([]);
    expect(delivery.halt).toMatchObject({ reason: 'outage', status: 429 });
  });
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

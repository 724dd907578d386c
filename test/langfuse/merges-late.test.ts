import { describe, expect, it } from 'vitest';
import type { Fault } from '../stand-ins/langfuse.ts';
import { callsOf } from '../support/calls.ts';
import { fakeClock } from '../support/clock.ts';
import { atFirst, counted, site } from '../support/delivery.ts';

describe('a server that merges late', () => {
  it.each<Fault['kind']>(['stored-then-reset', 'stored-then-hang'])(
    'is asked what it has after a %s, and gets nothing twice',
    async (kind) => {
      const { server, deliver } = await site({ version: '4.16.0', access: { timeoutMs: 300 } });
      server.fault = atFirst(1, { kind } as Fault);
      expect(await deliver().settle(callsOf(20))).toEqual([]);
      expect(server.rows()).toHaveLength(20);
      expect(counted(server).otlp).toBe(1);
    },
  );

  it('is asked only when it had the time to show what it took', async () => {
    const clock = fakeClock();
    const { server, deliver } = await site({ version: '4.16.0', storeDelayMs: 2500, now: () => clock.now() });
    server.fault = atFirst(1, { kind: 'stored-then-reset' });
    expect(await deliver({ clock }).settle(callsOf(20))).toEqual([]);
    expect(server.rows()).toHaveLength(20);
  });

  it('gets again what it does not show after a reset that took nothing', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    server.fault = atFirst(1, { kind: 'reset' });
    expect(await deliver().settle(callsOf(20))).toEqual([]);
    expect(server.rows()).toHaveLength(20);
  });

  it('is asked again when it did not say what it has, before anything is sent twice', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    let reads = 0;
    server.fault = ({ number, path }) => {
      if (number === 1) return { kind: 'stored-then-reset' };
      if (number === 2) return { kind: 'status', status: 429 };
      // The first two reads are those before the first request.
      return path.endsWith('/v2/observations') && ++reads === 3 ? { kind: 'status', status: 503 } : undefined;
    };
    expect(await deliver().settle(callsOf(20))).toEqual([]);
    expect(server.rows()).toHaveLength(20);
  });

  it('shows each call once when the same calls are settled three times by three deliveries', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    const calls = callsOf(2300);
    for (let time = 0; time < 3; time++) expect(await deliver().settle(calls)).toEqual([]);
    expect(server.rows()).toHaveLength(2300);
    expect(server.poisoned).toBe(0);
  });

  it('shows each call once when the page before was new', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    await deliver().settle(callsOf(10, 10));
    const again = deliver();
    for (const from of [0, 10, 20]) expect(await again.settle(callsOf(10, from))).toEqual([]);
    expect(server.rows()).toHaveLength(30);
  });

  it('is read with two small requests for a range that is new', async () => {
    const { server, deliver } = await site({ version: '4.16.0' });
    await deliver().settle(callsOf(1000));
    expect(counted(server).reads).toBe(2);
  });
});

it('a server that merges at once is never read, also not after a lost answer', async () => {
  const { server, deliver } = await site({ version: '3.225.4' });
  server.fault = atFirst(1, { kind: 'stored-then-reset' });
  const calls = callsOf(20);
  for (let time = 0; time < 3; time++) expect(await deliver().settle(calls)).toEqual([]);
  expect(server.observations()).toHaveLength(20);
  expect(counted(server).reads).toBe(0);
});

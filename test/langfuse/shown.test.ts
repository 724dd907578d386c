import { expect, it } from 'vitest';
import { callsOf } from '../support/calls.ts';
import { fakeClock } from '../support/clock.ts';
import { counted, site } from '../support/delivery.ts';

it('a server that merges late is waited for until it shows what it took, so that the same range sent at once adds nothing', async () => {
  const clock = fakeClock();
  const { server, deliver } = await site({ version: '4.16.0', storeDelayMs: 1400, now: () => clock.now() });
  for (let time = 0; time < 3; time++) {
    const delivery = deliver({ clock });
    expect(await delivery.settle(callsOf(50))).toEqual([]);
    await delivery.shown();
  }
  expect(server.rows()).toHaveLength(50);
});

it('a server that never shows what it took is waited for some seconds only', async () => {
  const clock = fakeClock();
  const { deliver } = await site({ version: '4.16.0', storeDelayMs: 3_600_000, now: () => clock.now() });
  const delivery = deliver({ clock });
  const before = clock.now();
  await delivery.settle(callsOf(5));
  await delivery.shown();
  expect(clock.now() - before).toBeGreaterThan(3000);
  expect(clock.now() - before).toBeLessThanOrEqual(6000);
});

it('a server that does not let its calls be read is not waited for', async () => {
  const clock = fakeClock();
  const { server, deliver } = await site({ version: '4.16.0' });
  server.fault = ({ path }) => (path.endsWith('/v2/observations') ? { kind: 'status', status: 404 } : undefined);
  const delivery = deliver({ clock });
  await delivery.settle(callsOf(5));
  await delivery.shown();
  expect(clock.slept).toEqual([]);
});

it('a server that merges at once is neither read nor waited for', async () => {
  const clock = fakeClock();
  const { server, deliver } = await site({ version: '3.225.4' });
  const delivery = deliver({ clock });
  await delivery.settle(callsOf(5));
  await delivery.shown();
  expect(counted(server).reads).toBe(0);
  expect(clock.slept).toEqual([]);
});

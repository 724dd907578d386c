import { expect, it, vi } from 'vitest';
import { openBucket } from '../../lib/letters/open-bucket.ts';
import { fakeClock } from '../support/clock.ts';

const timeouts: number[] = [];
vi.mock('../../lib/letters/oss.ts', () => ({
  openEdge: () => ({ delete: async (_key: string, timeoutMs: number) => void timeouts.push(timeoutMs) }),
}));

it.each([
  ['a third of the time there is', 6_000, 2_000],
  ['ten seconds at most', 60_000, 10_000],
  ['a second at least', 2_000, 1_000],
])('an attempt may take %s', async (_, leftMs, expected) => {
  const clock = fakeClock();
  const ports = { clock, random: () => 0.5, until: clock.now() + leftMs };
  const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' };
  await openBucket({ bucket: 'dead', region: 'cn-hangzhou', credentials }, ports).delete('key');
  expect(timeouts.splice(0)).toEqual([expected]);
});

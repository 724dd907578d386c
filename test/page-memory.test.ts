import { expect, it, vi } from 'vitest';
import { ALL } from '../lib/formats/all.ts';
import { decodeLetters } from '../lib/letters/decode.ts';
import { shipRange } from '../lib/ship.ts';
import { PAGE_MEMORY } from '../lib/sls/page-memory.ts';
import type { Letter } from '../lib/types.ts';
import { numbered, world } from './sls/world.ts';
import type { FaultRequest } from './stand-ins/langfuse.ts';
import { site } from './support/delivery.ts';
import { lineOf } from './support/records.ts';

it('a long range needs memory for a few pages only, and none for the answers of a server that is busy', async () => {
  const { pull, sls } = await world({ groups: numbered(40) });
  sls.faults = Array(4).fill({ kind: 'error', status: 503, body: 'busy' });
  const take = vi.spyOn(PAGE_MEMORY, 'take');
  for await (const page of pull()) if ('release' in page) page.release?.();
  const taken = take.mock.results.map(({ value }) => value.buffer);
  take.mockRestore();
  // Each page's answer, and what it is unpacked into.
  expect(taken.length).toBe(80);
  expect(new Set(taken).size).toBeLessThan(5);
});

const GROUPS = 90;
const LOGS = 6;
/** Enough of each for a page to take several slabs. */
const saidIn = (n: number) => `question ${n} ${String.fromCharCode(0x4e00 + n).repeat(2_000 + (n % 7) * 900)}`;

/** Some answers come late, some requests are turned away at first, and those with a call that is refused are halved. */
function faultOf({ path, ids, number }: FaultRequest, tried: Set<string>) {
  if (!path.endsWith('/traces')) return undefined;
  const [first = ''] = ids;
  const again = tried.has(first);
  tried.add(first);
  if (number % 5 === 0 && !again) return { kind: 'status', status: 503 } as const;
  if (ids.some((id) => id.endsWith('0'))) return { kind: 'status', status: ids.length > 1 ? 422 : 400 } as const;
  return number % 3 === 0 ? ({ kind: 'delay', ms: 5 + (number % 4) * 10 } as const) : undefined;
}

it.each(['lz4', 'deflate', 'none'] as const)(
  'no call and no letter says what another page said, however pages overlap, fail and come again (%s)',
  async (as) => {
    const groups = Array.from({ length: GROUPS }, (_, g) => ({
      logs: Array.from({ length: LOGS }, (_, i) => ({
        time: 1_763_700_000 + g,
        fields: lineOf(g * LOGS + i, saidIn(g * LOGS + i)),
      })),
    }));
    const { range, clock, pull, sls } = await world({ groups, groupsPerPage: 4 });
    sls.faults = groups.map(() => ({ kind: 'compression', as }));
    const tried = new Set<string>();
    const { server, deliver } = await site();
    server.fault = (request) => faultOf(request, tried);
    const letters: Letter[] = [];
    const receipt = await shipRange(
      range,
      {
        pull: () => pull(),
        delivery: deliver(),
        letters: { put: async (_, body) => void letters.push(...decodeLetters(body)) },
        log: () => undefined,
        clock,
      },
      {
        ...{ requestId: 'r', prefix: 'p', readers: ALL, timeZone: 'UTC' },
        ...{ startedAt: 0, pullUntil: Number.POSITIVE_INFINITY },
      },
    );
    const stored = server.observations().map(({ input }) => String(input));
    const lettered = letters.map((letter) =>
      letter.kind === 'record' ? letter.record.fields.get('ai_log') : letter.kind,
    );
    expect(receipt.read).toBe(GROUPS * LOGS);
    expect(receipt.pages).toBeGreaterThan(20);
    // Else this test could not fail.
    expect([stored.length, lettered.length].every((count) => count > 5)).toBe(true);
    const wanted = Array.from({ length: GROUPS * LOGS }, (_, n) => saidIn(n));
    const found = [...stored, ...lettered.map((text) => JSON.parse(text ?? '{}').question)];
    expect(found.sort()).toEqual(wanted.sort());
  },
);

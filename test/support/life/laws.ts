import { expect } from 'vitest';
import { InvocationError } from '../../../lib/errors.ts';
import { ALL } from '../../../lib/formats/all.ts';
import { read } from '../../../lib/formats/read.ts';
import { rowKey } from '../../../lib/langfuse/stored.ts';
import type { Letter } from '../../../lib/types.ts';
import { numberOf, PLACE, PREFIX, positionAt } from '../letters.ts';
import type { World } from './world.ts';

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

/** Every receipt balances, every error is a stated one, and nobody saw a promise broken or a text in a log. */
export function checkConduct({ shipped, errors, langfuse, lines }: World): void {
  expect(langfuse.breaches).toEqual([]);
  for (const { receipt, handed } of shipped) {
    expect(receipt.read).toBe(handed);
    expect(receipt.delivered + sum(receipt.skipped) + sum(receipt.lettered)).toBe(receipt.read);
  }
  for (const error of errors) {
    if (!(error instanceof InvocationError)) throw error;
    expect(['pull', 'outage', 'dead-letter']).toContain(error.code);
  }
  expect([...lines, ...errors.map(String)].join('\n')).not.toMatch(/question \d|answer \d/);
}

/** Once all is quiet, nothing lies under the prefix but what is parked. */
export function checkQuiet({ bucket }: World): void {
  expect([...bucket.objects.keys()].filter((key) => !key.startsWith(`${PREFIX}/parked/v1/`))).toEqual([]);
}

/** Every record is in Langfuse, skipped or parked; good calls of which nothing expired are in Langfuse. */
export function checkAccounts(world: World): void {
  const { langfuse, plan } = world;
  const patient = plan.maxReplays > plan.steps.length + 1;
  for (const shard of world.shards) {
    const parked = parkedIn(world, shard.id);
    for (const [g, i, { bad }] of shard.groups.flatMap((group, g) => group.map((one, i) => [g, i, one] as const))) {
      const reading = read(shard.record(g, i), { readers: ALL, timeZone: 'UTC' });
      if (reading.kind === 'skip') continue;
      const isParked = parked.groups.has(g) || parked.numbers.has(numberOf(shard.record(g, i)));
      const isStored = reading.kind === 'call' && langfuse.rows.has(rowKey(reading.call));
      const isExpected = reading.kind === 'call' && bad !== 'yes' && patient && !parked.groups.has(g);
      if (isExpected ? !isStored : !isStored && !isParked) expect.fail(`record ${i} of group ${g} is lost`);
    }
  }
}

/** Where it would be seen, no call is there twice but one whose answer was lost or that was offered again in doubt. */
export function checkOnce({ langfuse, plan }: World): void {
  if (!plan.mergesLate) return;
  const twice = [...langfuse.rows].filter(([key, { times }]) => times > 1 && !langfuse.excused.has(key));
  expect(twice).toEqual([]);
}

function parkedIn({ bucket }: World, shard: number): { groups: Set<number>; numbers: Set<number> } {
  const folder = `${PREFIX}/parked/v1/${PLACE.project}/${PLACE.logstore}/${shard}/`;
  const letters = Object.values(bucket.letters(folder)).flat();
  const groups = new Set(letters.flatMap(groupsIn));
  const numbers = letters.flatMap((letter) => (letter.kind === 'record' ? [numberOf(letter.record)] : []));
  return { groups, numbers: new Set(numbers) };
}

function groupsIn(letter: Letter): number[] {
  if (letter.kind === 'record') return [];
  const [from, to] = [positionAt(letter.range.begin), positionAt(letter.range.end)];
  return Array.from({ length: to - from }, (_, i) => from + i);
}

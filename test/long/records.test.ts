import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { fromFlat } from '../../lib/record.ts';
import type { LlmCall } from '../../lib/types.ts';
import { BY_FORMAT, TELLING } from '../formats/every-format.ts';
import { mutated } from '../formats/mutated.ts';

const LONG = process.env.LONG !== undefined;
const MUTATED = LONG ? 1_000_000 : 10_000;
const CALLS = LONG ? 1_000_000 : 20_000;
/** Milliseconds; a record of some KB takes less than one, and this machine may be busy. */
const BOUND = 2_000;

function expectSound({ trace, observation }: LlmCall): void {
  expect(trace.id).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  expect(observation.id).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
  expect(observation.parentId ?? '1'.repeat(16)).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
  const { startTime, endTime, completionStartTime = startTime, usageDetails = {} } = observation;
  for (const time of [startTime, endTime, completionStartTime]) {
    expect(Number.isSafeInteger(time)).toBe(true);
    expect(new Date(time).toISOString()).toMatch(/^\d{4}-/);
  }
  expect(endTime).toBeGreaterThanOrEqual(startTime);
  for (const tokens of Object.values(usageDetails)) expect(tokens).toSatisfy((n) => Number.isInteger(n) && n >= 0);
  for (const text of [trace.name, trace.userId ?? '', trace.sessionId ?? '', observation.model ?? '', ...trace.tags]) {
    expect(typeof text).toBe('string');
  }
  expect(JSON.stringify({ trace, observation }).length).toBeGreaterThan(0);
}

describe('any record', () => {
  it(`is a sound call, a skip or a reject, among ${MUTATED} mutated ones, and never a failure of its reader`, () => {
    fc.assert(
      fc.property(mutated, (flat) => {
        const record = fromFlat(flat);
        const began = performance.now();
        const reading = read(record, { readers: ALL, timeZone: 'Asia/Shanghai' });
        expect(performance.now() - began).toBeLessThan(BOUND);
        if (reading.kind === 'call') expectSound(reading.call);
        else if (reading.kind === 'skip') expect(['non_ai', 'mcp', 'unparsable']).toContain(reading.reason);
        else expect(reading.why).toEqual({ why: 'unreadable', message: expect.not.stringContaining('failed') });
      }),
      { numRuns: MUTATED },
    );
  }, 3_600_000);
});

describe('different calls', () => {
  it(`never share an observation, among ${CALLS} of all formats`, () => {
    const seen = new Set<string>();
    for (let n = 0; n < CALLS; n++) {
      const [format, record] = BY_FORMAT[n % BY_FORMAT.length] ?? ['', {}];
      const reading = read(fromFlat(TELLING[format]?.(record, n) ?? record), { readers: ALL, timeZone: 'UTC' });
      if (reading.kind !== 'call') throw new Error(`expected a call of ${format}, got ${JSON.stringify(reading)}`);
      const { trace, observation } = reading.call;
      seen.add(`${trace.id}/${observation.id}`);
      seen.add(observation.id);
    }
    expect(seen.size).toBe(2 * CALLS);
  }, 3_600_000);
});

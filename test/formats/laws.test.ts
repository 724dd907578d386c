import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { FIRST } from '../../lib/formats/first.ts';
import { read } from '../../lib/formats/read.ts';
import { fromFlat, toFlat } from '../../lib/record.ts';
import { aiLine } from './lines.ts';
import { mutated } from './mutated.ts';

const AGENT_LOG = { timestamp: '2026-11-21T07:00:00Z', ai_log: '{"model":"m","question":"q"}', __time__: '1795244400' };

describe('any record', () => {
  it('reads the same twice, through a letter, in another order and from another position', () => {
    fc.assert(
      fc.property(mutated, fc.nat(), (flat, n) => {
        const options = { readers: ALL, timeZone: 'UTC' };
        const record = fromFlat(flat);
        const first = read(record, options);
        expect(read(fromFlat(toFlat(record)), options)).toEqual(first);
        const turned = n % (record.fields.size || 1);
        const fields = [...record.fields];
        const moved = read(
          {
            ...record,
            fields: new Map([...fields.slice(turned), ...fields.slice(0, turned)]),
            position: { cursor: `c${n}`, group: n, index: n },
          },
          options,
        );
        expect(identityOf(moved)).toEqual(identityOf(first));
      }),
      { numRuns: 3_000 },
    );
  });

  it('that the first readers know is the same to all readers together', () => {
    const more = async () => ALL;
    fc.assert(
      fc.property(mutated, (flat) => {
        const record = fromFlat(flat);
        const all = read(record, { readers: ALL, timeZone: 'UTC' });
        const first = read(record, { readers: FIRST, more, timeZone: 'UTC' });
        // A skip for want of a reader is not the last word: all are asked then.
        const unknown = first.kind === 'skip' && first.reason !== 'mcp';
        expect(unknown ? all : first).toEqual(all);
      }),
      { numRuns: 5_000 },
    );
  });

  it('reads the same when a shipper delivered it a second time', () => {
    const again = (at: string) =>
      read(fromFlat({ ...AGENT_LOG, '__tag__:__receive_time__': at }), { readers: ALL, timeZone: 'UTC' });
    expect(again('1')).toEqual(again('2'));
  });
});

function identityOf(reading: ReturnType<typeof read>): unknown {
  if (reading.kind !== 'call') return reading;
  const { trace, observation } = reading.call;
  return [trace.id, observation.id, observation.startTime, observation.endTime, observation.completionStartTime];
}

describe('a reader that fails', () => {
  it('costs its record alone, and tells nothing of it', () => {
    const reading = read(fromFlat(aiLine({ question: 'private' }, { start_time: '2026-11-21 07:00:00' })), {
      readers: ALL,
      timeZone: 'Nowhere/Land',
    });
    expect(reading).toMatchObject({
      kind: 'reject',
      why: { why: 'unreadable', message: expect.stringContaining('RangeError') },
    });
    expect(JSON.stringify(reading)).not.toContain('private');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf, parcelOf, wrapFitting } from '../lib/batch.ts';
import type { Parcel, TraceSink } from '../lib/langfuse/sink.ts';
import type { LlmCall } from '../lib/types.ts';
import { callOf } from './support/calls.ts';

function sinkOf(maxCalls: number, maxBytes: number): TraceSink {
  const wrap = (call: LlmCall) => {
    const body = Buffer.from(JSON.stringify(call));
    return { body, bytes: body.length };
  };
  return { name: 'otlp', maxCalls, maxBytes, wrap, send: () => Promise.reject(new Error('not for sending')) };
}

describe('batchesOf', () => {
  it('keeps every parcel in its order, and each batch within both bounds', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 7 }), (all, maxCalls) => {
        const parcels = all.map((bytes, n): Parcel => ({ call: callOf(n), body: Buffer.alloc(0), bytes }));
        const batches = batchesOf(parcels, sinkOf(maxCalls, 100));
        expect(batches.flat()).toEqual(parcels);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxCalls);
          expect(batch.reduce((sum, { bytes }) => sum + bytes + 1, 0)).toBeLessThanOrEqual(100);
        }
      }),
    );
  });

  it('opens no batch while there is room in the last', () => {
    const parcels = [40, 40, 40, 10].map((bytes, n): Parcel => ({ call: callOf(n), body: Buffer.alloc(0), bytes }));
    expect(batchesOf(parcels, sinkOf(10, 100)).map((batch) => batch.length)).toEqual([2, 2]);
  });

  it('fills a batch to its last byte', () => {
    const parcels = [49, 49, 1].map((bytes, n): Parcel => ({ call: callOf(n), body: Buffer.alloc(0), bytes }));
    expect(batchesOf(parcels, sinkOf(10, 100)).map((batch) => batch.length)).toEqual([2, 1]);
  });
});

describe('a parcel', () => {
  it('settles the call as it was read, also when a cut one is sent', () => {
    const call = callOf(1, { observation: { input: 'x'.repeat(50_000) } });
    const parcel = parcelOf(call, sinkOf(10, 10_000));
    expect(parcel?.call).toBe(call);
    expect(parcel?.bytes).toBeLessThanOrEqual(10_000);
    expect(parcel?.body.toString()).toContain('characters left out');
  });

  it('is what was written of a call by the same transport, and is written anew for another', () => {
    const [sink, other] = [sinkOf(10, 1000), sinkOf(10, 1000)];
    const { trace, observation } = callOf(1);
    const as = { body: Buffer.from('written before'), bytes: 14 };
    const call = { trace, observation, whole: () => callOf(2), written: { sink, as } };
    expect(parcelOf(call, sink)).toEqual({ call, ...as });
    expect(parcelOf(call, other)).toEqual({ call, ...other.wrap(callOf(2)) });
  });

  it('lets an error through that is no lack of stack', () => {
    const sink = {
      ...sinkOf(10, 100),
      wrap: () => {
        throw new TypeError('a mistake');
      },
    };
    expect(() => wrapFitting(callOf(1), sink, 100)).toThrow('a mistake');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip } from '../lib/clip.ts';
import type { LlmCall } from '../lib/types.ts';
import { callOf } from './support/calls.ts';

const size = (call: LlmCall) => Buffer.byteLength(JSON.stringify(call));
const clipped = (call: LlmCall, max: number) => clip(call, max, size);

describe('clip', () => {
  it('leaves a call that fits as it is', () => {
    const call = callOf(1);
    expect(clipped(call, size(call))).toBe(call);
  });

  it('cuts the largest field first, and the others only when that is not enough', () => {
    const call = callOf(1, { observation: { input: 'a'.repeat(50_000), output: 'b'.repeat(10_000) } });
    const cut = clipped(call, 30_000);
    expect(cut?.trace.metadata.clipped).toEqual(['input']);
    expect(cut?.observation.output).toBe(call.observation.output);
    expect(clipped(call, 8_000)?.trace.metadata.clipped).toEqual(['input', 'output']);
  });

  it('counts what is missing over several cuts', () => {
    const call = callOf(1, { observation: { input: 'a'.repeat(400_000) } });
    const text = String(clipped(call, 10_000)?.observation.input);
    const [, missing] = /^a+\n… \[(\d+) characters left out: the call was too large for Langfuse\]$/.exec(text) ?? [];
    expect(Number(missing) + text.indexOf('\n')).toBe(400_000);
  });

  it('cuts metadata too, also where it is called as a field of the call is', () => {
    const metadata = { input: 'm'.repeat(50_000), note: 'n'.repeat(50_000) };
    const cut = clipped(callOf(1, { trace: { metadata } }), 20_000);
    expect(cut?.trace.metadata.clipped).toEqual(['input', 'note']);
    expect(String(cut?.trace.metadata.input)).toMatch(/^m+\n… \[/);
    expect(cut?.observation.input).toBe('question 1');
  });

  it('gives up when no field is worth cutting', () => {
    const metadata = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 'x'.repeat(1000)]));
    expect(clipped(callOf(1, { trace: { metadata } }), 100_000)).toBeUndefined();
  });

  it('never cuts a pair of surrogates in two, and always fits where the smallest fields would', () => {
    // Two fields of 2,000 characters, the least that is cut, take 28,000 bytes when each is escaped.
    const length = fc.integer({ min: 0, max: 60_000 });
    const unit = fc.constantFrom('\u{1f600}', 'a\u{1f600}', '长', '\u0000', '"');
    fc.assert(
      fc.property(unit, length, length, fc.integer({ min: 40_000, max: 80_000 }), (text, one, two, max) => {
        const call = callOf(1, { observation: { input: text.repeat(one), output: [{ content: text.repeat(two) }] } });
        const cut = clipped(call, max);
        expect(cut && size(cut)).toBeLessThanOrEqual(max);
        expect(String(cut?.observation.input).isWellFormed()).toBe(true);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { LlmCall } from '../../lib/types.ts';
import { callOf, callsOf } from '../support/calls.ts';
import { site } from '../support/delivery.ts';

describe.each(['otlp', 'ingestion'] as const)('by %s a call that is too large', (transport) => {
  it('cuts a call of 5 MB, marks what is missing, and names the field', async () => {
    const { server, deliver } = await site({ transport });
    const input = `start ${'长'.repeat(1_700_000)} end`;
    expect(await deliver().settle([callOf(1, { observation: { input } }), callOf(2)])).toEqual([]);
    expect(server.observations()).toHaveLength(2);
    const stored = server.observations().find(({ id }) => id === callOf(1).observation.id);
    const text = String(stored?.input);
    const [, missing] = /\[(\d+) characters left out: the call was too large for Langfuse\]$/.exec(text) ?? [];
    expect(text.startsWith('start 长')).toBe(true);
    expect(Number(missing)).toBe(input.length - text.lastIndexOf('\n'));
    expect(stored?.metadata.clipped).toEqual(['input']);
    expect(stored?.output).toBe('answer 1');
  });

  it('cuts a call that alone is too large for a proxy on the way, until it fits', async () => {
    const { server, deliver } = await site({ transport });
    const calls = [callOf(1, { observation: { output: 'x'.repeat(900_000) } }), ...callsOf(5, 10)];
    const limit = 300_000;
    server.fault = ({ number, ids }) => {
      if (number === 0) return undefined;
      const large = ids.includes(callOf(1).observation.id);
      const attempt = large ? ++tries : 0;
      return large && (ids.length > 2 || attempt < 6) ? { kind: 'status', status: 413, body: 'too large' } : undefined;
    };
    let tries = 0;
    expect(await deliver().settle(calls)).toEqual([]);
    expect(server.observations()).toHaveLength(6);
    const stored = server.observations().find(({ id }) => id === callOf(1).observation.id);
    expect(String(stored?.output).length).toBeLessThan(limit);
    expect(stored?.metadata.clipped).toEqual(['output']);
  });

  it('gives a call up that is refused as too large down to some tens of kilobytes, and no further', async () => {
    const { server, deliver } = await site({ transport });
    const call = callOf(1, { observation: { output: 'x'.repeat(400_000) } });
    server.fault = ({ number }) => (number > 0 ? { kind: 'status', status: 413, body: 'too large' } : undefined);
    expect((await deliver().settle([call])).map(({ rejection }) => rejection.why)).toEqual(['oversize']);
    expect(server.requests.filter((request) => request.number > 0).length).toBeLessThanOrEqual(6);
  });

  it('calls a call oversize that no cut makes small enough', async () => {
    const { server, deliver } = await site({ transport });
    const metadata = Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`key ${i}`, 'y'.repeat(100)]));
    const undelivered = await deliver().settle([callOf(1, { trace: { metadata } }), callOf(2)]);
    expect(undelivered.map(({ call, rejection }) => [call.observation.id, rejection.why])).toEqual([
      [callOf(1).observation.id, 'oversize'],
    ]);
    expect(server.observations()).toHaveLength(1);
  });

  it('letters a call that is nested too deep to be written', async () => {
    let input: LlmCall['observation']['input'] = 'deep';
    for (let i = 0; i < 100_000; i++) input = [input ?? null];
    const { server, deliver } = await site({ transport });
    const undelivered = await deliver().settle([callOf(1, { observation: { input } }), callOf(2)]);
    expect(undelivered.map(({ rejection }) => rejection)).toEqual([
      { why: 'oversize', message: expect.stringContaining('larger than a request to Langfuse may be') },
    ]);
    expect(server.observations()).toHaveLength(1);
  });
});

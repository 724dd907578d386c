import { describe, expect, it } from 'vitest';
import { rowKey } from '../lib/langfuse/stored.ts';
import { Repeats } from '../lib/repeats.ts';
import type { CallKey, LlmCall } from '../lib/types.ts';
import { callsOf } from './support/calls.ts';

/** A Langfuse that shows these calls, and the sizes of what it was asked about. */
function shows(stored: readonly LlmCall[] | undefined): { repeats: Repeats; asked: number[] } {
  const asked: number[] = [];
  const keys = stored && new Set(stored.map(rowKey));
  const repeats = new Repeats(async (calls) => {
    asked.push(calls.length);
    return keys;
  });
  return { repeats, asked };
}

describe('Repeats', () => {
  const calls = callsOf(30);

  it('asks for two calls of a new page, one by one', async () => {
    const { repeats, asked } = shows([]);
    expect(await repeats.unsent(calls)).toEqual(calls);
    expect(asked).toEqual([1, 1]);
  });

  it.each([
    ['the first', calls.slice(0, 20), calls.slice(20)],
    ['the last', calls.slice(20), calls.slice(0, 20)],
    ['all', calls, []],
  ])('asks for the whole page when %s is known, and sends the rest', async (_, stored, rest) => {
    const { repeats, asked } = shows(stored);
    expect(await repeats.unsent(calls)).toEqual(rest);
    expect(asked).toEqual([1, 1, 30]);
  });

  it('asks for the page after a known one whole', async () => {
    const { repeats, asked } = shows(callsOf(30).concat(callsOf(3, 40)));
    await repeats.unsent(calls);
    expect(await repeats.unsent(callsOf(10, 36))).toHaveLength(7);
    expect(asked).toEqual([1, 1, 30, 10]);
  });

  it('does not send again in a later page what it delivered in this invocation, and asks nobody for it', async () => {
    const { repeats, asked } = shows([]);
    const [refused] = calls;
    repeats.sent(calls, new Set(refused ? [refused] : []));
    expect(await repeats.unsent(calls)).toEqual([refused]);
    expect(await repeats.unsent(calls.slice(5))).toEqual([]);
    expect(asked).toEqual([1, 1]);
  });

  it('remembers the latest 50,000 of them', async () => {
    const { repeats } = shows([]);
    const many = callsOf(50_010);
    repeats.sent(many, new Set());
    expect(await repeats.unsent(many)).toEqual(many.slice(0, 10));
  });

  it('looks up every call when any may have been sent before, page after page', async () => {
    const asked: number[] = [];
    const stored = new Set(callsOf(1, 5).map(rowKey));
    const lookup = async (calls: readonly CallKey[]) => {
      asked.push(calls.length);
      return stored;
    };
    const repeats = new Repeats(lookup, true);
    expect(await repeats.unsent(callsOf(10, 20))).toHaveLength(10);
    expect(await repeats.unsent(callsOf(10))).toHaveLength(9);
    expect(asked).toEqual([10, 10]);
  });

  it('finds a known page behind a new one', async () => {
    const { repeats } = shows(callsOf(10, 10));
    expect(await repeats.unsent(callsOf(10))).toHaveLength(10);
    expect(await repeats.unsent(callsOf(10, 10))).toHaveLength(0);
  });

  it('sends everything when Langfuse does not say', async () => {
    const { repeats } = shows(undefined);
    expect(await repeats.unsent(calls)).toEqual(calls);
    expect(await repeats.missing(calls)).toBeUndefined();
  });

  it('asks nothing for no calls', async () => {
    const { repeats, asked } = shows([]);
    expect(await repeats.unsent([])).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('tells calls apart by trace, observation and start', async () => {
    const [call] = callsOf(1);
    if (!call) throw new Error('no call');
    const later = { ...call, observation: { ...call.observation, startTime: call.observation.startTime + 1 } };
    const { repeats } = shows([later]);
    expect(await repeats.unsent([call])).toEqual([call]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf, type StatedUsage, statedUsage } from '../../lib/formats/values/usage.ts';
import { count } from '../../lib/formats/values/values.ts';
import type { Json } from '../../lib/types.ts';

const CASES: [claim: string, stated: StatedUsage, details: object | undefined, leftover: object][] = [
  [
    'OpenAI counts the cached within the input and the reasoned within the output',
    { input: 150, output: 100, total: 250, cached: 120, reasoning: 40 },
    { input: 30, input_cached_tokens: 120, output: 60, output_reasoning_tokens: 40, total: 250 },
    {},
  ],
  [
    'Anthropic counts its caches beside the input',
    { input: 10, output: 20, total: 137, cacheRead: 100, cacheCreation: 7 },
    { input: 10, input_cached_tokens: 100, input_cache_creation: 7, output: 20, total: 137 },
    {},
  ],
  [
    'Gemini counts the thoughts beside the output and the cached within the input',
    { input: 50, output: 20, total: 100, cached: 15, reasoning: 30 },
    { input: 35, input_cached_tokens: 15, output: 20, output_reasoning_tokens: 30, total: 100 },
    {},
  ],
  [
    'without a total, the names of Anthropic tell its style',
    { input: 10, output: 20, cacheRead: 5 },
    { input: 10, input_cached_tokens: 5, output: 20, total: 35 },
    {},
  ],
  [
    'without a total, the cached of OpenAI stand within the input',
    { input: 100, output: 50, cached: 80, reasoning: 25 },
    { input: 20, input_cached_tokens: 80, output: 25, output_reasoning_tokens: 25, total: 150 },
    {},
  ],
  [
    'counts that no sum explains stay as stated, and the rest is left over',
    { input: 100, output: 80, total: 580, reasoning: 500 },
    { input: 100, output: 80, total: 580 },
    { reasoning_tokens: 500 },
  ],
  [
    'a part larger than its whole is left over',
    { input: 10, output: 5, total: 15, cached: 11 },
    { input: 10, output: 5, total: 15 },
    { cached_tokens: 11 },
  ],
  ['a total alone is a total', { total: 30 }, { total: 30 }, {}],
  ['a total of 0 beside counts is none', { input: 3, output: 4, total: 0 }, { input: 3, output: 4, total: 7 }, {}],
  ['all zeros are no usage', { input: 0, output: 0, total: 0 }, undefined, {}],
  ['nothing is no usage', {}, undefined, {}],
];

describe('token counts', () => {
  it.each(CASES)('%s', (_claim, stated, details, leftover) => {
    const usage = bucketsOf(stated);
    expect(usage.details).toEqual(details);
    expect(usage.leftover).toEqual(leftover);
  });

  it('are never negative, and add up to the total or are its plain statement', () => {
    const tokens = fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined });
    const keys = ['input', 'output', 'total', 'cached', 'cacheRead', 'cacheCreation', 'reasoning'];
    const usages = fc.record(Object.fromEntries(keys.map((key) => [key, tokens])));
    fc.assert(
      fc.property(usages, (stated) => {
        const { details } = bucketsOf(stated);
        if (!details) return;
        const { total, ...buckets } = details;
        const values = Object.values(buckets);
        expect(values.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
        const sum = values.reduce((a, b) => a + b, 0);
        const known = Object.keys(buckets).length > 0;
        const consistent = (stated.total || undefined) === undefined || sum === total;
        const plain =
          total === stated.total && Object.keys(buckets).every((key) => key === 'input' || key === 'output');
        expect(!known || consistent || plain).toBe(true);
        expect(consistent && known && stated.total === undefined ? sum : total).toBe(total);
      }),
      { numRuns: 20_000 },
    );
  });

  it('in any style that its own total explains add up to that total', () => {
    const n = fc.integer({ min: 1, max: 1e6 });
    fc.assert(
      fc.property(n, n, n, n, fc.constantFrom('openai', 'anthropic', 'gemini'), (a, b, c, d, style) => {
        const stated = {
          openai: { input: a + c, output: b + d, total: a + b + c + d, cached: c, reasoning: d },
          anthropic: { input: a, output: b, total: a + b + c + d, cacheRead: c, cacheCreation: d },
          gemini: { input: a + c, output: b, total: a + b + c + d, cached: c, reasoning: d },
        }[style];
        const { total, ...buckets } = bucketsOf(stated).details ?? {};
        expect(Object.values(buckets).reduce((x, y) => x + y, 0)).toBe(total);
        expect(buckets).toMatchObject({ input: a, output: b, input_cached_tokens: c });
      }),
    );
  });
});

describe('the usage of an answer', () => {
  it.each<[string, Json, StatedUsage]>([
    ['OpenAI', { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 }, { input: 5, output: 6, total: 11 }],
    [
      'Anthropic, as text',
      '{"input_tokens":5,"output_tokens":6,"cache_read_input_tokens":7}',
      { input: 5, output: 6, cacheRead: 7 },
    ],
    ['a text that is none', 'many', {}],
  ])('is read from %s', (_whose, usage, stated) => {
    const read = Object.entries(statedUsage(usage)).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(read)).toEqual(stated);
  });
});

describe('a count', () => {
  it.each<[Json, number | undefined]>([
    ['12', 12],
    [' 12 ', 12],
    ['1,234', 1234],
    [12, 12],
    ['12.0', 12],
    ['1,23', undefined],
    ['12.5', undefined],
    [-1, undefined],
    ['-1', undefined],
    ['NaN', undefined],
    ['1e3', undefined],
    ['', undefined],
    [null, undefined],
    [true, undefined],
    [2 ** 60, undefined],
  ])('%j is %j', (value, expected) => {
    expect(count(value)).toBe(expected);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Prices, parsePrices, priced } from '../lib/prices.ts';
import type { LlmCall, Observation } from '../lib/types.ts';
import { callOf } from './support/calls.ts';

function prices(models: object | string): Prices {
  const parsed = parsePrices(typeof models === 'string' ? models : JSON.stringify(models));
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed.prices;
}

function problems(models: unknown): string[] {
  const parsed = parsePrices(typeof models === 'string' ? models : JSON.stringify(models));
  return 'problems' in parsed ? parsed.problems : [];
}

const used = (usageDetails: Record<string, number>, over: Partial<Observation> = {}): LlmCall =>
  callOf(1, { observation: { model: 'qwen-max', usageDetails, ...over } });

const QWEN = { 'qwen-max': { input: 2.4, output: 9.6, input_cached_tokens: 0.48, currency: 'CNY' } };

describe('a call of a model that has a price', () => {
  it('costs what its tokens cost, and says who says so', () => {
    const call = used({ input: 1000, input_cached_tokens: 500, output: 100, total: 1600 });
    expect(priced(call, prices(QWEN))).toEqual({
      trace: { ...call.trace, metadata: { n: 1, cost_currency: 'CNY', cost_source: 'MODEL_PRICES' } },
      observation: {
        ...call.observation,
        costDetails: { input: 0.0024, input_cached_tokens: 0.00024, output: 0.00096, total: 0.0036 },
      },
    });
  });

  it.each<[claim: string, price: object, usage: Record<string, number>, costs: object]>([
    [
      'parts of the input cost what the input costs, parts of the output what the output costs',
      { input: 1e6, output: 2e6 },
      { input: 1, input_cached_tokens: 2, input_cache_creation: 3, output: 4, output_reasoning_tokens: 5, total: 15 },
      { input: 1, input_cached_tokens: 2, input_cache_creation: 3, output: 8, output_reasoning_tokens: 10, total: 24 },
    ],
    [
      'parts have prices of their own',
      { input: 1e6, output: 1e6, input_cached_tokens: 0, input_cache_creation: 2e6, output_reasoning_tokens: 3e6 },
      { input: 1, input_cached_tokens: 2, input_cache_creation: 3, output: 4, output_reasoning_tokens: 5 },
      { input: 1, input_cached_tokens: 0, input_cache_creation: 6, output: 4, output_reasoning_tokens: 15, total: 26 },
    ],
    [
      'other kinds have prices, too',
      { input: 0, image: 1e6 },
      { input: 9, image: 2 },
      { input: 0, image: 2, total: 2 },
    ],
    ['a total alone has the price of a total', { input: 1, total: 2e6 }, { total: 3 }, { total: 6 }],
    [
      'no tokens of a kind without a price cost nothing',
      { input: 1e6 },
      { input: 2, output: 0 },
      { input: 2, output: 0, total: 2 },
    ],
    [
      'a sum shows no rounding of binary',
      { input: 0.1, output: 0.2 },
      { input: 1e6, output: 1e6 },
      { input: 0.1, output: 0.2, total: 0.3 },
    ],
    [
      'a price of nothing is a price',
      { input: 0, output: 0 },
      { input: 5, output: 5 },
      { input: 0, output: 0, total: 0 },
    ],
  ])('%s', (_claim, price, usage, costs) => {
    const { observation, trace } = priced(used(usage), prices({ 'qwen-max': price }));
    expect(observation.costDetails).toEqual(costs);
    expect(trace.metadata).toEqual({ n: 1, cost_source: 'MODEL_PRICES' });
  });

  it.each<[claim: string, call: LlmCall]>([
    ['its cost is known', used({ input: 1, output: 1 }, { costDetails: { total: 7 } })],
    ['it has no usage', callOf(1, { observation: { model: 'qwen-max' } })],
    ['it failed without usage', callOf(1, { observation: { model: 'qwen-max', level: 'ERROR' } })],
    ['its usage counts nothing', used({})],
    ['it names no model', callOf(1, { observation: { usageDetails: { input: 1, output: 1 } } })],
    ['its model has no price', used({ input: 1, output: 1 }, { model: 'qwen-plus' })],
    ['a kind of its tokens has no price', used({ input: 1, output: 1, audio: 1 })],
    ['only its total is known, and totals have no price', used({ total: 3 })],
    ['its total counts tokens of no stated kind', used({ input: 1, output: 1, total: 3 })],
    ['its tokens are no number', used({ input: Number.NaN, output: 1 })],
    ['its tokens are negative', used({ input: -1, output: 1 })],
  ])('stays as it is when %s', (_claim, call) => {
    expect(priced(call, prices(QWEN))).toBe(call);
  });

  it('has no use for the price of a total when kinds are stated', () => {
    const call = used({ input: 1, output: 1, total: 2 });
    expect(priced(call, prices({ 'qwen-max': { total: 5 } }))).toBe(call);
  });

  it('has a failed call priced that was counted', () => {
    const call = used({ input: 1e6, output: 0 }, { level: 'ERROR' });
    expect(priced(call, prices(QWEN)).observation.costDetails?.total).toBe(2.4);
  });
});

describe('the price of a model', () => {
  const models = prices({
    '*': { input: 1 },
    'qwen-*': { input: 2 },
    'qwen-max': { input: 3 },
    'QWEN-max-?': { input: 4 },
    '*-1': { input: 5 },
    '*q*w*e*n*-max': { input: 7 },
    'a\\*': { input: 6 },
  });

  it.each([
    ['gpt', 1],
    ['qwen-plus', 2],
    ['qwen-max', 3],
    ['Qwen-Max', 3],
    ['qwen-max-1', 4],
    ['QWEN-MAX-2', 4],
    ['qwen-max-22', 2],
    ['gpt-1', 5],
    ['my-qwen-max', 7],
    ['a*', 6],
    ['ab', 1],
    ['', 1],
  ])('of %j is number %d: its own name before the longest pattern', (model, price) => {
    const { costDetails } = priced(used({ input: 1e6 }, { model }), models).observation;
    expect(costDetails?.total).toBe(price);
  });

  it.each(['__proto__', 'constructor', 'toString'])('of %s is unknown unless it is given', (model) => {
    const call = used({ input: 1 }, { model });
    expect(priced(call, prices(QWEN))).toBe(call);
    const given = priced(call, prices(`{"${model}": {"input": 1000000}}`));
    expect(given.observation.costDetails).toEqual({ input: 1, total: 1 });
  });

  it('of a kind named __proto__ is one like any other', () => {
    const call = used(JSON.parse('{"__proto__": 2, "input": 1}'));
    const { costDetails } = priced(call, prices('{"qwen-max": {"__proto__": 1000000, "input": 0}}')).observation;
    expect(Object.entries(costDetails ?? {})).toEqual([
      ['__proto__', 2],
      ['input', 0],
      ['total', 2],
    ]);
    expect(priced(call, prices(QWEN))).toBe(call);
    expect(Object.prototype).not.toHaveProperty('input');
  });
});

describe('the law of prices', () => {
  const tokens = fc.integer({ min: 0, max: 1_000_000 });
  const price = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
  const totalOf = (usage: Record<string, number>, input: number, output: number) =>
    priced(used(usage), prices({ 'qwen-*': { input, output } })).observation.costDetails?.total ?? Number.NaN;

  it('is that cost is linear in prices and in tokens, and no less than any part of it', () => {
    fc.assert(
      fc.property(tokens, tokens, price, price, fc.integer({ min: 1, max: 9 }), (input, output, a, b, times) => {
        const once = totalOf({ input, output }, a, b);
        expect(totalOf({ input, output }, a * times, b * times)).toBeCloseTo(once * times, 9);
        expect(totalOf({ input: input * times, output: output * times }, a, b)).toBeCloseTo(once * times, 9);
        expect(totalOf({ input }, a, b) + totalOf({ output }, a, b)).toBeCloseTo(once, 9);
        expect(once).toBeCloseTo((input * a + output * b) / 1e6, 9);
      }),
    );
  });

  it('is that what is priced is not priced again', () => {
    const once = priced(used({ input: 1, output: 1 }), prices(QWEN));
    expect(priced(once, prices({ 'qwen-max': { input: 9, output: 9 } }))).toBe(once);
  });
});

describe('the problem of prices', () => {
  const NUMBER = 'must be a number of 0 or more: the price of a million tokens';

  it.each<[models: unknown, expected: string[]]>([
    ['{', ['is no JSON object of models; write it as in {"qwen-max"']],
    ['[]', ['is no JSON object of models']],
    ['', ['is no JSON object of models']],
    [{}, ['has no model; write it as in']],
    [{ a: 2 }, ['"a" must have an object of prices; write it as in']],
    [{ a: {} }, ['"a" has no price; write it as in']],
    [{ a: { currency: 'CNY' } }, ['"a" has no price']],
    [{ a: { input: '2' } }, [`"a": "input" ${NUMBER}`]],
    [{ a: { input: -1, output: null } }, [`"a": "input" ${NUMBER}`, `"a": "output" ${NUMBER}`]],
    ['{"a": {"input": 1e999}}', [`"a": "input" ${NUMBER}`]],
    ['{"a": {"__proto__": "x"}}', [`"a": "__proto__" ${NUMBER}`]],
    [{ a: { Input: 1 } }, ['"a": "Input" is no kind of token; use 1 to 60 of a-z and _, as in input']],
    [{ a: { ['i'.repeat(61)]: 1 } }, ['is no kind of token']],
    [{ a: { input: 1, currency: 'cny' } }, ['"a": "currency" must be three capital letters, such as CNY']],
    [{ a: { input: 1, currency: 7 } }, ['"a": "currency" must be three capital letters']],
    [
      { 'qwen-max': { input: 1 }, 'Qwen-Max': { input: 2 } },
      ['"Qwen-Max" is there twice, capital letters aside; keep one'],
    ],
    [{ '': { input: 1 } }, ['"" is no name of a model; use 1 to 200 characters']],
    [{ ['m'.repeat(201)]: { input: 1 } }, ['is no name of a model']],
  ])('%j is said by model and kind', (models, expected) => {
    const found = problems(models);
    expect(found).toHaveLength(expected.length);
    for (const [i, part] of expected.entries()) expect(found[i]).toContain(part);
  });

  it('is none with 200 models, and one with 201', () => {
    const models = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, { input: i }]));
    expect(problems(models(200))).toEqual([]);
    expect(problems(models(201))).toEqual([expect.stringContaining('has 201 models; keep 200 at most')]);
  });

  it('is a value, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const parsed = parsePrices(text);
        expect('prices' in parsed || parsed.problems.length > 0).toBe(true);
      }),
    );
  });
});

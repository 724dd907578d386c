import * as z from 'zod/mini';
import { isObject, parseJson } from './formats/values/values.ts';
import { type Glob, matches, parseGlob } from './glob.ts';
import type { Json, LlmCall } from './types.ts';

/** What a model costs. */
interface ModelPrice {
  /** By bucket of Langfuse's usage details, per million tokens. */
  readonly perMillion: ReadonlyMap<string, number>;
  /** ISO 4217. */
  readonly currency?: string;
}

/** Prices by model, in lower case. */
export interface Prices {
  readonly byName: ReadonlyMap<string, ModelPrice>;
  /** The longest pattern first. */
  readonly byGlob: readonly { readonly glob: Glob; readonly price: ModelPrice }[];
}

const MILLION = 1_000_000;
const MAX_MODELS = 200;
const MAX_NAME = 200;
const NEXT = 'write it as in {"qwen-max": {"input": 2.4, "output": 9.6, "currency": "CNY"}}';

const NUMBER = 'must be a number of 0 or more: the price of a million tokens';
const Price = z.number(NUMBER).check(z.nonnegative(NUMBER));
const CURRENCY = 'must be three capital letters, such as CNY';
const Currency = z.string(CURRENCY).check(z.regex(/^[A-Z]{3}$/, CURRENCY));
const Bucket = z
  .string()
  .check(z.regex(/^[a-z_]{1,60}$/, 'is no kind of token; use 1 to 60 of a-z and _, as in input'));

/** Kinds of tokens that cost what the kind they are a part of costs, unless they have a price of their own. */
const PART_OF: ReadonlyMap<string, string> = new Map([
  ['input_cached_tokens', 'input'],
  ['input_cache_creation', 'input'],
  ['output_reasoning_tokens', 'output'],
]);

/**
 * Reads prices per million tokens: JSON of models (names, or globs as {@link parseGlob} reads them) and what each kind
 * of token costs, by the names of Langfuse's usage details. `total` is the price of tokens whose kind is unknown.
 */
export function parsePrices(json: string): { readonly prices: Prices } | { readonly problems: string[] } {
  const models = parseJson(json);
  if (!isObject(models)) return { problems: [`is no JSON object of models; ${NEXT}`] };
  const entries = Object.entries(models);
  const problems = [...wrongWithModels(entries.map(([model]) => model)), ...entries.flatMap(wrongWithEntry)];
  return problems.length > 0 ? { problems } : { prices: arranged(entries) };
}

/**
 * The call with what its tokens cost, by kind and in `total`, and the source and currency of that in its metadata. The
 * same call when its cost is known already, or cannot be known: no usage, no price of its model, tokens of a kind
 * without a price, or tokens in its total that are of no stated kind. A cost that is too low is worse than none.
 */
export function priced(call: LlmCall, prices: Prices): LlmCall {
  const { usageDetails, costDetails, model } = call.observation;
  const price = model === undefined || costDetails || !usageDetails ? undefined : priceOf(model, prices);
  const costs = price && usageDetails && costsOf(usageDetails, price);
  if (!price || !costs) return call;
  const currency = price.currency === undefined ? {} : { cost_currency: price.currency };
  const metadata = { ...call.trace.metadata, ...currency, cost_source: 'MODEL_PRICES' };
  return { ...call, trace: { ...call.trace, metadata }, observation: { ...call.observation, costDetails: costs } };
}

function priceOf(model: string, { byName, byGlob }: Prices): ModelPrice | undefined {
  const name = model.toLowerCase();
  return byName.get(name) ?? byGlob.find(({ glob }) => matches(glob, name))?.price;
}

function costsOf(usage: Readonly<Record<string, number>>, price: ModelPrice): Record<string, number> | undefined {
  const kinds = Object.entries(usage).filter(([kind]) => kind !== 'total');
  const { total = 0 } = usage;
  // Tokens in the total that are of no stated kind.
  if (kinds.length > 0 && total > sum(kinds.map(([, tokens]) => tokens))) return undefined;
  const costs = (kinds.length > 0 ? kinds : Object.entries(usage)).map(([kind, tokens]) => costOf(kind, tokens, price));
  if (costs.length === 0 || !costs.every((cost) => cost !== undefined)) return undefined;
  return Object.fromEntries([...costs, ['total', rounded(sum(costs.map(([, cost]) => cost)))]]);
}

function costOf(kind: string, tokens: number, { perMillion }: ModelPrice): [string, number] | undefined {
  const price = perMillion.get(kind) ?? perMillion.get(PART_OF.get(kind) ?? kind) ?? (tokens === 0 ? 0 : undefined);
  const cost = price === undefined ? undefined : (tokens * price) / MILLION;
  return cost !== undefined && cost >= 0 && cost < Number.POSITIVE_INFINITY ? [kind, rounded(cost)] : undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** To 12 decimal places: 0.1 + 0.2 is 0.3, and a token at a price of 0.000001 still counts. */
function rounded(cost: number): number {
  return Number(cost.toFixed(12));
}

function wrongWithModels(models: readonly string[]): string[] {
  const count = models.length;
  const lower = models.map((model) => model.toLowerCase());
  const again = models.filter((_, i) => lower.indexOf(lower[i] ?? '') < i);
  const odd = models.filter((model) => model === '' || model.length > MAX_NAME);
  return [
    ...(count === 0 ? [`has no model; ${NEXT}`] : []),
    ...(count > MAX_MODELS
      ? [`has ${count} models; keep ${MAX_MODELS} at most, a name such as deepseek-* is many`]
      : []),
    ...again.map((model) => `${shown(model)} is there twice, capital letters aside; keep one`),
    ...odd.map((model) => `${shown(model)} is no name of a model; use 1 to ${MAX_NAME} characters`),
  ];
}

function wrongWithEntry([model, entry]: [string, Json]): string[] {
  if (!isObject(entry)) return [`${shown(model)} must have an object of prices; ${NEXT}`];
  const kinds = Object.entries(entry).filter(([kind]) => kind !== 'currency');
  if (kinds.length === 0) return [`${shown(model)} has no price; ${NEXT}`];
  const currency = z.optional(Currency).safeParse(entry.currency);
  return [
    ...kinds.flatMap(([kind, value]) => {
      const { error } = Bucket.safeParse(kind).success ? Price.safeParse(value) : Bucket.safeParse(kind);
      return error ? [`${shown(model)}: ${shown(kind)} ${error.issues[0]?.message}`] : [];
    }),
    ...(currency.error ? [`${shown(model)}: "currency" ${CURRENCY}`] : []),
  ];
}

function arranged(entries: readonly [string, Json][]): Prices {
  const models = entries.map(([model, entry]) => ({ name: model.toLowerCase(), price: modelPrice(entry) }));
  const byLength = models.toSorted((a, b) => b.name.length - a.name.length);
  return {
    byName: new Map(models.map(({ name, price }) => [name, price])),
    byGlob: byLength.map(({ name, price }) => ({ glob: parseGlob(name), price })),
  };
}

function modelPrice(entry: Json): ModelPrice {
  const { currency, ...kinds } = isObject(entry) ? entry : {};
  const numbers = Object.entries(kinds).flatMap(([kind, value]) =>
    typeof value === 'number' ? [[kind, value] as const] : [],
  );
  return { perMillion: new Map(numbers), ...(typeof currency === 'string' && { currency }) };
}

function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

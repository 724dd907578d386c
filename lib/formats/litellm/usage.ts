import type { JsonObject } from '../../types.ts';
import { details, type StatedUsage, statedUsage } from '../values/usage.ts';
import { amount, count, present } from '../values/values.ts';
import { objectAt, told, valueAt } from './payload.ts';

/** Where the counts stand beside the three at the top, the fullest first. */
const USAGES = [
  ...['metadata.usage_object', 'hidden_params.usage_object', 'response.usage', 'metadata.additional_usage_values'],
];

/** The counts of a call of LiteLLM: totals from the top, what they are made of from the provider's usage object. */
export function litellmUsage(payload: JsonObject): StatedUsage {
  const usages = USAGES.map((path) => objectAt(payload, path)).filter((usage) => usage !== undefined);
  const nested = usages.map((usage) => countsIn(usage));
  const named = { input: 'prompt_tokens', output: 'completion_tokens', total: 'total_tokens' } as const;
  const top = Object.entries(named).map(([name, field]) => [name, count(payload[field])] as const);
  const stated = Object.fromEntries(top.filter(([, value]) => value !== undefined));
  const counted = top.some(([, value]) => (value ?? 0) > 0);
  return { ...Object.assign({}, ...nested.reverse()), ...(counted && stated) };
}

function countsIn(usage: JsonObject): StatedUsage {
  const { input, output, total, ...parts } = statedUsage(usage);
  const prompt = details(usage.prompt_tokens_details);
  // LiteLLM repeats Anthropic's count of tokens written to a cache in OpenAI's shape, now and then only there.
  const written = parts.cacheCreation || count(prompt.cache_creation_tokens) || count(prompt.cache_write_tokens);
  const counted = Object.entries({ ...parts, cacheCreation: written }).filter(([, value]) => (value ?? 0) > 0);
  const sums = Object.entries({ input, output, total }).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...sums, ...counted]);
}

/** LiteLLM's names of the parts of a cost, which are amounts of US dollars. */
const PARTS = ['input_cost', 'output_cost', 'cache_read_cost', 'cache_creation_cost', 'reasoning_cost'] as const;

/** The parts of a cost that {@link litellmCosts} shows. */
export const SHOWN_COSTS: ReadonlySet<string> = new Set([...PARTS, 'total_cost', 'tool_usage_cost']);

/**
 * What a call cost, in US dollars by bucket, with `total`; `undefined` when LiteLLM says nothing or had no price for the
 * model, which it writes as a cost of 0.
 */
export function litellmCosts(payload: JsonObject): Record<string, number> | undefined {
  const breakdown = objectAt(payload, 'cost_breakdown') ?? objectAt(payload, 'metadata.cost_breakdown') ?? {};
  const total = [payload.response_cost, payload.spend, breakdown.total_cost]
    .map(amount)
    .find((cost) => cost !== undefined);
  if (total === undefined || (total === 0 && unpriced(payload))) return undefined;
  return { ...partsOf(breakdown, total), total };
}

function unpriced(payload: JsonObject): boolean {
  if (told(valueAt(payload, 'response_cost_failure_debug_info'))) return true;
  const model = objectAt(payload, 'model_map_information') ?? objectAt(payload, 'metadata.model_map_information');
  return model !== undefined && Object.hasOwn(model, 'model_map_value') && !present(model.model_map_value);
}

/**
 * Buckets that do not overlap: `input_cost` contains the costs of the cache, and `output_cost` that of reasoning
 * (LiteLLM's documentation of `CostBreakdown`), unless the total says that the cache stands beside the input.
 */
function partsOf(breakdown: JsonObject, total: number): Record<string, number> {
  const [input, output, read = 0, written = 0, reasoning = 0] = PARTS.map((name) => amount(breakdown[name]));
  const tools = amount(breakdown.tool_usage_cost) ?? 0;
  const inside = cacheStandsBeside(breakdown, total, read + written) ? 0 : read + written;
  return {
    ...(input !== undefined && { input: less(input, inside) }),
    ...(output !== undefined && { output: less(output, reasoning) }),
    ...(read > 0 && { input_cached_tokens: read }),
    ...(written > 0 && { input_cache_creation: written }),
    ...(reasoning > 0 && reasoning <= (output ?? 0) && { output_reasoning_tokens: reasoning }),
    ...(tools > 0 && { tool_usage: tools }),
  };
}

function cacheStandsBeside(breakdown: JsonObject, total: number, cache: number): boolean {
  const { input_cost: input, output_cost: output, tool_usage_cost: tools, margin_total_amount: margin } = breakdown;
  // Discounts and margins are put on the sum, not on its parts.
  const sum = amount(breakdown.original_cost) ?? (amount(breakdown.total_cost) ?? total) - (amount(margin) ?? 0);
  const extra = Object.values(details(breakdown.additional_costs));
  const parts = [input, output, tools, ...extra].reduce<number>((added, cost) => added + (amount(cost) ?? 0), 0);
  return Math.abs(parts + cache - sum) < Math.abs(parts - sum);
}

/** What is left of a cost without a part of it: all, where it is smaller than that part and so cannot contain it. */
function less(whole: number, part: number): number {
  // Twelve digits: without the noise of a subtraction of doubles.
  return part > whole ? whole : Number((whole - part).toPrecision(12));
}

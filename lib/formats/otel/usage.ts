import type { StatedUsage } from '../values/usage.ts';
import { amount, count, isObject } from '../values/values.ts';
import type { Attributes } from './attributes.ts';

const USAGE = 'gen_ai.usage.';
const LLM = 'llm.token_count.';

/** Where token counts stand: semantic conventions new and old, OpenLLMetry, OpenInference, Vercel. */
const NAMES = {
  input: [`${USAGE}input_tokens`, `${USAGE}prompt_tokens`, 'llm.usage.prompt_tokens', `${LLM}prompt`],
  output: [`${USAGE}output_tokens`, `${USAGE}completion_tokens`, 'llm.usage.completion_tokens', `${LLM}completion`],
  total: [`${USAGE}total_tokens`, 'llm.usage.total_tokens', `${LLM}total`],
  cached: [`${USAGE}cached_tokens`, `${USAGE}details.cached_tokens`, `${USAGE}cached_input_tokens`],
  // By the semantic conventions these are counted within the input.
  read: [`${USAGE}cache_read.input_tokens`, `${LLM}prompt_details.cache_read`],
  written: [
    ...[`${USAGE}cache_creation.input_tokens`, `${USAGE}cache_write.input_tokens`],
    `${LLM}prompt_details.cache_write`,
  ],
  // Anthropic's own names, which count beside the input.
  besideRead: [`${USAGE}cache_read_input_tokens`, `${USAGE}details.cache_read_input_tokens`],
  besideWritten: [
    ...[`${USAGE}cache_creation_input_tokens`, `${USAGE}cache_create_input_tokens`],
    `${USAGE}details.cache_creation_input_tokens`,
  ],
  reasoning: [
    ...[`${USAGE}reasoning.output_tokens`, `${USAGE}reasoning_tokens`, `${USAGE}details.reasoning_tokens`],
    ...['llm.usage.reasoning_tokens', `${LLM}completion_details.reasoning`],
  ],
} as const;

const COST = ['gen_ai.usage.cost', 'llm.cost.total', 'langfuse.observation.cost_details'];

/** Attributes that usage and cost show. */
export const COUNTED: ReadonlySet<string> = new Set([
  ...Object.values(NAMES).flat(),
  ...COST,
  ...['langfuse.observation.usage_details', 'llm.cost.prompt', 'llm.cost.completion'],
]);

/** The token counts that a span states. */
export function usageOf(attributes: Attributes): StatedUsage {
  const buckets = attributes.read('langfuse.observation.usage_details');
  if (isObject(buckets)) return fromBuckets(new Map(Object.entries(buckets).map(([name, of]) => [name, count(of)])));
  const of = (names: readonly string[]) => attributes.count(...names);
  const [input, output, stated] = [of(NAMES.input), of(NAMES.output), of(NAMES.total)];
  const [read, written] = [of(NAMES.read), of(NAMES.written)];
  const cache = (read ?? 0) + (written ?? 0);
  // Some libraries count beside the input all the same: then the cache is more than the input.
  const within = cache > 0 && !stated && input !== undefined && cache <= input;
  return {
    ...{ input, output, total: within ? input + (output ?? 0) : stated, cached: of(NAMES.cached) },
    ...{ cacheRead: read ?? of(NAMES.besideRead), cacheCreation: written ?? of(NAMES.besideWritten) },
    reasoning: of(NAMES.reasoning),
  };
}

/** Langfuse's own buckets exclude one another: here they are put together again. */
function fromBuckets(buckets: ReadonlyMap<string, number | undefined>): StatedUsage {
  const of = (name: string) => buckets.get(name) ?? 0;
  const [cached, cacheCreation] = [of('input_cached_tokens'), of('input_cache_creation')];
  const reasoning = of('output_reasoning_tokens');
  if (!buckets.has('input') && !buckets.has('output')) return { total: buckets.get('total') };
  const [input, output] = [of('input') + cached + cacheCreation, of('output') + reasoning];
  return { input, output, cached, cacheCreation, reasoning, total: input + output };
}

/** What the span says it cost, in dollars; 0 stands for a price that nobody knows. */
export function costOf(attributes: Attributes): Record<string, number> | undefined {
  const details = attributes.read('langfuse.observation.cost_details');
  const total = amount(attributes.get('gen_ai.usage.cost', 'llm.cost.total'));
  const stated = isObject(details)
    ? Object.entries(details).map(([name, value]) => [name, amount(value)] as const)
    : ([
        ['input', amount(attributes.get('llm.cost.prompt'))],
        ['output', amount(attributes.get('llm.cost.completion'))],
        ['total', total],
      ] as const);
  const costs = stated.filter((entry): entry is readonly [string, number] => entry[1] !== undefined && entry[1] > 0);
  if (costs.length === 0) return undefined;
  const sum = costs.reduce((all, [, cost]) => all + cost, 0);
  return { total: sum, ...Object.fromEntries(costs) };
}

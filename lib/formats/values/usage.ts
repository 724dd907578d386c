import type { Json, JsonObject } from '../../types.ts';
import { count, isObject, structured } from './values.ts';

/** Token counts as a gateway states them, whatever it calls them. */
export interface StatedUsage {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly total?: number | undefined;
  /** Tokens read from a cache, counted within `input` (OpenAI's way). */
  readonly cached?: number | undefined;
  /** Tokens read from and written to a cache, counted beside `input` (Anthropic's way). */
  readonly cacheRead?: number | undefined;
  readonly cacheCreation?: number | undefined;
  readonly reasoning?: number | undefined;
}

export interface Usage {
  /** Langfuse's exclusive buckets with `total`; absent when nothing was counted. */
  readonly details?: Record<string, number>;
  /** Counts that fit no bucket, because the stated total contradicts them. */
  readonly leftover: JsonObject;
}

/** The names under which the APIs state a count, OpenAI's, Anthropic's and DashScope's first, then Gemini's in both spellings. */
const NAMES = {
  input: ['prompt_tokens', 'input_tokens', 'promptTokenCount', 'prompt_token_count'],
  output: ['completion_tokens', 'output_tokens', 'candidatesTokenCount', 'candidates_token_count'],
  total: ['total_tokens', 'totalTokenCount', 'total_token_count'],
  // DeepSeek's is the second.
  cached: ['cached_tokens', 'prompt_cache_hit_tokens', 'cachedContentTokenCount', 'cached_content_token_count'],
  cacheRead: ['cache_read_input_tokens'],
  cacheCreation: ['cache_creation_input_tokens'],
  reasoning: ['reasoning_tokens', 'thoughtsTokenCount', 'thoughts_token_count'],
} satisfies Record<keyof StatedUsage, readonly string[]>;

/** The usage of an OpenAI, Anthropic, DashScope or Gemini answer: an object of counts, or JSON text of one. */
export function statedUsage(value: Json | undefined): StatedUsage {
  const usage = structured(value);
  if (!isObject(usage)) return {};
  const inputDetails = details(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const outputDetails = details(usage.completion_tokens_details ?? usage.output_tokens_details);
  const one = (name: keyof StatedUsage) => counted(usage, NAMES[name]);
  return {
    ...{ input: one('input'), output: one('output'), total: one('total') },
    cached: count(inputDetails.cached_tokens) ?? one('cached'),
    ...{ cacheRead: one('cacheRead'), cacheCreation: one('cacheCreation') },
    reasoning: count(outputDetails.reasoning_tokens) ?? one('reasoning'),
  };
}

function counted(usage: JsonObject, names: readonly string[]): number | undefined {
  return names.map((name) => count(usage[name])).find((value) => value !== undefined);
}

/** A `*_token_details` value: an object, or JSON text of one. */
export function details(value: Json | undefined): JsonObject {
  const parsed = structured(value);
  return isObject(parsed) ? parsed : {};
}

/**
 * Langfuse adds buckets up, so they must not overlap. Which counts contain which is decided by the sum that the stated
 * total satisfies; where it satisfies none, input, output and total are kept as stated and the rest is left over.
 */
export function bucketsOf(stated: StatedUsage): Usage {
  const { input, output, total } = stated;
  if (!Object.values(stated).some((value) => (value ?? 0) > 0)) return { leftover: {} };
  if (input === undefined && output === undefined) return { ...(total && { details: { total } }), leftover: {} };
  return exclusive(stated, input ?? 0, output ?? 0) ?? { details: plain(stated), leftover: leftover(stated) };
}

function exclusive(stated: StatedUsage, input: number, output: number): Usage | undefined {
  const { cached = 0, cacheRead = 0, cacheCreation = 0, reasoning = 0 } = stated;
  const beside = cacheRead + cacheCreation;
  // A total of 0 beside counts is the mark of one that the gateway never saw.
  const total = stated.total || input + output + beside;
  const anthropic = beside > 0 && total === input + output + beside;
  const gemini = !anthropic && reasoning > 0 && total === input + output + reasoning;
  if (!anthropic && !gemini && total !== input + output) return undefined;
  // Cache counts in Anthropic's words under an OpenAI total are inside the input, too.
  const read = anthropic ? cacheRead : cached || cacheRead;
  const within = anthropic ? 0 : read + cacheCreation;
  const reasoned = gemini ? 0 : reasoning;
  if (within > input || reasoned > output) return undefined;
  const buckets = {
    ...(stated.input !== undefined && { input: input - within }),
    ...(stated.output !== undefined && { output: output - reasoned }),
    ...positive('input_cached_tokens', read),
    ...positive('input_cache_creation', cacheCreation),
    ...positive('output_reasoning_tokens', reasoning),
    total,
  };
  return { details: buckets, leftover: {} };
}

function plain({ input, output, total }: StatedUsage): Record<string, number> {
  return {
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    total: total || (input ?? 0) + (output ?? 0),
  };
}

function leftover({ cached, cacheRead, cacheCreation, reasoning }: StatedUsage): JsonObject {
  return {
    ...positive('cached_tokens', cached),
    ...positive('cache_read_input_tokens', cacheRead),
    ...positive('cache_creation_input_tokens', cacheCreation),
    ...positive('reasoning_tokens', reasoning),
  };
}

function positive(name: string, value: number | undefined): Record<string, number> {
  return value !== undefined && value > 0 ? { [name]: value } : {};
}

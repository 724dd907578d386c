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

/** OpenAI's, since GPT-5.6, of what was written to a cache: it stands among the details only. */
const CACHE_WRITE = 'cache_write_tokens';

const DETAILS: ReadonlySet<string> = new Set([
  ...[...NAMES.cached, ...NAMES.cacheRead, ...NAMES.cacheCreation, CACHE_WRITE, ...NAMES.reasoning],
]);

/** The usage of an OpenAI, Anthropic, DashScope or Gemini answer: an object of counts, or JSON text of one. */
export function statedUsage(value: Json | undefined): StatedUsage {
  const usage = structured(value);
  if (!isObject(usage)) return {};
  const parts = detailedUsage(
    details(usage.prompt_tokens_details ?? usage.input_tokens_details),
    details(usage.completion_tokens_details ?? usage.output_tokens_details),
  );
  const one = (name: keyof StatedUsage) => counted(usage, NAMES[name]);
  return {
    ...{ input: one('input'), output: one('output'), total: one('total') },
    cached: parts.cached ?? one('cached'),
    cacheRead: one('cacheRead') ?? parts.cacheRead,
    cacheCreation: one('cacheCreation') ?? parts.cacheCreation,
    reasoning: parts.reasoning ?? one('reasoning'),
  };
}

/** What an input's and an output's `*_token_details` count. */
export function detailedUsage(input: JsonObject, output: JsonObject): StatedUsage {
  return {
    cached: counted(input, NAMES.cached),
    cacheRead: counted(input, NAMES.cacheRead),
    cacheCreation: counted(input, [...NAMES.cacheCreation, CACHE_WRITE]),
    reasoning: counted(output, NAMES.reasoning),
  };
}

/** Of an input's or an output's `*_token_details` what {@link detailedUsage} does not read: tokens of audio, images made. */
export function otherDetails(parts: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(parts).filter(([name, value]) => !DETAILS.has(name) && value !== 0));
}

/** The first of these that counts something, else the first that is stated: DeepSeek's 0 cached beside its own word. */
function counted(usage: JsonObject, names: readonly string[]): number | undefined {
  let stated: number | undefined;
  for (const name of names) {
    const value = count(usage[name]);
    if (value !== undefined && value > 0) return value;
    stated ??= value;
  }
  return stated;
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
  const buckets: Record<string, number> = {};
  if (stated.input !== undefined) buckets.input = input - within;
  if (stated.output !== undefined) buckets.output = output - reasoned;
  if (read > 0) buckets.input_cached_tokens = read;
  if (cacheCreation > 0) buckets.input_cache_creation = cacheCreation;
  if (reasoning > 0) buckets.output_reasoning_tokens = reasoning;
  buckets.total = total;
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

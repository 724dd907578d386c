import type { Json, JsonObject } from '../../types.ts';
import { isSecret } from '../values/secret-text.ts';
import { isObject, present } from '../values/values.ts';

/** Settings of a request that Langfuse shows as model parameters. */
const PARAMETERS: ReadonlySet<string> = new Set([
  ...['temperature', 'top_p', 'top_k', 'min_p', 'max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n'],
  ...['stop', 'stop_sequences', 'seed', 'stream', 'presence_penalty', 'frequency_penalty', 'repetition_penalty'],
  ...[
    'response_format',
    'tool_choice',
    'parallel_tool_calls',
    'logprobs',
    'top_logprobs',
    'service_tier',
    'modalities',
  ],
  ...['enable_thinking', 'thinking', 'thinking_budget', 'reasoning', 'reasoning_effort', 'verbosity', 'enable_search'],
  ...['dimensions', 'encoding_format', 'top_n', 'return_documents', 'size', 'quality', 'style'],
]);

/** Where Gemini (in both spellings), DashScope and Ollama put the settings of their requests. */
const GROUPS = ['generationConfig', 'generation_config', 'parameters', 'options'];

/**
 * The model parameters of a request's body, under the names the request gives them: temperature, limits of tokens and
 * the like. `undefined` when it states none.
 */
export function parametersIn(request: JsonObject): JsonObject | undefined {
  const own = Object.entries(request).filter(([name, value]) => PARAMETERS.has(name) && present(value));
  const entries = [...own, ...GROUPS.flatMap((name) => settings(request[name]))];
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Such a group holds settings only, beside the tools, which are part of the input. */
function settings(group: Json | undefined): [string, Json][] {
  if (!isObject(group)) return [];
  return Object.entries(group).filter(([name, value]) => name !== 'tools' && !isSecret(name) && present(value));
}

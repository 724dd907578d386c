import { contentOf, hash32, observationIdOf, traceIdOf } from '../identity.ts';
import { type Draft, drafted, type Found, skipped, unreadable } from './draft.ts';
import { agentTags } from './gateway/call.ts';
import { outcomeOf } from './gateway/level.ts';
import { timesOf } from './gateway/times.ts';
import type { Line } from './line/line.ts';
import type { ReadOptions } from './options.ts';
import { failed } from './values/http-outcome.ts';
import { llmApi, typeOf, withoutQuery } from './values/path.ts';
import type { StatedUsage } from './values/usage.ts';
import { count, firstText } from './values/values.ts';

const DEFAULT_NAME = 'ai-gateway';

/**
 * The names that Envoy AI Gateway's documents and examples give their fields
 * (https://aigateway.envoyproxy.io/docs/capabilities/observability/accesslogs), the older ones behind the newer. The
 * format is the user's own, so any may be missing.
 */
const NAMES = {
  // The override is the name that the provider knows the model by.
  answered: ['gen_ai.response.model', 'gen_ai.request.model_override', 'genai_model_name_override'],
  requested: ['gen_ai.request.model', 'genai_model_name', 'x-ai-eg-model'],
  input: ['gen_ai.usage.input_tokens', 'genai_tokens_input', 'llm_input_token'],
  output: ['gen_ai.usage.output_tokens', 'genai_tokens_output', 'llm_output_token'],
  total: ['gen_ai.usage.total_tokens', 'genai_tokens_total', 'llm_total_token'],
  cached: [
    ...['gen_ai.usage.cached_input_tokens', 'gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cached_tokens'],
    ...['genai_tokens_cached_input', 'llm_cached_input_token'],
  ],
  cacheCreation: [
    ...['gen_ai.usage.cache_creation_input_tokens', 'gen_ai.usage.cache_creation.input_tokens'],
    'llm_cache_creation_input_token',
  ],
  reasoning: ['gen_ai.usage.reasoning_tokens', 'gen_ai.usage.reasoning.output_tokens', 'llm_reasoning_token'],
  session: ['session.id'],
  user: ['user.id', 'x-user-id'],
  mcpMethod: ['mcp.method.name', 'mcp_method'],
  mcpTool: ['mcp.tool.name', 'gen_ai.tool.name', 'mcp_tool_name', 'mcp_tool'],
  path: ['x-envoy-origin-path', 'x-envoy-original-path', 'path', ':path'],
} as const;

/**
 * Reads an access log line of Envoy AI Gateway: names, counts and times, for it logs no content. `undefined` for a line
 * of another kind.
 */
export function readEnvoy(line: Line, options: ReadOptions): Found | undefined {
  if (says(line, 'requested') !== undefined || says(line, 'answered') !== undefined) return call(line, options);
  const method = says(line, 'mcpMethod');
  if (method === undefined) return failedCall(line) ? call(line, options) : undefined;
  const name = says(line, 'mcpTool') ?? method;
  return options.includeMcp ? call(line, options, { type: 'tool', name }) : skipped('mcp');
}

function call(line: Line, { timeZone }: ReadOptions, tool?: Pick<Draft, 'type' | 'name'>): Found {
  const times = timesOf(line, timeZone);
  if (!times)
    return unreadable('the record has neither a __time__ nor a start_time: when the call was made is unknown');
  const path = says(line, 'path') ?? '';
  const route = line.text('route_name');
  const shown = shownBy(line);
  return drafted({
    ...idsOf(line),
    type: typeOf(path),
    name: route ?? llmApi(path) ?? DEFAULT_NAME,
    ...tool,
    userId: says(line, 'user'),
    sessionId: says(line, 'session'),
    tags: route === undefined ? [] : [route],
    model: says(line, 'answered') ?? says(line, 'requested'),
    usage: usageOf(line),
    ...outcomeOf(line),
    times,
    metadata: { ...agentTags(line), ...Object.fromEntries([...line.fields].filter(([name]) => !shown.has(name))) },
    route,
    status: line.status,
    path: withoutQuery(path),
  });
}

function says(line: Line, what: keyof typeof NAMES): string | undefined {
  return firstText(...NAMES[what].map((name) => line.at(name)));
}

/** A request that the gateway turned down before it knew the model: its AI fields are empty, or left out of the format. */
function failedCall(line: Line): boolean {
  const own = [...line.fields.keys()].some((name) => /^(?:gen_?ai[._]|x-envoy-ori)/.test(name));
  return own && failed(line.status) && llmApi(says(line, 'path') ?? '') !== undefined && line.method !== 'GET';
}

/** A client may send its own x-request-id, and send it again. */
function idsOf(line: Line): { traceId: string; observationId: string } {
  const id = line.text('x-request-id', 'x_request_id', 'request_id');
  const start = line.text('start_time');
  const rest = ['duration', 'upstream_cluster', 'upstream_host', 'response_code_details', 'jsonrpc.request.id'];
  const content = contentOf(line.record);
  const own = id === undefined || start === undefined ? [content] : [id, start, ...rest.map((name) => line.text(name))];
  return {
    traceId: (id === undefined ? undefined : traceIdOf(id)) ?? hash32(content),
    observationId: observationIdOf(own),
  };
}

function usageOf(line: Line): StatedUsage {
  const [input, output, cacheRead] = (['input', 'output', 'cached'] as const).map((what) => count(says(line, what)));
  const total = count(says(line, 'total'));
  return {
    ...{ input, output, cacheRead },
    // The gateway counts what came from a cache within the input, whatever the provider does: unless a total says else.
    total: total ?? (cacheRead !== undefined && input !== undefined ? input + (output ?? 0) : undefined),
    cacheCreation: count(says(line, 'cacheCreation')),
    reasoning: count(says(line, 'reasoning')),
  };
}

/** The fields that the call shows in a place of their own. */
function shownBy(line: Line): ReadonlySet<string> {
  const { input, output, total, cached, cacheCreation, reasoning, session, user } = NAMES;
  const model = says(line, 'answered') ?? says(line, 'requested');
  const models = [...NAMES.answered, ...NAMES.requested].filter((name) => line.at(name) === model);
  return new Set<string>([
    ...models,
    ...input,
    ...output,
    ...total,
    ...cached,
    ...cacheCreation,
    ...reasoning,
    ...session,
    ...user,
  ]);
}

import { contentOf, observationIdOf } from '../identity.ts';
import type { Reading } from '../types.ts';
import { type Dialect, gatewayCall } from './gateway.ts';
import { field, type GatewayLine } from './gateway-line.ts';
import { listsModels, llmApi } from './path.ts';
import { firstText, present } from './values.ts';

/** Attributes that only an LLM call has. */
const CALL = [
  ...['model', 'request_model', 'question', 'answer', 'messages', 'system', 'reasoning', 'tool_calls'],
  ...['input_token', 'output_token', 'total_token'],
];

/** Attributes that the AI plugins may also leave on other requests of a route: they count on an LLM API's path. */
const HINTS = [
  ...['response_type', 'llm_service_duration', 'llm_first_token_duration', 'chat_id', 'chat_round', 'session_id'],
  ...['cache_status', 'token_ratelimit_status', 'safecheck_status', 'fallback_from'],
];

const BODIES = ['request_body', 'response_body'];

/**
 * Reads a line of Higress or the Alibaba Cloud AI gateway, of any version since 2024-06 (the AI statistics plugin's
 * attributes in `ai_log`, beside it, or at the top level). `undefined` for a line that is no LLM call of one.
 */
export function readHigress(line: GatewayLine, timeZone: string): Reading | undefined {
  if (isMcp(line)) return { kind: 'skip', reason: 'mcp' };
  return isCall(line) ? gatewayCall(line, HIGRESS, timeZone) : undefined;
}

const HIGRESS: Dialect = {
  name: 'higress',
  observationId: (line) => {
    const requestId = field(line, 'request_id');
    // Agent logs have none, and a start_time alone is shared by calls of the same millisecond: nothing but the whole
    // record tells one from the next.
    if (requestId === undefined) return observationIdOf([contentOf(line.record)]);
    const startTime = field(line, 'start_time');
    const parts = ['route_name', 'upstream_cluster', 'duration', 'response_code_details'].map((name) =>
      field(line, name),
    );
    return observationIdOf([requestId, startTime, ...parts, firstText(line.ai.chat_id)]);
  },
};

function isMcp({ ai, fields }: GatewayLine): boolean {
  const names = ['mcp_tool_name', 'mcp_server_name'];
  return names.some((name) => present(ai[name]) || present(fields.get(name))) || ai.api_type === 'MCP';
}

function isCall(line: GatewayLine): boolean {
  const { ai } = line;
  if (listsModels(line.method, line.path)) return false;
  if (line.damaged !== undefined) return true;
  // Without ai_log, question and answer, names such as `model` or `messages` are anybody's.
  const gateway = line.fields.has('ai_log') || present(ai.question) || present(ai.answer) || isVersion0(line);
  if (gateway && CALL.some((name) => present(ai[name]))) return true;
  if (llmApi(line.path) === undefined || !['', 'POST'].includes(line.method.toUpperCase())) return false;
  const failed = line.status !== undefined && (line.status >= 400 || line.status === 0);
  // The plugin that logs bodies works without the one that writes ai_log.
  const told = BODIES.some((name) => present(line.fields.get(name)));
  return failed || told || (gateway && HINTS.some((name) => present(ai[name])));
}

function isVersion0({ fields }: GatewayLine): boolean {
  return ['model', 'input_token', 'authority'].every((name) => present(fields.get(name)));
}

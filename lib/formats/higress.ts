import { contentOf, observationIdOf } from '../identity.ts';
import { drafted, type Found, skipped } from './draft.ts';
import { gatewayCall } from './gateway/call.ts';
import { BODY_FIELDS, type Bodies, type BodiesReader } from './gateway/content.ts';
import { AI_LOG_PART, type Line } from './line/line.ts';
import type { ReadOptions } from './options.ts';
import { listsModels, llmApi } from './values/path.ts';
import { firstText, present } from './values/values.ts';

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

/** What tells the attempts of a request apart; the later names are those of logs in the format of NGINX Ingress. */
const IDENTITY: readonly (readonly string[])[] = [
  ...[
    ['start_time', 'time'],
    ['route_name'],
    ['upstream_cluster', 'proxy_upstream_name'],
    ['duration', 'request_time'],
  ],
  ...[['response_code_details', 'status']],
];

/**
 * Reads a line of Higress or the Alibaba Cloud AI gateway, of any version since 2024-06 (the AI statistics plugin's
 * attributes in `ai_log`, beside it, or at the top level). `undefined` for a line that is no LLM call of one.
 */
export function readHigress(
  line: Line,
  { timeZone, includeMcp }: ReadOptions,
  bodiesOf: BodiesReader,
): Found | undefined {
  if (isMcp(line)) return includeMcp ? mcpCall(line, timeZone, bodiesOf(line)) : skipped('mcp');
  return isCall(line) ? gatewayCall(line, observationIdOfLine(line), timeZone, bodiesOf(line)) : undefined;
}

/**
 * Reads an access log line of an LLM API's path that no AI plugin wrote to: a request that failed, or one whose bodies the
 * gateway logs. `undefined` for any other line.
 */
export function readAccess(line: Line, { timeZone }: ReadOptions, bodiesOf: BodiesReader): Found | undefined {
  if (!callsAnLlm(line)) return undefined;
  const failed = line.status !== undefined && (line.status >= 400 || line.status === 0);
  // The plugin that logs bodies works without the one that writes ai_log.
  const told = BODY_FIELDS.some((name) => present(line.fields.get(name)));
  return failed || told ? gatewayCall(line, observationIdOfLine(line), timeZone, bodiesOf(line)) : undefined;
}

function observationIdOfLine(line: Line): string {
  const requestId = line.text('request_id', 'req_id');
  // Agent logs have none, and a start_time alone is shared by calls of the same millisecond: nothing but the whole
  // record tells one from the next.
  if (requestId === undefined) return observationIdOf([contentOf(line.record)]);
  const parts = [...IDENTITY.map((names) => line.text(...names)), firstText(line.ai.chat_id)];
  return observationIdOf([requestId, ...parts]);
}

function isMcp({ ai, fields }: Line): boolean {
  const names = ['mcp_tool_name', 'mcp_server_name'];
  return names.some((name) => present(ai[name]) || present(fields.get(name))) || ai.api_type === 'MCP';
}

/** A call of a tool through the gateway: named after the tool. */
function mcpCall(line: Line, timeZone: string, bodies: Bodies): Found {
  const found = gatewayCall(line, observationIdOfLine(line), timeZone, bodies);
  if (found.kind !== 'draft') return found;
  const tool = firstText(line.ai.mcp_tool_name, line.text('mcp_tool_name'));
  const server = firstText(line.ai.mcp_server_name, line.text('mcp_server_name'));
  return drafted({ ...found.draft, type: 'tool', name: tool ?? server ?? found.draft.name });
}

function isCall(line: Line): boolean {
  const { ai } = line;
  if (listsModels(line.method, line.path)) return false;
  if (line.damaged !== undefined) return true;
  // Without ai_log, question and answer, names such as `model` or `messages` are anybody's.
  const gateway = hasAiLog(line) || present(ai.question) || present(ai.answer) || isVersion0(line);
  if (!gateway) return false;
  return CALL.some((name) => present(ai[name])) || (callsAnLlm(line) && HINTS.some((name) => present(ai[name])));
}

function callsAnLlm(line: Line): boolean {
  return llmApi(line.path) !== undefined && ['', 'POST'].includes(line.method.toUpperCase());
}

function hasAiLog({ fields }: Line): boolean {
  if (fields.has('ai_log')) return true;
  return [...fields.keys()].some((name) => name.startsWith(AI_LOG_PART));
}

function isVersion0({ fields }: Line): boolean {
  return ['model', 'input_token', 'authority'].every((name) => present(fields.get(name)));
}

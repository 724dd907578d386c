import type { Json, JsonObject, ObservationType } from '../../types.ts';
import { readResponse } from '../bodies/response.ts';
import { agentTags } from '../gateway/call.ts';
import type { Line } from '../line/line.ts';
import { textWithoutSecrets } from '../values/secret-text.ts';
import { isObject } from '../values/values.ts';
import type { LitellmIdentity } from './identity.ts';
import { told } from './payload.ts';
import { SHOWN_COSTS } from './usage.ts';

/** Fields that the call shows in a place of their own. */
const SHOWN: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'response', 'model_parameters', 'request_tags', 'status', 'proxy_server_request'],
  ...['startTime', 'endTime', 'completionStartTime', 'prompt_tokens', 'completion_tokens', 'total_tokens'],
  ...['response_cost', 'spend'],
]);

/** The same within LiteLLM's `metadata`. */
const SHOWN_INSIDE: ReadonlySet<string> = new Set([
  ...['status', 'proxy_server_request', 'usage_object', 'additional_usage_values'],
]);

/** Names of whom and what a call belongs to: left out where the call shows the same value. */
const NAMES: ReadonlySet<string> = new Set([
  ...['trace_id', 'existing_trace_id', 'generation_id', 'parent_observation_id', 'trace_name', 'generation_name'],
  ...['session_id', 'trace_user_id', 'end_user', 'user'],
]);

/** What of a call is shown already. */
export interface Shown extends LitellmIdentity {
  readonly type: ObservationType;
  readonly statusMessage?: string | undefined;
}

/**
 * Everything else that a line of LiteLLM says. What stands in its `metadata` is lifted to the top, as LiteLLM's Langfuse
 * callback does, unless the line itself says something under that name.
 */
export function litellmMetadata(line: Line, payload: JsonObject, shown: Shown): JsonObject {
  const { metadata = null, ...own } = payload;
  const lifted = isObject(metadata) ? metadata : { metadata };
  return {
    ...agentTags(line),
    ...answerOf(payload),
    ...entriesOf(lifted, shown, SHOWN_INSIDE),
    ...entriesOf(own, shown, SHOWN),
  };
}

function entriesOf(object: JsonObject, shown: Shown, elsewhere: ReadonlySet<string>): JsonObject {
  const places = Object.values(shown);
  const entries = Object.entries(object)
    .filter(([name, value]) => !elsewhere.has(name) && !(NAMES.has(name) && places.includes(String(value))))
    .filter(
      ([name, value]) => !(name === 'error_str' && shown.statusMessage?.includes(textWithoutSecrets(String(value)))),
    )
    .map(([name, value]): [string, Json] => [name, tidied(name, value, shown)]);
  return Object.fromEntries(entries.filter(([, value]) => told(value)));
}

function tidied(name: string, value: Json, shown: Shown): Json {
  if (name === 'guardrail_information') return decisionsOf(value);
  if (!isObject(value)) return Array.isArray(value) ? value : textOf(value);
  if (name === 'requester_metadata') return entriesOf(value, shown, new Set());
  // The whole price list of the model, the same in every line.
  if (name === 'model_map_information') return { model_map_key: value.model_map_key ?? null };
  return pruned(without(value, shownIn(name, shown)));
}

/** What a guardrail quotes of the call: some log the whole request, with its headers, as their response. */
const QUOTED: ReadonlySet<string> = new Set([
  ...['guardrail_request', 'messages', 'input', 'prompt', 'proxy_server_request', 'secret_fields'],
]);

/** What guardrails decided, by one object or a list, without what they were asked. */
function decisionsOf(value: Json): Json {
  const items = Array.isArray(value) ? value : [value];
  const decisions = items.map((item) => {
    if (!isObject(item)) return item;
    const { guardrail_response: said = null, ...rest } = withoutQuotes(item);
    const answers = Array.isArray(said) ? said.map(unquoted) : unquoted(said);
    return pruned({ ...rest, guardrail_response: answers });
  });
  return Array.isArray(value) ? decisions : (decisions[0] ?? null);
}

function unquoted(value: Json): Json {
  return isObject(value) ? withoutQuotes(value) : value;
}

function withoutQuotes(object: JsonObject): JsonObject {
  return without(object, QUOTED);
}

function shownIn(name: string, { type, statusMessage }: Shown): ReadonlySet<string> {
  if (name === 'cost_breakdown') return SHOWN_COSTS;
  if (name === 'error_information' && statusMessage !== undefined) return new Set(['error_class', 'error_message']);
  if (name === 'mcp_tool_call_metadata' && type === 'tool') return new Set(['arguments', 'result']);
  return new Set();
}

function without(object: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.has(name)));
}

/** Without what says nothing, and without the header that LiteLLM, too, keeps from Langfuse: it may hold a token. */
function pruned(object: JsonObject): JsonObject {
  const entries = Object.entries(object)
    .filter(([name]) => !/^referr?er$/i.test(name))
    .map(([name, value]): [string, Json] => [name, isObject(value) ? pruned(value) : value]);
  return Object.fromEntries(entries.filter(([, value]) => told(value)));
}

/** Numbers and flags as SLS holds those at the top of a line. */
function textOf(value: Json): Json {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

/** What the answer says beside its content. */
function answerOf({ response }: JsonObject): JsonObject {
  if (!isObject(response)) return {};
  const { finishReason } = readResponse(response);
  const { system_fingerprint: fingerprint = null } = response;
  return {
    ...(finishReason !== undefined && { finish_reason: finishReason }),
    ...(told(fingerprint) && { system_fingerprint: fingerprint }),
  };
}

import type { JsonObject, Level, ObservationType } from '../types.ts';
import { drafted, type Found, skipped, unreadable } from './draft.ts';
import type { Line } from './line/line.ts';
import { litellmInput, litellmOutput, litellmParameters, toolCallOf } from './litellm/content.ts';
import { identityOf, keyAliasOf, type LitellmIdentity } from './litellm/identity.ts';
import { litellmMetadata } from './litellm/metadata.ts';
import { flagAt, payloadOf, textAt, told, valueAt } from './litellm/payload.ts';
import { requestedOf } from './litellm/request.ts';
import { litellmTimes } from './litellm/times.ts';
import { litellmCosts, litellmUsage } from './litellm/usage.ts';
import type { ReadOptions } from './options.ts';
import { typeOf, withoutQuery } from './values/path.ts';
import { textWithoutSecrets } from './values/secret-text.ts';
import { amount, count, firstText, present } from './values/values.ts';

/**
 * Reads what LiteLLM logs of a call: its `StandardLoggingPayload` (callbacks `generic_api`, S3, GCS and the like) or a row
 * of its table of spend logs, as they are or flattened by a log agent. `undefined` for a line of another kind.
 */
export function readLitellm(line: Line, { includeMcp }: ReadOptions): Found | undefined {
  if (!isLitellm(line)) return undefined;
  const payload = payloadOf(line);
  const callType = textAt(payload, 'call_type') ?? '';
  if (/mcp_tools?$/.test(callType) && !includeMcp) return skipped('mcp');
  if (isBookkeeping(callType, payload)) return skipped('non_ai');
  const times = litellmTimes(payload, line.record);
  if (!times)
    return unreadable('the record of LiteLLM has neither times nor a __time__: when the call was made is unknown');
  const { level, statusMessage } = outcomeOf(payload);
  const failed = level === 'ERROR';
  const type = typeOfCall(callType, pathOf(payload));
  const identity = named(identityOf(line, payload, failed, times.startTime), payload, type);
  return drafted({
    ...identity,
    type,
    tags: tagsOf(payload),
    // LiteLLM gives a tool's name as the model that was called.
    model: type === 'tool' ? undefined : textAt(payload, 'model', 'response.model', 'model_group'),
    modelParameters: litellmParameters(payload),
    input: litellmInput(payload, type),
    output: failed ? undefined : litellmOutput(payload, type),
    usage: litellmUsage(payload),
    costDetails: litellmCosts(payload),
    level,
    statusMessage,
    times,
    metadata: litellmMetadata(line, payload, { ...identity, type, statusMessage }),
    route: textAt(payload, 'model_group'),
    consumer: keyAliasOf(payload),
    status: statusOf(payload, failed),
    path: withoutQuery(pathOf(payload)),
  });
}

function isLitellm({ fields }: Line): boolean {
  const has = (name: string) => present(fields.get(name));
  const cost = has('response_cost') || has('spend');
  // A request that failed before LiteLLM knew what it asked for has an empty type.
  return has('call_type') ? has('startTime') || cost : fields.has('call_type') && has('startTime') && cost;
}

/** Whether a call only manages files, batches, threads and the like: it has no model's work in it. */
function isBookkeeping(callType: string, payload: JsonObject): boolean {
  const manages =
    /(?:^|_)(?:file|files|batch|batches|assistants?|thread|container|containers|fine_tuning_jobs?)(?:_|$)/;
  const lists = /^a?(?:list|get|delete|cancel|retrieve)_|_(?:list|delete|retrieve)$/;
  if (!manages.test(callType.replace(/^a(?=[a-z])/, '')) && !lists.test(callType)) return false;
  if (/run_thread/.test(callType) || /mcp_tools$/.test(callType)) return false;
  const worth = [payload.response_cost, payload.spend, payload.total_tokens];
  return !worth.some((value) => (amount(value) ?? 0) > 0);
}

/** By LiteLLM's `CallTypes`, else by the path that a request passed through to. */
function typeOfCall(callType: string, path: string): ObservationType {
  if (/mcp_tools?$/.test(callType)) return 'tool';
  if (/embedding/.test(callType)) return 'embedding';
  return /rerank|(?:^|_)a?search$/.test(callType) ? 'retriever' : typeOf(path);
}

/** A tool's call is named after the tool, unless the caller named it. */
function named(identity: LitellmIdentity, payload: JsonObject, type: ObservationType): LitellmIdentity {
  if (type !== 'tool' || requestedOf(payload, 'generation_name') !== undefined) return identity;
  const { namespaced_tool_name: full, name } = toolCallOf(payload) ?? {};
  const tool = firstText(full, name) ?? textAt(payload, 'mcp_namespaced_tool_name');
  return { ...identity, name: tool ?? identity.name };
}

function tagsOf(payload: JsonObject): string[] {
  const { request_tags: tags } = payload;
  const asked = Array.isArray(tags) ? tags.flatMap((tag) => (told(tag) ? (firstText(tag) ?? []) : [])) : [];
  const fallback = (count(valueAt(payload, 'metadata.attempted_fallbacks')) ?? 0) > 0;
  return [...asked, ...(flagAt(payload, 'cache_hit') ? ['cache:hit'] : []), ...(fallback ? ['fallback'] : [])];
}

function outcomeOf(payload: JsonObject): { level: Level; statusMessage?: string | undefined } {
  const error = (name: string) => textAt(payload, `error_information.${name}`, `metadata.error_information.${name}`);
  const said = [error('error_class'), error('error_message')].filter((text) => text !== undefined).join(': ');
  const text = said || textAt(payload, 'error_str');
  const message = text === undefined ? undefined : textWithoutSecrets(text);
  // Older payloads have no status.
  const status = textAt(payload, 'status', 'metadata.status');
  const failed = status === undefined ? message !== undefined : status.toLowerCase() === 'failure';
  return failed ? { level: 'ERROR', statusMessage: message } : { level: 'DEFAULT' };
}

/** The provider's or LiteLLM's HTTP status of a failure; that of a success is not logged. */
function statusOf(payload: JsonObject, failed: boolean): number | undefined {
  const code = textAt(payload, 'error_information.error_code', 'metadata.error_information.error_code');
  return failed && /^\d{3}$/.test(code ?? '') ? count(code) : undefined;
}

function pathOf(payload: JsonObject): string {
  return textAt(payload, 'metadata.user_api_key_request_route') ?? '';
}

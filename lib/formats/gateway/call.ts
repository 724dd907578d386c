import { contentOf, hash32, traceIdOf } from '../../identity.ts';
import type { Json, JsonObject } from '../../types.ts';
import { drafted, type Found, unreadable } from '../draft.ts';
import { AI_LOG_PART, type Line } from '../line/line.ts';
import { llmApi, typeOf, withoutQuery } from '../values/path.ts';
import { textWithoutSecrets } from '../values/secret-text.ts';
import { detailedUsage, details, otherDetails, type StatedUsage, statedUsage } from '../values/usage.ts';
import { count, firstText, present } from '../values/values.ts';
import { type Bodies, inputOf, outputOf } from './content.ts';
import { outcomeOf, redirected } from './level.ts';
import { timesOf } from './times.ts';

const DEFAULT_NAME = 'ai-gateway';

/**
 * The LLM call of a gateway's access log line that shows the signs of one; `unreadable` when nothing in it tells when it
 * happened. `observationId` is a hash of what makes a call one call in the line's dialect.
 */
export function gatewayCall(line: Line, observationId: string, timeZone: string, bodies: Bodies): Found {
  if (isEmpty(line)) return unreadable('the record is an ai_log from which nothing can be read');
  const times = timesOf(line, timeZone);
  if (!times)
    return unreadable('the record has neither a __time__ nor a start_time: when the call was made is unknown');
  const traceId = traceIdOfLine(line);
  return drafted({
    traceId,
    observationId,
    type: typeOf(line.path),
    name: nameOf(line),
    userId: userOf(line),
    sessionId: firstText(line.ai.session_id),
    tags: tagsOf(line),
    model: modelOf(line, bodies),
    modelParameters: bodies.request.parameters,
    input: inputOf(line, bodies),
    output: outputOf(line, bodies),
    usage: usageOf(line, bodies),
    ...outcomeOf(line),
    times,
    metadata: metadataOf(line, traceId, bodies),
    route: line.text('route_name'),
    consumer: consumerOf(line),
    status: line.status,
    path: withoutQuery(line.path),
  });
}

/** A damaged ai_log in which not even a name stands, and nothing beside it that would tell of a call. */
function isEmpty(line: Line): boolean {
  if (line.damaged === undefined || Object.keys(line.ai).length > 0) return false;
  const named = /\w[\\"]*\s*[:=]/.test(line.fields.get('ai_log') ?? '');
  const told = ['request_id', 'start_time', 'path', 'response_code', 'duration', 'trace_id'];
  return !named && line.text(...told) === undefined;
}

function nameOf(line: Line): string {
  return firstText(line.ai.api, line.text('api', 'route_name'), llmApi(line.path)) ?? DEFAULT_NAME;
}

function userOf(line: Line): string | undefined {
  return someone(line.ai.user_id) ?? consumerOf(line);
}

function consumerOf({ ai, fields }: Line): string | undefined {
  return someone(ai.consumer) ?? someone(fields.get('consumer')) ?? someone(fields.get('x_mse_consumer'));
}

/** Whom a value names: the gateway writes `none` for a request without a consumer. */
function someone(value: Json | undefined): string | undefined {
  const name = firstText(value);
  return name === 'none' ? undefined : name;
}

function modelOf({ ai }: Line, { request, response }: Bodies): string | undefined {
  const model = firstText(ai.model, ai.request_model, ai.model_name);
  // The plugin's word for a response and a request that named none, in capitals where it is the request's.
  if (model !== undefined && model.toLowerCase() !== 'unknown') return model;
  return firstText(ai.request_model, ai.model_name, response.model, request.model, model);
}

function traceIdOfLine(line: Line): string {
  for (const value of [line.text('trace_id'), line.text('request_id', 'req_id')]) {
    const id = value === undefined ? undefined : traceIdOf(value);
    if (id !== undefined) return id;
  }
  return hash32(firstText(line.ai.chat_id) ?? contentOf(line.record));
}

function usageOf({ ai }: Line, { response }: Bodies): StatedUsage {
  const nested = statedUsage(ai.usage ?? response.usage);
  const parts = partsOf(ai);
  return {
    ...nested,
    input: count(ai.input_token) ?? nested.input,
    output: count(ai.output_token) ?? nested.output,
    total: count(ai.total_token) ?? nested.total,
    cached: count(ai.cached_tokens) || parts.cached || nested.cached,
    cacheRead: parts.cacheRead || nested.cacheRead,
    cacheCreation: parts.cacheCreation || nested.cacheCreation,
    reasoning: count(ai.reasoning_tokens) || parts.reasoning || nested.reasoning,
  };
}

function partsOf({ input_token_details: input, output_token_details: output }: Readonly<JsonObject>): StatedUsage {
  return input === undefined && output === undefined ? {} : detailedUsage(details(input), details(output));
}

function tagsOf(line: Line): string[] {
  const route = line.text('route_name');
  const fallback = redirected(line) || present(line.ai.fallback_from) || line.text('fallback_from') !== undefined;
  const cached = line.ai.cache_status === 'hit';
  return [...(route === undefined ? [] : [route]), ...(cached ? ['cache:hit'] : []), ...(fallback ? ['fallback'] : [])];
}

/** Fields whose content the call shows in a place of its own. */
const SHOWN = new Set([
  ...['ai_log', 'question', 'answer', 'system', 'reasoning', 'messages', 'tool_calls', 'model', 'usage'],
  ...['input_token', 'output_token', 'total_token', 'reasoning_tokens', 'cached_tokens'],
  ...['input_token_details', 'output_token_details', 'request_body', 'response_body', 'session_id'],
]);

const DETAILS = ['input_token_details', 'output_token_details'];

function metadataOf(line: Line, traceId: string, { response }: Bodies): JsonObject {
  const metadata: JsonObject = Object.assign(Object.create(null), agentTags(line));
  for (const [name, value] of line.fields) if (isOwn(name, value, traceId)) metadata[name] = value;
  for (const name of Object.keys(line.ai)) {
    const value = line.ai[name] ?? null;
    if (isOwn(name, value, traceId)) metadata[name] = value;
  }
  for (const name of DETAILS) {
    const others = line.ai[name] === undefined ? {} : otherDetails(details(line.ai[name]));
    if (present(others)) metadata[name] = others;
  }
  if (line.damaged !== undefined) metadata.ai_log_raw = textWithoutSecrets(line.damaged);
  if (response.error !== undefined) metadata.response_error = response.error;
  return metadata;
}

function isOwn(name: string, value: Json, traceId: string): boolean {
  if (!present(value) || SHOWN.has(name) || name.startsWith(AI_LOG_PART)) return false;
  return name !== 'trace_id' || value !== traceId;
}

/** What the log agent said of the host and container it read the line from. */
export function agentTags({ record }: Line): JsonObject {
  return Object.fromEntries([...record.tags].filter(([key]) => !key.startsWith('__')));
}

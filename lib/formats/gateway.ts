import { contentOf, hash32, traceIdOf } from '../identity.ts';
import type { Json, JsonObject, LlmCall, Reading } from '../types.ts';
import { type CallTimes, timesOf } from './call-times.ts';
import { inputOf, objectIn, outputOf, parametersOf } from './content.ts';
import { field, type GatewayLine } from './gateway-line.ts';
import { outcomeOf, redirected } from './level.ts';
import { llmApi, typeOf } from './path.ts';
import { textWithoutSecrets } from './secret-text.ts';
import { withoutSecrets } from './secrets.ts';
import { bucketsOf, details, type StatedUsage, statedUsage, type Usage } from './usage.ts';
import { count, firstText, present } from './values.ts';

/** What tells the dialects of gateway lines apart. */
export interface Dialect {
  /** The format's name, shown as a tag. */
  readonly name: string;
  /** What makes a call one call, hashed into its id. */
  readonly observationId: (line: GatewayLine) => string;
}

const DEFAULT_NAME = 'ai-gateway';

/** The LLM call of a line that shows the signs of one; `unreadable` when nothing in it tells when it happened. */
export function gatewayCall(line: GatewayLine, dialect: Dialect, timeZone: string): Reading {
  if (isEmpty(line)) return unreadable('the record is an ai_log from which nothing can be read');
  const times = timesOf(line, timeZone);
  if (!times)
    return unreadable('the record has neither a __time__ nor a start_time: when the call was made is unknown');
  return { kind: 'call', call: assemble(line, dialect, times) };
}

function unreadable(message: string): Reading {
  return { kind: 'reject', why: { why: 'unreadable', message } };
}

/** A damaged ai_log in which not even a name stands, and nothing beside it that would tell of a call. */
function isEmpty(line: GatewayLine): boolean {
  if (line.damaged === undefined || Object.keys(line.ai).length > 0) return false;
  const named = /\w[\\"]*\s*[:=]/.test(line.fields.get('ai_log') ?? '');
  const told = ['request_id', 'start_time', 'path', 'response_code', 'duration', 'trace_id'];
  return !named && told.every((name) => field(line, name) === undefined);
}

function assemble(line: GatewayLine, dialect: Dialect, times: CallTimes): LlmCall {
  const usage = bucketsOf(usageOf(line));
  const name = nameOf(line);
  const userId = userOf(line);
  const sessionId = firstText(line.ai.session_id);
  const id = traceIdOfLine(line);
  return {
    trace: {
      id,
      name,
      ...(userId !== undefined && { userId }),
      ...(sessionId !== undefined && { sessionId }),
      tags: tagsOf(line, dialect),
      metadata: { ...metadataOf(line, id, usage), ...ahead(line, times) },
    },
    observation: {
      id: dialect.observationId(line),
      type: typeOf(line.path),
      name,
      ...optional('model', modelOf(line)),
      ...optional('modelParameters', parametersOf(line)),
      ...optional('input', inputOf(line)),
      ...optional('output', outputOf(line)),
      ...optional('usageDetails', usage.details),
      ...outcomeOf(line),
      ...times,
    },
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}

function nameOf(line: GatewayLine): string {
  const path = llmApi(line.path);
  return firstText(line.ai.api, field(line, 'api'), field(line, 'route_name'), path) ?? DEFAULT_NAME;
}

function userOf({ ai, fields }: GatewayLine): string | undefined {
  return [ai.user_id, ai.consumer, fields.get('consumer'), fields.get('x_mse_consumer')]
    .map((value) => firstText(value))
    .find((value) => value !== undefined && value !== 'none');
}

function modelOf({ ai, fields }: GatewayLine): string | undefined {
  const model = firstText(ai.model, ai.request_model, ai.model_name);
  // The plugin's word for a response and a request that named none.
  if (model !== undefined && model !== 'unknown') return model;
  const body = objectIn(fields.get('response_body')) ?? objectIn(fields.get('request_body'));
  return firstText(ai.request_model, ai.model_name, body?.model, model);
}

function traceIdOfLine(line: GatewayLine): string {
  for (const value of [field(line, 'trace_id'), field(line, 'request_id')]) {
    const id = value === undefined ? undefined : traceIdOf(value);
    if (id !== undefined) return id;
  }
  return hash32(firstText(line.ai.chat_id) ?? contentOf(line.record));
}

function usageOf({ ai, fields }: GatewayLine): StatedUsage {
  const nested = statedUsage(ai.usage ?? objectIn(fields.get('response_body'))?.usage);
  const input = details(ai.input_token_details);
  const output = details(ai.output_token_details);
  return {
    ...nested,
    input: count(ai.input_token) ?? nested.input,
    output: count(ai.output_token) ?? nested.output,
    total: count(ai.total_token) ?? nested.total,
    cached: count(ai.cached_tokens) || count(input.cached_tokens) || nested.cached,
    reasoning: count(ai.reasoning_tokens) || count(output.reasoning_tokens) || nested.reasoning,
  };
}

function tagsOf(line: GatewayLine, dialect: Dialect): string[] {
  const route = field(line, 'route_name');
  const fallback = redirected(line) || present(line.ai.fallback_from) || field(line, 'fallback_from') !== undefined;
  const cached = line.ai.cache_status === 'hit';
  return [
    dialect.name,
    ...(route === undefined ? [] : [route]),
    ...(cached ? ['cache:hit'] : []),
    ...(fallback ? ['fallback'] : []),
  ];
}

const HOUR = 3_600_000;

/** A start that lies after the log itself is kept, and said: some clock was wrong. */
function ahead({ record }: GatewayLine, { startTime }: CallTimes): JsonObject {
  const ms = startTime - record.time * 1000;
  return record.time > 0 && ms > HOUR ? { starts_after_its_log_ms: ms } : {};
}

/** Fields whose content the call shows in a place of its own. */
const SHOWN = new Set([
  ...['ai_log', 'question', 'answer', 'system', 'reasoning', 'messages', 'tool_calls', 'model', 'usage'],
  ...['input_token', 'output_token', 'total_token', 'reasoning_tokens', 'cached_tokens'],
  ...['input_token_details', 'output_token_details', 'request_body', 'response_body', 'session_id'],
]);

function metadataOf(line: GatewayLine, traceId: string, usage: Usage): JsonObject {
  const rest: [string, Json][] = [...line.fields, ...Object.entries(line.ai)];
  const own = rest.filter(([key, value]) => !SHOWN.has(key) && present(value));
  const tags = [...line.record.tags].filter(([key]) => !key.startsWith('__'));
  const shown = withoutSecrets({
    ...Object.fromEntries(tags),
    ...Object.fromEntries(own.filter(([key, value]) => key !== 'trace_id' || value !== traceId)),
    ...usage.leftover,
  });
  return line.damaged === undefined ? shown : { ...shown, ai_log_raw: textWithoutSecrets(line.damaged) };
}

import { hash32, observationIdOf, traceIdOf } from '../identity.ts';
import type { Json, JsonObject, ObservationType } from '../types.ts';
import { type Draft, drafted, type Found, skipped, unreadable } from './draft.ts';
import { agentTags } from './gateway/call.ts';
import type { Outcome } from './gateway/level.ts';
import { contentOfLine } from './line/content.ts';
import type { Line } from './line/line.ts';
import type { ReadOptions } from './options.ts';
import { endedAt } from './values/call-times.ts';
import { llmApi, typeOf, withoutQuery } from './values/path.ts';
import { amount } from './values/values.ts';

/** `api_call` alone is anybody's word. */
const SIGNS = ['model_id', 'model_name', 'model_type', 'api_key_name'];
const DEFAULT_NAME = 'ai-gateway';
const MEDIA = /^\/(?:v1\/(?:audio|images|videos?|flexible)|sdapi)\//;
const WELL = /^(?:success|successful|succeeded|ok|true|completed)$/i;

/**
 * Reads a line of Xinference's `audit.log`: `@timestamp` (when the call ended), `event_type` `api_call`, `category`,
 * `user`, `api_key_name`, `model_id`, `model_name`, `model_type`, `endpoint`, `status` (a word, as xinference's
 * `api/oauth2/advanced/audit.py` writes it, or an HTTP status), `latency_ms`, `client_ip`. It holds neither content nor
 * tokens. `undefined` for a line of another kind.
 */
export function readXinference(line: Line, { timeZone }: ReadOptions): Found | undefined {
  if (line.text('event_type') !== 'api_call' || !SIGNS.some((name) => line.fields.has(name))) return undefined;
  if (!isInference(line)) return skipped('non_ai');
  const latency = amount(line.text('latency_ms')) ?? 0;
  const times = endedAt(line.record, [line.text('@timestamp'), line.text('timestamp')], latency, timeZone);
  if (!times)
    return unreadable('the record has neither a @timestamp nor a __time__: when the call was made is unknown');
  return drafted({ ...identityOf(line), ...requestOf(line), ...outcomeOf(line), times, metadata: metadataOf(line) });
}

/** Its own category misses newer paths, such as `/v1/messages`, and files them under `admin`. */
function isInference(line: Line): boolean {
  const category = line.text('category');
  if (category !== undefined && category !== 'admin') return category === 'inference';
  const endpoint = line.text('endpoint') ?? '';
  return llmApi(endpoint) !== undefined || MEDIA.test(endpoint);
}

/** No line has an id of its own: nothing but the whole tells one from the next. */
function identityOf(line: Line): Pick<Draft, 'traceId' | 'observationId'> {
  const content = contentOfLine(line);
  const given = line.text('trace_id', 'request_id');
  const traceId = (given === undefined ? undefined : traceIdOf(given)) ?? hash32(content);
  return { traceId, observationId: observationIdOf([content]) };
}

type Request = Pick<Draft, 'type' | 'name' | 'model' | 'userId' | 'consumer' | 'path'>;

function requestOf(line: Line): Request {
  const path = withoutQuery(line.text('endpoint') ?? '');
  const name = llmApi(path) ?? path.replace(/^\/(?:v\d\/)?/, '');
  return {
    type: typeOfModel(line),
    name: name === '' ? DEFAULT_NAME : name,
    model: line.text('model_name', 'model_id'),
    userId: line.text('user', 'api_key_name'),
    consumer: line.text('api_key_name'),
    path,
  };
}

function typeOfModel(line: Line): ObservationType {
  const type = line.text('model_type')?.toLowerCase();
  if (type === undefined) return typeOf(line.text('endpoint') ?? '');
  if (type === 'embedding') return 'embedding';
  return type === 'rerank' ? 'retriever' : 'generation';
}

/** `success`; else why it was refused (`no_credentials`, `key_expired`, …), what failed, or an HTTP status. */
function outcomeOf(line: Line): Outcome & Pick<Draft, 'status'> {
  const said = line.text('status', 'status_code')?.trim() ?? '';
  const reason = line.text('error', 'error_message', 'detail');
  const code = /^(?:\d{3}|0)(?!\w)/.exec(said)?.[0];
  const status = code === undefined ? undefined : Number(code);
  const well = status === undefined ? said === '' || WELL.test(said) : status > 0 && status < 400;
  if (well) return { level: 'DEFAULT', status };
  const what = status === undefined ? said : `HTTP ${status}`;
  return { level: 'ERROR', statusMessage: reason === undefined ? what : `${what} · ${reason}`, status };
}

function metadataOf(line: Line): JsonObject {
  const shown = new Set(['user', 'model_name', ...(line.text('user') === undefined ? ['api_key_name'] : [])]);
  const model = line.text('model_name', 'model_id');
  const kept = [...line.fields].filter(
    ([name, value]) => !shown.has(name) && !(name === 'model_id' && value === model),
  );
  return { ...agentTags(line), ...Object.fromEntries<Json>(kept) };
}

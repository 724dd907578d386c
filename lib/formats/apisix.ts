import { contentOf, hash32, observationIdOf, traceIdOf } from '../identity.ts';
import type { Json, JsonObject } from '../types.ts';
import { ApisixLog } from './apisix/log.ts';
import { readRequest } from './bodies/request.ts';
import { readResponse } from './bodies/response.ts';
import { drafted, type Found, unreadable } from './draft.ts';
import { agentTags } from './gateway/call.ts';
import type { Line } from './line/line.ts';
import { without } from './line/nested.ts';
import type { ReadOptions } from './options.ts';
import { timesFrom } from './values/call-times.ts';
import { failed, httpOutcome } from './values/http-outcome.ts';
import { llmApi, typeOf, withoutQuery } from './values/path.ts';
import { type StatedUsage, statedUsage } from './values/usage.ts';
import { count, firstText } from './values/values.ts';

const DEFAULT_NAME = 'ai-gateway';

/**
 * Reads a log entry of Apache APISIX's logger plugins for a route with ai-proxy or ai-proxy-multi: with the `llm_summary`
 * that these write, with the payloads alone, or in a log format of one's own with their variables (`llm_model`, `llm_prompt_tokens`…). The names
 * are those of apisix/plugins/ai-proxy/base.lua. So is an entry without either, where a request
 * of an LLM's path failed. `undefined` for a line of another kind.
 */
export function readApisix(line: Line, { timeZone }: ReadOptions): Found | undefined {
  const log = ApisixLog.of(line);
  if (!log) return undefined;
  const firstToken = log.streamed ? log.firstTokenMs : undefined;
  const times = timesFrom({ ...log.times(timeZone), firstToken });
  if (!times)
    return unreadable('the record has neither a __time__ nor a start_time: when the call was made is unknown');
  const request = readRequest(log.requestBody);
  const response = readResponse(log.responseBody);
  const { route, path, status, consumer } = log;
  const model = firstText(log.said('model'), log.said('request_model'), response.model, request.model);
  return drafted({
    ...idsOf(line, log),
    type: typeOf(path ?? ''),
    name: route ?? llmApi(path ?? '') ?? DEFAULT_NAME,
    userId: firstText(log.said('end_user_id')) ?? consumer ?? request.user,
    tags: route === undefined ? [] : [route],
    model,
    modelParameters: request.parameters,
    input: request.input,
    output: failed(status) ? undefined : (log.answer ?? response.output),
    usage: usageOf(log, response.usage),
    ...httpOutcome(status, response.error),
    times,
    metadata: metadataOf(line, log, model),
    route,
    consumer,
    status,
    path: path === undefined ? undefined : withoutQuery(path),
  });
}

/** A full log has no id of the request; a log format of one's own may have. */
function idsOf(line: Line, log: ApisixLog): { traceId: string; observationId: string } {
  const id = line.text('request_id', 'x_request_id', 'x-request-id');
  const content = contentOf(line.record);
  return {
    traceId: (id === undefined ? undefined : traceIdOf(id)) ?? hash32(content),
    // nginx's id is new for each request, but a client's x-request-id may come twice.
    observationId: observationIdOf(id === undefined || log.start === undefined ? [content] : [id, log.start]),
  };
}

function usageOf(log: ApisixLog, answered: Json | undefined): StatedUsage {
  const of = (name: string) => count(log.said(name));
  const stated = {
    ...{ input: of('prompt_tokens'), output: of('completion_tokens'), total: of('total_tokens') },
    ...{ cacheRead: of('cache_read_input_tokens'), cacheCreation: of('cache_creation_input_tokens') },
    reasoning: of('reasoning_tokens'),
  };
  return Object.values(stated).some((value) => (value ?? 0) > 0) ? stated : statedUsage(answered);
}

const TOKENS = [
  ...['prompt_tokens', 'completion_tokens', 'total_tokens', 'reasoning_tokens'],
  ...['cache_read_input_tokens', 'cache_creation_input_tokens'],
];
const CONTENT = [
  ...['llm_request', 'llm_request_body', 'llm_response_text', 'llm_response'],
  ...['request_body', 'req_body', 'response_body', 'resp_body'],
];

function metadataOf(line: Line, log: ApisixLog, model: string | undefined): JsonObject {
  const models = ['model', 'request_model'].filter((name) => log.said(name) === model);
  const shown = [
    ...[...TOKENS, ...models].flatMap((name) => log.pathsOf(name)),
    ...CONTENT.map((name) => [name]),
    // Keys are passed in queries as well as in headers.
    ...[
      ['request', 'querystring'],
      ['request', 'body'],
      ['response', 'body'],
    ],
  ];
  return { ...agentTags(line), ...shown.reduce(without, log.entry) };
}

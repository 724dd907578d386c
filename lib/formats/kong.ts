import type { JsonObject } from '../types.ts';
import { readRequest } from './bodies/request.ts';
import { readResponse } from './bodies/response.ts';
import { drafted, type Found, skipped, unreadable } from './draft.ts';
import { type AiPlugin, payloadOf, pluginOf } from './kong/plugin.ts';
import { surroundingsOf } from './kong/surroundings.ts';
import { kongTool } from './kong/tool.ts';
import { costOf, metadataOf, modelOf, timesOf, typeOfCall, usageOf } from './kong/values.ts';
import type { Line } from './line/line.ts';
import { asObject, inside, nestedOf } from './line/nested.ts';
import type { ReadOptions } from './options.ts';
import { failed, httpOutcome } from './values/http-outcome.ts';
import { llmApi } from './values/path.ts';
import { count, firstText } from './values/values.ts';

/** What Kong's log writer (https://developer.konghq.com/gateway/logs/) nests, and log agents flatten. */
const ROOTS = ['ai', 'request', 'response', 'latencies', 'consumer', 'route', 'service'];

/**
 * Reads a log object of Kong Gateway's logging plugins with an `ai` part, as https://developer.konghq.com/ai-gateway/ai-audit-log-reference/
 * documents it since version 3.6; or without one, where a request of an LLM's path failed. `undefined` for a line of another kind, a call without an LLM included.
 */
export function readKong(line: Line, options: ReadOptions): Found | undefined {
  if (!ownName(line)) return undefined;
  const log = nestedOf(line, ROOTS);
  const ai = asObject(log.ai);
  const plugin = ai && pluginOf(ai);
  if (plugin) return llmCall(line, log, plugin, options);
  const mcp = asObject(ai?.mcp);
  if (!mcp) return turnedDown(log) ? llmCall(line, log, { path: ['ai'], says: ai ?? {} }, options) : undefined;
  return options.includeMcp ? kongTool(line, log, mcp, surroundingsOf(line, log), options) : skipped('mcp');
}

/** Whether a field tells of Kong: its AI plugins, or what the log of any request through it holds. */
function ownName({ fields }: Line): boolean {
  const ai = [...fields.keys()].some((name) => name === 'ai' || name.startsWith('ai.'));
  return ai || (fields.has('started_at') && (fields.has('latencies') || fields.has('latencies.request')));
}

/** A request of an LLM's path that failed before the AI plugin saw it: without a key, or over the rate limit. */
function turnedDown(log: JsonObject): boolean {
  const paths = [inside(log, 'request', 'uri'), log.upstream_uri];
  const method = firstText(inside(log, 'request', 'method'))?.toUpperCase() ?? 'POST';
  const isLlm = paths.some((path) => llmApi(firstText(path) ?? '') !== undefined);
  return method === 'POST' && isLlm && failed(count(inside(log, 'response', 'status')));
}

function llmCall(line: Line, log: JsonObject, plugin: AiPlugin, options: ReadOptions): Found {
  const request = readRequest(payloadOf(log, plugin, 'request'));
  const response = readResponse(payloadOf(log, plugin, 'response'));
  const times = timesOf(line, log, plugin, request, options.timeZone);
  if (!times)
    return unreadable('the record has neither a __time__ nor a started_at: when the call was made is unknown');
  const { status, consumer, ...around } = surroundingsOf(line, log);
  const model = modelOf(plugin, request, response);
  const cached = firstText(inside(plugin.says, 'cache', 'cache_status'))?.toLowerCase() === 'hit';
  return drafted({
    ...around,
    status,
    consumer,
    type: typeOfCall(log, plugin),
    userId: consumer ?? request.user,
    tags: [...around.tags, ...(cached ? ['cache:hit'] : [])],
    model,
    modelParameters: request.parameters,
    input: request.input,
    output: failed(status) ? undefined : response.output,
    usage: usageOf(plugin, response),
    costDetails: costOf(plugin),
    ...httpOutcome(status, response.error),
    times,
    metadata: metadataOf(line, log, plugin, model),
  });
}

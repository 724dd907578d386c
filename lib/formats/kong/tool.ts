import type { Json, JsonObject } from '../../types.ts';
import { bodyOf, listIn } from '../bodies/body.ts';
import { drafted, type Found, unreadable } from '../draft.ts';
import { agentTags } from '../gateway/call.ts';
import type { Line } from '../line/line.ts';
import { inside, without } from '../line/nested.ts';
import type { ReadOptions } from '../options.ts';
import { loggedAt, timesFrom } from '../values/call-times.ts';
import { failed, httpOutcome } from '../values/http-outcome.ts';
import { textWithoutSecrets } from '../values/secret-text.ts';
import { parseTime } from '../values/time.ts';
import { amount, firstPresent, firstText, isObject, structured } from '../values/values.ts';
import type { Surroundings } from './surroundings.ts';

/** A call of a tool through Kong's MCP plugin, named after the tool. Of several in one session the first is shown. */
export function kongTool(
  line: Line,
  log: JsonObject,
  mcp: JsonObject,
  around: Surroundings,
  options: ReadOptions,
): Found {
  const rpc = listIn(structured(mcp.rpc)).find(isObject) ?? {};
  const times = timesFrom({
    start: parseTime(firstText(log.started_at) ?? '', options.timeZone),
    logged: loggedAt(line.record),
    duration: amount(rpc.latency) ?? amount(inside(log, 'latencies', 'request')),
  });
  if (!times)
    return unreadable('the record has neither a __time__ nor a started_at: when the call was made is unknown');
  const request = bodyOf(inside(rpc, 'payload', 'request'));
  const response = bodyOf(inside(rpc, 'payload', 'response'));
  const outcome = outcomeOf(rpc, around.status);
  return drafted({
    ...around,
    type: 'tool',
    name: firstText(rpc.tool_name, rpc.method) ?? around.name,
    userId: around.consumer,
    input: firstPresent(inside(request, 'params', 'arguments'), inside(request, 'params'), request),
    output: outcome.level === 'ERROR' ? undefined : firstPresent(inside(response, 'result'), response),
    ...outcome,
    times,
    metadata: { ...agentTags(line), ...withoutPayloads(log, mcp) },
  });
}

function outcomeOf(rpc: JsonObject, status: number | undefined) {
  const error = firstText(rpc.error);
  if (error === undefined || failed(status)) return httpOutcome(status, error && textWithoutSecrets(error));
  return { level: 'ERROR', statusMessage: textWithoutSecrets(error) } as const;
}

function withoutPayloads(log: JsonObject, mcp: JsonObject): JsonObject {
  const calls = listIn(structured(mcp.rpc)).map(
    (rpc, i): Json => (i === 0 && isObject(rpc) ? without(rpc, ['payload']) : rpc),
  );
  const rest = without(without(log, ['ai', 'mcp']), ['request', 'querystring']);
  const ai = isObject(rest.ai) ? rest.ai : {};
  return { ...rest, ai: { ...ai, mcp: { ...mcp, ...(calls.length > 0 && { rpc: calls }) } } };
}

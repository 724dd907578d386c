import type { Json, JsonObject, ObservationType } from '../../types.ts';
import { listIn, textIn } from '../bodies/body.ts';
import type { RequestBody } from '../bodies/request.ts';
import type { ResponseBody } from '../bodies/response.ts';
import { agentTags } from '../gateway/call.ts';
import type { Line } from '../line/line.ts';
import { asObject, inside, without } from '../line/nested.ts';
import type { CallTimes } from '../values/call-times.ts';
import { loggedAt, timesFrom } from '../values/call-times.ts';
import { typeOf } from '../values/path.ts';
import { parseTime } from '../values/time.ts';
import { type StatedUsage, statedUsage } from '../values/usage.ts';
import { amount, count, firstText, isObject, present, structured } from '../values/values.ts';
import type { AiPlugin } from './plugin.ts';

/** What answered, or else what was asked; Kong writes UNSPECIFIED for a model that its settings do not name. */
export function modelOf({ says }: AiPlugin, request: RequestBody, response: ResponseBody): string | undefined {
  const target = listIn(structured(says.tried_targets)).filter(isObject).at(-1);
  const named = [inside(says, 'meta', 'response_model'), inside(says, 'meta', 'request_model')];
  const all = [...named, response.model, request.model, target?.model];
  return all.map(textIn).find((model) => model !== undefined && model !== 'UNSPECIFIED');
}

/** What the route that Kong took, or else the path, says of the observation's type. */
export function typeOfCall(log: JsonObject, { says }: AiPlugin): ObservationType {
  const targets = listIn(structured(says.tried_targets)).filter(isObject);
  const told = [
    ...[inside(log, 'request', 'uri'), log.upstream_uri, inside(says, 'meta', 'operation_name')],
    ...targets.flatMap(({ route_type: route, upstream_uri: uri }) => [route ?? null, uri ?? null]),
  ];
  const types = told.map((value) => typeOf(firstText(value) ?? ''));
  return types.find((type) => type !== 'generation') ?? 'generation';
}

/** The plugin's counts: of text, or of images and sounds under other names; where it has none, the response's. */
export function usageOf({ says }: AiPlugin, response: ResponseBody): StatedUsage {
  const usage = asObject(says.usage) ?? {};
  const first = (...names: string[]) => names.map((name) => usage[name]).find((value) => (count(value) ?? 0) > 0);
  const total = count(usage.total_tokens) ?? 0;
  // `prompt_token` is how the documents of the first versions spell it.
  const input = first('prompt_tokens', 'prompt_token', 'input_tokens') ?? usage.prompt_tokens;
  const output = first('completion_tokens', 'completion_token', 'output_tokens') ?? usage.completion_tokens;
  const counted = [count(input), count(output), total].some((value) => (value ?? 0) > 0);
  if (!counted) return statedUsage(response.usage);
  return statedUsage({ ...usage, ...stated('prompt_tokens', input), ...stated('completion_tokens', output) });
}

function stated(name: string, value: Json | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

/** What Kong was told that the tokens cost; 0 is a model without prices. */
export function costOf({ says }: AiPlugin): Record<string, number> | undefined {
  const total = amount(inside(says, 'usage', 'cost')) ?? 0;
  return total > 0 ? { total } : undefined;
}

/** `started_at`, the whole request's latency, and a stream's first token; all in milliseconds. */
export function timesOf(
  line: Line,
  log: JsonObject,
  { says }: AiPlugin,
  request: RequestBody,
  timeZone: string,
): CallTimes | undefined {
  const llm = inside(says, 'meta', 'llm_latency') ?? inside(says, 'cache', 'fetch_latency');
  const firstToken = amount(inside(says, 'usage', 'time_to_first_token'));
  return timesFrom({
    start: parseTime(firstText(log.started_at) ?? '', timeZone),
    logged: loggedAt(line.record),
    duration: amount(inside(log, 'latencies', 'request')) ?? amount(llm),
    firstToken: streamed(log, says, request) ? firstToken : undefined,
  });
}

/** An answer at one go has a `time_to_first_token`, too, which is that of the whole answer. */
function streamed(log: JsonObject, says: JsonObject, { stream }: RequestBody): boolean {
  const mode = firstText(inside(says, 'meta', 'request_mode'));
  if (mode !== undefined) return mode !== 'oneshot';
  const contentType = firstText(inside(log, 'response', 'headers', 'content-type'));
  return stream ?? contentType?.startsWith('text/event-stream') ?? true;
}

const TOKENS = ['prompt_tokens', 'prompt_token', 'completion_tokens', 'completion_token', 'total_tokens'];
const SHOWN = [...TOKENS, 'input_tokens', 'output_tokens', 'cost'];
const DETAILS = ['prompt_tokens_details', 'completion_tokens_details', 'input_tokens_details', 'output_tokens_details'];

/** The rest of the log under its own names: other plugins, headers, latencies, upstreams. */
export function metadataOf(
  line: Line,
  log: JsonObject,
  { path, says }: AiPlugin,
  model: string | undefined,
): JsonObject {
  const models = ['response_model', 'request_model'].filter((name) => inside(says, 'meta', name) === model);
  const shown = [
    ...models.map((name) => [...path, 'meta', name]),
    ...SHOWN.map((name) => [...path, 'usage', name]),
    ...DETAILS.flatMap((name) => shownDetails(says, name).map((detail) => [...path, 'usage', name, detail])),
    ...[['ai'], path].map((owner) => [...owner, 'payload']),
    // What Kong took out of the prompt, with the words it took out.
    ['ai', 'sanitizer', 'sanitized_items'],
    // Keys are passed in queries as well as in headers.
    ['request', 'querystring'],
  ];
  return { ...agentTags(line), ...shown.reduce(without, log) };
}

/** The counts that stand in the usage, or that say nothing. */
function shownDetails(says: JsonObject, name: string): string[] {
  const details = Object.entries(asObject(inside(says, 'usage', name)) ?? {});
  return details
    .filter(
      ([key, value]) => ['cached_tokens', 'reasoning_tokens'].includes(key) || !present(value) || count(value) === 0,
    )
    .map(([key]) => key);
}

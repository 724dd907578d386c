import { hash32, observationIdOf, traceIdOf } from '../identity.ts';
import type { Json, JsonObject } from '../types.ts';
import { type Draft, drafted, type Found, skipped, unreadable } from './draft.ts';
import { agentTags } from './gateway/call.ts';
import type { Outcome } from './gateway/level.ts';
import { contentOfLine } from './line/content.ts';
import type { Line } from './line/line.ts';
import { type ConsumeLine, consumeLine } from './new-api/line.ts';
import type { ReadOptions } from './options.ts';
import type { CallTimes } from './values/call-times.ts';
import { endedAt } from './values/call-times.ts';
import { llmApi, typeOf, withoutQuery } from './values/path.ts';
import { textWithoutSecrets } from './values/secret-text.ts';
import type { StatedUsage } from './values/usage.ts';
import { amount, count, firstText, isObject, present, structured } from './values/values.ts';

const DEFAULT_NAME = 'ai-gateway';

/**
 * Reads new-api's log line of a call: `record consume log: userId=…, params={…}` (model, tokens, `use_time_seconds`, and
 * in `other` the time to the first token, `frt`, in ms), its older form of plain pairs, and `record error log: …`. No
 * content. The line's time, in the zone of the options, is the call's end. One-api's printed Go structs are skipped.
 * `undefined` for a line of another kind.
 */
export function readNewApi(line: Line, { timeZone }: ReadOptions): Found | undefined {
  const consumed = consumeLine(line);
  if (!consumed) return undefined;
  const { values, damaged } = consumed;
  const named = values !== undefined && (present(values.model_name) || present(values.prompt_tokens));
  if (damaged !== undefined && !named) return unreadable('the line is a consume log whose params cannot be read');
  // A failed call may have been refused before its model was known.
  if (!values || !(named || (consumed.failed && present(values.user_id)))) return skipped('unparsable');
  const other = structured(values.other);
  const call = { ...consumed, values, other: isObject(other) ? other : {} };
  const times = timesOf(line, call, timeZone);
  return times
    ? drafted(draftOf(line, call, times))
    : unreadable('the line has no time: when the call ended is unknown');
}

interface Call extends ConsumeLine {
  readonly values: JsonObject;
  /** `params.other`: ratios, cache tokens, how the stream ended. */
  readonly other: JsonObject;
}

function draftOf(line: Line, call: Call, times: CallTimes): Draft {
  const { values, other } = call;
  const path = withoutQuery(firstText(other.request_path) ?? '');
  return {
    ...identityOf(line, call),
    type: typeOf(path),
    name: llmApi(path) ?? DEFAULT_NAME,
    userId: userOf(values),
    model: firstText(values.model_name),
    usage: usageOf(values, other),
    ...outcomeOf(call),
    times,
    metadata: { ...agentTags(line), ...metadataOf(call) },
    consumer: firstText(values.token_name),
    path,
  };
}

/** One request may cost more than once (attempts, realtime sessions): the message tells those apart. */
function identityOf(line: Line, { requestId, time, message }: Call): Pick<Draft, 'traceId' | 'observationId'> {
  const id = requestId === 'SYSTEM' ? undefined : (requestId ?? line.text('request_id'));
  if (id === undefined) {
    const content = contentOfLine(line);
    return { traceId: hash32(content), observationId: observationIdOf([content]) };
  }
  return { traceId: traceIdOf(id) ?? hash32(id), observationId: observationIdOf([id, time, message]) };
}

/** User 0 is nobody. */
function userOf({ user_id: user, token_name: token }: JsonObject): string | undefined {
  return firstText(String(user) === '0' ? undefined : user, token);
}

function timesOf(line: Line, { time, values, other }: Call, timeZone: string): CallTimes | undefined {
  const duration = amount(values.use_time_ms) ?? (amount(values.use_time_seconds) ?? 0) * 1000;
  const stated = [time, line.text('time'), line.text('timestamp'), line.text('@timestamp')];
  const times = endedAt(line.record, stated, duration, timeZone);
  // Calls without a stream have a negative one, and whole seconds may end before it.
  const firstToken = Math.round(amount(other.frt) ?? 0);
  if (!times || firstToken === 0 || times.startTime === times.endTime || !streamed(values)) return times;
  return { ...times, completionStartTime: Math.min(times.startTime + firstToken, times.endTime) };
}

function streamed({ is_stream: stream }: JsonObject): boolean {
  return stream === undefined || String(stream) === 'true';
}

/** For Anthropic's models the cache counts stand beside the prompt's tokens, for all others within them. */
function usageOf(values: JsonObject, other: JsonObject): StatedUsage {
  const input = count(values.prompt_tokens);
  const output = count(values.completion_tokens);
  const cached = count(other.cache_tokens);
  const cacheCreation = count(other.cache_write_tokens) ?? count(other.cache_creation_tokens);
  if (other.claude === true || other.usage_semantic === 'anthropic') {
    return { input, output, cacheRead: cached, cacheCreation };
  }
  const total = input === undefined && output === undefined ? undefined : (input ?? 0) + (output ?? 0);
  return { input, output, total, cached, cacheCreation };
}

function outcomeOf({ failed, damaged, values, other }: Call): Outcome & Pick<Draft, 'status'> {
  if (failed) return failureOf(firstText(values.content) ?? '');
  const notes = [
    ...streamEnd(other),
    ...(damaged === undefined ? [] : ['the line is cut: what could be read is shown']),
  ];
  return notes.length === 0 ? { level: 'DEFAULT' } : { level: 'WARNING', statusMessage: notes.join(' · ') };
}

/** `status_code=429, …` */
function failureOf(content: string): Outcome & Pick<Draft, 'status'> {
  const match = /^status_code=(\d{1,3})(?:,\s{0,8}|$)/.exec(content);
  const reason = textWithoutSecrets(content.slice(match?.[0].length ?? 0));
  const said = [...(match ? [`HTTP ${match[1]}`] : []), ...(reason === '' ? [] : [reason])];
  const status = match ? Number(match[1]) : undefined;
  return { level: 'ERROR', statusMessage: said.join(' · ') || 'failed', status };
}

function streamEnd({ stream_status: status }: JsonObject): string[] {
  if (!isObject(status) || status.status !== 'error') return [];
  return [['stream', firstText(status.end_reason), firstText(status.end_error)].filter((part) => part).join(' · ')];
}

/** What the call shows in a place of its own. */
const SHOWN = new Set(['user_id', 'model_name', 'prompt_tokens', 'completion_tokens', 'other']);
const SHOWN_IN_OTHER = new Set(['cache_tokens', 'cache_creation_tokens', 'cache_write_tokens']);

function metadataOf({ requestId, failed, values, other, damaged }: Call): JsonObject {
  const but = (from: JsonObject, shown: ReadonlySet<string>): JsonObject =>
    Object.fromEntries(Object.entries(from).filter(([name]) => !shown.has(name)));
  const kept: Record<string, Json> = { ...but(values, SHOWN), other: but(other, SHOWN_IN_OTHER) };
  if (failed) delete kept.content;
  return {
    ...(requestId !== undefined && { request_id: requestId }),
    ...kept,
    ...(damaged !== undefined && { params_raw: textWithoutSecrets(damaged) }),
  };
}

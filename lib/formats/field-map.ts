import { contentOf, hash32, observationIdOf, traceIdOf } from '../identity.ts';
import type { JsonObject, Level, ObservationType } from '../types.ts';
import type { Draft } from './draft.ts';
import { agentTags } from './gateway/call.ts';
import { leftOver, withoutContent } from './left-over.ts';
import type { Line } from './line/line.ts';
import { Look } from './look.ts';
import type { ReadOptions } from './options.ts';
import type { CallTimes } from './values/call-times.ts';
import { withoutQuery } from './values/path.ts';
import { parseTime } from './values/time.ts';
import { type StatedUsage, statedUsage } from './values/usage.ts';
import { amount, count, firstText, isObject } from './values/values.ts';

/** Names of one's own: for a place in the trace's shape, the paths to look at; the first that says anything counts. */
export type FieldMap = ReadonlyMap<string, readonly string[]>;

/** The places there are; those that end with a dot take any name behind it. */
export const PLACES = [
  ...['traceId', 'observationId', 'parentId', 'name', 'traceName', 'userId', 'sessionId', 'tags', 'type', 'model'],
  ...['input', 'output', 'level', 'status', 'statusMessage', 'route', 'consumer', 'path', 'usage', 'modelParameters'],
  ...['startTime', 'endTime', 'completionStartTime', 'duration', 'durationSeconds'],
  ...['usage.input', 'usage.output', 'usage.total'],
  ...['usage.input_cached_tokens', 'usage.input_cache_creation', 'usage.output_reasoning_tokens'],
  ...['cost.', 'modelParameters.', 'metadata.'],
] as const;

const TYPES: ReadonlySet<string> = new Set<ObservationType>([
  ...(['generation', 'embedding', 'retriever', 'span', 'tool', 'agent', 'chain', 'guardrail', 'evaluator'] as const),
]);
const LEVELS: ReadonlySet<string> = new Set<Level>(['DEBUG', 'DEFAULT', 'WARNING', 'ERROR']);

/** A year: longer than any request, and short enough to leave the time one that Langfuse can store. */
const LONGEST = 31_536_000_000;

/** What says that a record is a call at all, when no format knows it. */
const SIGNS = ['model', 'input', 'output', 'usage', 'usage.input', 'usage.output', 'usage.total'];

/**
 * A record by one's own field names: over what a format read (`base`), or instead of it. `undefined` when there is no base
 * and the map finds neither model, nor input, output or tokens, or no time.
 */
export function mapped(line: Line, options: ReadOptions, base?: Draft): Draft | undefined {
  const { fieldMap } = options;
  if (!fieldMap) return base;
  const look = new Look(line, fieldMap);
  if (base) return over(base, look, options);
  if (!SIGNS.some((place) => look.value(place) !== undefined)) return undefined;
  const times = timesIn(look, options, undefined, line.record.time * 1000);
  if (!times) return undefined;
  const content = contentOf(line.record);
  const name = look.text('name') ?? look.text('route') ?? 'llm-call';
  const blank: Draft = {
    ...{ traceId: hash32(content), observationId: observationIdOf([content]), type: 'generation', name, times },
    level: 'DEFAULT',
    metadata: { ...agentTags(line), ...leftOver(line, fieldMap) },
  };
  return over(blank, look, options);
}

function over(base: Draft, look: Look, options: ReadOptions): Draft {
  const status = count(look.value('status')) ?? base.status;
  return {
    ...base,
    traceId: traceIdIn(look) ?? base.traceId,
    observationId: observationIdIn(look, 'observationId') ?? base.observationId,
    parentId: observationIdIn(look, 'parentId') ?? base.parentId,
    type: oneOf<ObservationType>(look.text('type')?.toLowerCase(), TYPES) ?? base.type,
    name: look.text('name') ?? base.name,
    traceName: look.text('traceName') ?? base.traceName,
    userId: look.text('userId') ?? base.userId,
    sessionId: look.text('sessionId') ?? base.sessionId,
    tags: [...(base.tags ?? []), ...tagsIn(look)],
    model: look.text('model') ?? base.model,
    modelParameters: parametersIn(look, base),
    input: look.value('input') ?? base.input,
    output: look.value('output') ?? base.output,
    usage: usageIn(look, base.usage),
    costDetails: costsIn(look, base.costDetails),
    ...outcomeIn(look, base, status),
    times: timesIn(look, options, base.times) ?? base.times,
    metadata: { ...withoutContent(base.metadata, look.map), ...look.metadata() },
    route: look.text('route') ?? base.route,
    consumer: look.text('consumer') ?? base.consumer,
    path: pathIn(look) ?? base.path,
    status,
  };
}

function traceIdIn(look: Look): string | undefined {
  const text = look.text('traceId');
  return text === undefined ? undefined : traceIdOf(text);
}

function observationIdIn(look: Look, place: string): string | undefined {
  const text = look.text(place);
  if (text === undefined || /^0+$/.test(text)) return undefined;
  return /^[0-9a-f]{16}$/i.test(text) ? text.toLowerCase() : hash32(text).slice(0, 16);
}

function pathIn(look: Look): string | undefined {
  const text = look.text('path');
  return text === undefined ? undefined : withoutQuery(text);
}

function oneOf<T extends string>(text: string | undefined, known: ReadonlySet<string>): T | undefined {
  return text !== undefined && known.has(text) ? (text as T) : undefined;
}

function tagsIn(look: Look): string[] {
  const value = look.value('tags');
  if (Array.isArray(value)) return value.flatMap((tag) => firstText(tag) ?? []);
  if (isObject(value)) return [];
  return (firstText(value) ?? '')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

function parametersIn(look: Look, base: Draft): JsonObject | undefined {
  const whole = look.value('modelParameters');
  const all = { ...base.modelParameters, ...(isObject(whole) && whole), ...look.under('modelParameters.') };
  return Object.keys(all).length > 0 ? all : undefined;
}

function usageIn(look: Look, base: StatedUsage | undefined): StatedUsage | undefined {
  const one = (name: string) => count(look.value(`usage.${name}`));
  const named = {
    ...{ input: one('input'), output: one('output'), total: one('total'), cached: one('input_cached_tokens') },
    ...{ cacheCreation: one('input_cache_creation'), reasoning: one('output_reasoning_tokens') },
  };
  const given: StatedUsage = stated(named);
  const whole = stated(statedUsage(look.value('usage')));
  if (Object.keys(whole).length > 0) return { ...whole, ...given };
  // The total of other counts is none of these.
  const isOff = (['input', 'output'] as const).some((kind) => contradicts(given[kind], base?.[kind]));
  return { ...base, ...(isOff && { total: undefined }), ...given };
}

function stated(usage: StatedUsage): StatedUsage {
  return Object.fromEntries(Object.entries(usage).filter(([, tokens]) => tokens !== undefined));
}

function contradicts(one: number | undefined, other: number | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** With a `total`, as Langfuse would else show none: the one that is mapped, or the sum. */
function costsIn(look: Look, base: Draft['costDetails']): Draft['costDetails'] {
  const found = Object.entries(look.under('cost.')).map(([name, value]) => [name, amount(value)] as const);
  const costs = found.filter((entry): entry is readonly [string, number] => entry[1] !== undefined);
  if (costs.length === 0) return base;
  const { total, ...kinds } = Object.fromEntries(costs);
  const { total: _, ...others } = base ?? {};
  const all = { ...others, ...kinds };
  const sum = Object.values(all).reduce((a, b) => a + b, 0);
  return { ...all, total: total ?? Number(sum.toFixed(12)) };
}

function outcomeIn(look: Look, base: Draft, status: number | undefined): Pick<Draft, 'level' | 'statusMessage'> {
  const failed = look.value('status') !== undefined && status !== undefined && (status >= 400 || status === 0);
  const level = oneOf<Level>(look.text('level')?.toUpperCase(), LEVELS) ?? (failed ? 'ERROR' : base.level);
  const message = failed ? `HTTP ${status}` : undefined;
  return { level, statusMessage: look.text('statusMessage') ?? base.statusMessage ?? message };
}

/** Unix milliseconds. Of start, end and duration, two tell the third; a `logged` time alone is the end. */
function timesIn(look: Look, options: ReadOptions, base?: CallTimes, logged = 0): CallTimes | undefined {
  const at = (place: string) => {
    const text = look.text(place);
    return text === undefined ? undefined : parseTime(text, options.timeZone);
  };
  const duration = durationIn(look);
  const end = at('endTime') ?? (base || logged === 0 ? undefined : logged);
  const start = at('startTime') ?? (end !== undefined && duration !== undefined ? end - duration : undefined);
  const startTime = Math.floor(start ?? base?.startTime ?? end ?? -1);
  if (startTime < 0) return undefined;
  const length = duration ?? (base && base.endTime - base.startTime) ?? 0;
  const first = at('completionStartTime') ?? base?.completionStartTime ?? -1;
  return {
    startTime,
    endTime: Math.max(startTime, Math.floor(at('endTime') ?? startTime + length)),
    // One before the start is of other times than these.
    ...(first >= startTime && { completionStartTime: Math.floor(first) }),
  };
}

/** Whole milliseconds. */
function durationIn(look: Look): number | undefined {
  const seconds = amount(look.value('durationSeconds'));
  const duration = amount(look.value('duration')) ?? (seconds === undefined ? undefined : seconds * 1000);
  return duration === undefined ? undefined : Math.min(Math.round(duration), LONGEST);
}

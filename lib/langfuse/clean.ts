import { remembered } from '../remembered.ts';
import type { Json, JsonObject, LlmCall, Observation, Trace } from '../types.ts';

/** Langfuse refuses a longer name; newer SDKs drop longer user and session ids. */
const MAX_NAME = 1000;
const MAX_ID = 200;
const MAX_TAGS = 50;
const MAX_STATUS = 4000;
const MAX_KEY = 200;

/** What a column of Langfuse holds: a decimal of 12 digits, 6 of them behind the point. */
const MAX_COST = 999_999;

/** Unix milliseconds of 2262-01-01: nanoseconds of a later time do not fit into 64 bits, in which OTLP counts them. */
const LATEST = 9_214_646_400_000;

/** A time that Langfuse can store: whole milliseconds since 1970. */
export function storable(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.floor(Math.min(Math.max(ms, 0), LATEST));
}

/**
 * The call with nothing in its short fields that could harm the server: Langfuse 4 answers 200 to a lone surrogate or
 * an absurd number and then drops everything in the same flush, other tenants' rows included. Input, output and
 * metadata are cleaned where they are written ({@link wellFormedText}).
 */
export function clean({ trace, observation }: LlmCall): LlmCall {
  return { trace: cleanTrace(trace), observation: cleanObservation(observation) };
}

function cleanTrace(trace: Trace): Trace {
  const { name, userId = '', sessionId = '', tags } = trace;
  if (isShort(name, MAX_NAME) && isShort(userId, MAX_ID) && isShort(sessionId, MAX_ID) && areShort(tags)) return trace;
  return {
    ...trace,
    name: short(trace.name, MAX_NAME),
    ...(trace.userId !== undefined && { userId: short(trace.userId, MAX_ID) }),
    ...(trace.sessionId !== undefined && { sessionId: short(trace.sessionId, MAX_ID) }),
    tags: trace.tags.slice(0, MAX_TAGS).map((tag) => short(tag, MAX_ID)),
  };
}

function cleanObservation(observation: Observation): Observation {
  const { model, statusMessage, usageDetails, costDetails, completionStartTime } = observation;
  const startTime = storable(observation.startTime);
  return {
    ...observation,
    name: short(observation.name, MAX_NAME),
    ...(model !== undefined && { model: short(model, MAX_ID) }),
    ...(statusMessage !== undefined && { statusMessage: short(statusMessage, MAX_STATUS) }),
    ...(usageDetails && { usageDetails: bounded(usageDetails, Number.MAX_SAFE_INTEGER, Math.round) }),
    ...(costDetails && { costDetails: bounded(costDetails, MAX_COST, (cost) => cost) }),
    startTime,
    endTime: Math.max(startTime, storable(observation.endTime)),
    ...(completionStartTime !== undefined && { completionStartTime: storable(completionStartTime) }),
  };
}

/** Texts that stand in JSON as they are, and mean there what they say: printable ASCII without quotes and backslashes. */
export const PLAIN = /^[ !#-[\]-~]*$/;

/** As a literal within the function it would be compiled anew each time: the bundler writes it as a constructor. */
const CONTROL = /\p{Cc}/gu;

function isShort(text: string, max: number): boolean {
  return text.length <= max && PLAIN.test(text);
}

function areShort(tags: readonly string[]): boolean {
  return tags.length <= MAX_TAGS && tags.every((tag) => isShort(tag, MAX_ID));
}

/** A text without control characters, cut to `max` UTF-16 units, and well-formed. */
function short(text: string, max: number): string {
  if (isShort(text, max)) return text;
  // PostgreSQL, which holds the sessions, refuses NUL.
  return wellFormedText(text.replace(CONTROL, ' ').slice(0, max));
}

function bounded(
  numbers: Readonly<Record<string, number>>,
  max: number,
  round: (value: number) => number,
): Record<string, number> {
  const kept: Record<string, number> = Object.create(null);
  for (const name of Object.keys(numbers)) {
    const value = numbers[name] ?? Number.NaN;
    if (value >= 0) kept[shortKey(name)] = Math.min(round(value), max);
  }
  return kept;
}

/** A value as text for Langfuse: a string as it is, anything else as JSON; always well-formed. */
export function wellFormedText(value: Json): string {
  const text = typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value);
  // Langfuse reads a text that looks like JSON, so an escaped lone surrogate in one is a lone surrogate.
  return /^\s*[[{"]/.test(text) ? withoutLoneEscapes(text) : text;
}

/** A value with every string in it well-formed. */
export function wellFormedJson(value: Json): Json {
  if (typeof value === 'string') return wellFormedText(value);
  const text = JSON.stringify(value);
  const clean = withoutLoneEscapes(text);
  return clean === text ? value : (JSON.parse(clean) as Json);
}

/** A well-formed key of a bounded length. */
export const shortKey = remembered((key) => short(key, MAX_KEY));

/** Metadata with such keys. */
export function metadataEntries(metadata: Readonly<JsonObject>): [string, Json][] {
  return Object.entries(metadata).map(([key, value]) => [shortKey(key), value]);
}

/** JSON text in which no escaped surrogate stands without its other half. Other escapes are passed over two by two. */
function withoutLoneEscapes(json: string): string {
  if (!json.includes('\\ud') && !json.includes('\\uD')) return json;
  const escapes = /\\(?:u(d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|u(d[89a-f][0-9a-f]{2})|.)/gis;
  return json.replace(escapes, (whole, _pair, lone: string | undefined) => (lone === undefined ? whole : '\\ufffd'));
}

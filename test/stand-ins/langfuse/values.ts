import type { Json, JsonObject } from '../../../lib/types.ts';

type Numbers = Record<string, number>;

/** The decimal column of a cost holds 12 digits, six of them before the point. */
const MAX_COST = 999_999.999999;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lower case, without a leading `langfuse-`, at most 40 characters of `[a-z0-9-_]`; anything else is `default`. */
export function normaliseEnvironment(value: unknown): string {
  if (typeof value !== 'string') return 'default';
  const name = value
    .toLowerCase()
    .replace(/^langfuse[-_]/, '')
    .slice(0, 40);
  return /^[a-z0-9\-_]+$/.test(name) ? name : 'default';
}

/** Whole non-negative counts; digit strings are read, the rest is dropped silently; a missing total is the sum. */
export function normaliseUsage(value: unknown): Numbers {
  const kept = keepNumbers(value, (count) => Number.isInteger(count) && count >= 0, true);
  const counts = Object.values(kept);
  if (counts.length > 0 && kept.total === undefined) kept.total = counts.reduce((sum, count) => sum + count, 0);
  return kept;
}

/** Numbers >= 0; a missing total is the sum of input and output. */
export function normaliseCost(value: unknown, cut: boolean): Numbers {
  const kept = keepNumbers(value, (cost) => Number.isFinite(cost) && cost >= 0, false);
  const sides = [kept.input, kept.output].filter((cost) => cost !== undefined);
  if (sides.length > 0 && kept.total === undefined) kept.total = sides.reduce((sum, cost) => sum + cost, 0);
  if (cut) for (const key of Object.keys(kept)) kept[key] = cutCost(kept[key] ?? 0);
  return kept;
}

/** Beyond 12 digits nothing is cut: that value breaks the insert (see poison). */
function cutCost(cost: number): number {
  return cost > MAX_COST && cost < 1e12 ? MAX_COST : cost;
}

function keepNumbers(value: unknown, keep: (n: number) => boolean, digits: boolean): Numbers {
  const kept: Numbers = {};
  if (!isObject(value)) return kept;
  for (const [key, raw] of Object.entries(value)) {
    const number = digits && typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
    if (typeof number === 'number' && keep(number)) kept[key] = number;
  }
  return kept;
}

/** JSON text as the value it stands for, other text as it is: so the API shows `"5"` as the number 5. */
export function readText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** A value as it reads back: strings that are JSON become what they say. */
export function readBack(value: Json): Json {
  return typeof value === 'string' ? readText(value) : value;
}

/** Metadata reads back value by value; what is no object is kept under `metadata`. */
export function readMetadata(value: unknown): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) return { metadata: readBack(value as Json) };
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, readBack(entry as Json)]));
}

/** `later` over `earlier`, objects key by key, everything else whole. */
export function mergeDeep(earlier: JsonObject, later: JsonObject): JsonObject {
  // Through a map: an assignment to the key `__proto__` would be lost.
  const merged = new Map(Object.entries(earlier));
  for (const [key, value] of Object.entries(later)) {
    const before = merged.get(key);
    const both = isObject(before) && isObject(value);
    merged.set(key, both ? mergeDeep(before as JsonObject, value as JsonObject) : value);
  }
  return Object.fromEntries(merged);
}

/** ISO 8601 with a zone to Unix milliseconds; undefined for anything else. */
export function readTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/T.*(Z|[+-]\d\d:?\d\d)$/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

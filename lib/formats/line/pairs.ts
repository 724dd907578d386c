import type { Json } from '../../types.ts';
import { isObject } from '../values/values.ts';

/**
 * The names and values of a list such as `[{"Key": "traceID", "Value": "…"}, …]`, as which SLS shows a log's content; the
 * two words in any case. `undefined` for any other value.
 */
export function pairsIn(value: Json | undefined): [string, Json][] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const pairs: [string, Json][] = [];
  for (const item of value) {
    const pair = pairOf(item);
    if (!pair) return undefined;
    pairs.push(pair);
  }
  return pairs;
}

function pairOf(item: Json): [string, Json] | undefined {
  if (!isObject(item)) return undefined;
  const entries = Object.entries(item);
  const of = (word: string) => entries.find(([name]) => name.toLowerCase() === word)?.[1];
  const key = of('key');
  const value = of('value');
  return entries.length === 2 && typeof key === 'string' && value !== undefined ? [key, value] : undefined;
}

import { parseJson } from '../formats/values/values.ts';
import type { Json } from '../types.ts';
import { type Rewriting, rewriteJson } from './json-text.ts';

/** A text that becomes another, or stays the same. */
export type TextChange = (text: string) => string;

/** Gateways write JSON into JSON: the line, its `ai_log`, a tool's arguments, and what these carry. */
const MAX_LEVELS = 4;

/**
 * A value as SLS holds it with `change` applied to the texts in it: JSON text (a list, an object, a string) value by
 * value, so that it stays JSON, any other as the text it is.
 */
export function changeText(value: string, change: TextChange, keeps?: Rewriting['keeps'], level = 1): string {
  if (level > MAX_LEVELS || !/^\s*[[{"]/.test(value) || parseJson(value) === undefined) return change(value);
  const text = (inner: string) => changeText(inner, change, undefined, level + 1);
  return rewriteJson(value, keeps ? { text, keeps } : { text });
}

/**
 * A JSON value with `change` applied to its strings (as {@link changeText} does it) and to the digits of its whole
 * numbers, which become strings when they change. Keys stay. What has not changed is the same object as before. Of a
 * number above 2^53 the last digits are lost before it comes here: JSON text is better given to {@link changeText}.
 */
export function changeJson(value: Json, change: TextChange): Json {
  if (typeof value === 'string') return changeText(value, change);
  if (typeof value === 'number') return changeNumber(value, change);
  if (Array.isArray(value)) {
    const items = value.map((item) => changeJson(item, change));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  return typeof value === 'object' && value !== null ? changeObject(value, change) : value;
}

function changeObject(object: { [key: string]: Json }, change: TextChange): Json {
  let isChanged = false;
  const entries = Object.entries(object).map(([key, value]): [string, Json] => {
    const inner = changeJson(value, change);
    isChanged ||= inner !== value;
    return [key, inner];
  });
  return isChanged ? Object.fromEntries(entries) : object;
}

function changeNumber(number: number, change: TextChange): Json {
  const digits = String(number);
  if (!/^\d+$/.test(digits)) return number;
  const changed = change(digits);
  return changed === digits ? number : changed;
}

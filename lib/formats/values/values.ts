import type { Json, JsonObject } from '../../types.ts';

/** Gateways write a missing value as `-`, an empty text, `{}` or `null`; only where that is the whole value. */
function isMissing(text: string): boolean {
  // Not a set: to look a text up in one means to hash it.
  return text === '' || text === '-' || text === '{}' || text === 'null';
}

/** Whether a value says anything. */
export function present<T extends Json>(value: T | null | undefined): value is T {
  if (value === undefined || value === null) return false;
  if (typeof value === 'string') return !isMissing(value);
  return typeof value !== 'object' || Array.isArray(value) || Object.keys(value).length > 0;
}

/** Whether a value is a plain JSON object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first of these values that says anything. */
export function firstPresent(...values: (Json | undefined)[]): Json | undefined {
  return values.find((value) => present(value));
}

/** The first of these values that says anything, as text. */
export function firstText(...values: (Json | undefined)[]): string | undefined {
  const value = firstPresent(...values);
  if (value === undefined || typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** A count: `12`, `"12"`, `"1,234"` or `12.0`. `undefined` for anything else, negatives included. */
export function count(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' ? fromDigits(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A non-negative, finite number, as a number or as text. */
export function amount(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** Deeper nesting than any request has, and far from where writing it out again would overflow the stack. */
const MAX_DEPTH = 200;

/** The JSON value that a text holds; `undefined` for other texts and for values that are nested absurdly deep. */
export function parseJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isShallow(value, MAX_DEPTH) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isShallow(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** Numbers that a double cannot hold, such as order ids of 19 digits: reading them would change them. */
const LONG_NUMBER = /[:,[]\s{0,8}-?\d{16}/;

const OPENING = /^\s*[[{]/;

/** Most texts are told by their first character, which is a letter or a digit. */
function opensJson(text: string): boolean {
  const first = text.charCodeAt(0);
  return !(first > 0x2f && first < 0x5b) && !(first > 0x60 && first < 0x7b) && OPENING.test(text);
}

/** A value that may have been written as JSON text: lists and objects are read, anything else is left as it is. */
export function structured(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string' || !opensJson(value) || LONG_NUMBER.test(value)) return value;
  const parsed = parseJson(value);
  return typeof parsed === 'object' && parsed !== null ? parsed : value;
}

function fromDigits(text: string): number {
  const digits = text.trim();
  if (/^\d{1,3}(?:,\d{3})+$/.test(digits)) return Number(digits.replaceAll(',', ''));
  return /^\d+(?:\.\d+)?$/.test(digits) ? Number(digits) : Number.NaN;
}

import type { Json, LogRecord } from './types.ts';

const TAG = '__tag__:';
const UNDECODABLE = '__undecodable__';

/**
 * A record as the flat JSON object that the SLS console shows: its own fields beside `__time__`, `__time_ns_part__`,
 * `__source__`, `__topic__` and `__tag__:*`. Bytes that are not UTF-8 are kept as base64 under `__undecodable__`.
 */
export function toFlat(record: LogRecord): { [key: string]: Json } {
  // A null prototype, because a field may be called `__proto__`.
  const flat: { [key: string]: Json } = Object.create(null);
  for (const [key, value] of record.fields) flat[key] = value;
  flat.__time__ = String(record.time);
  if (record.timeNs !== undefined) flat.__time_ns_part__ = String(record.timeNs);
  if (record.source !== '') flat.__source__ = record.source;
  if (record.topic !== '') flat.__topic__ = record.topic;
  for (const [key, value] of record.tags) flat[TAG + key] = value;
  if (record.undecodable) flat[UNDECODABLE] = Object.fromEntries(record.undecodable);
  return flat;
}

/**
 * The reverse of {@link toFlat}; also takes what people paste: values that are no strings are written as JSON text, as
 * SLS would hold them.
 */
export function fromFlat(flat: { readonly [key: string]: Json }): LogRecord {
  const fields = new Map<string, string>();
  const tags = new Map<string, string>();
  const own = new Map<string, Json>();
  for (const [key, value] of Object.entries(flat)) {
    if (RESERVED.has(key)) own.set(key, value);
    else if (key.startsWith(TAG)) tags.set(key.slice(TAG.length), asText(value));
    else fields.set(key, asText(value));
  }
  const timeNs = whole(own.get('__time_ns_part__'));
  const undecodable = own.get(UNDECODABLE);
  return {
    fields,
    time: whole(own.get('__time__')) ?? 0,
    ...(timeNs !== undefined && { timeNs }),
    source: asText(own.get('__source__') ?? ''),
    topic: asText(own.get('__topic__') ?? ''),
    tags,
    ...(isTextMap(undecodable) && { undecodable: new Map(Object.entries(undecodable)) }),
  };
}

const RESERVED = new Set(['__time__', '__time_ns_part__', '__source__', '__topic__', UNDECODABLE]);

/** A JSON value as SLS holds it: a string as it is, anything else as JSON text. */
export function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function whole(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function isTextMap(value: Json | undefined): value is { [key: string]: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

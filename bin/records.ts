import { pairsIn } from '../lib/formats/line/pairs.ts';
import { isObject, parseJson } from '../lib/formats/values/values.ts';
import { fromFlat } from '../lib/record.ts';
import type { Json, JsonObject, LogRecord } from '../lib/types.ts';
import { logsInTable } from './csv.ts';
import { documentsIn } from './documents.ts';

export interface ParsedRecords {
  readonly records: readonly LogRecord[];
  /** What a person should know about how the text was taken. */
  readonly notes: readonly string[];
}

/**
 * Log records in a text: JSON objects, alone, in an array, or one after the other; lists of pairs of `Key` and `Value`, one
 * for each record; the answer of SLS's GetLogs; or a table with commas, as the SLS console downloads it. A line that is no
 * JSON is taken as a record with the line in its field `content`. SLS gives every record a `__time__`; one that was
 * pasted without gets `fallbackTime`.
 */
export function parseRecords(text: string, fallbackTime: Date): ParsedRecords {
  const notes: string[] = [];
  const records = flatRecords(text.replace(/^\ufeff/, '')).map((flat, i) => {
    if (flat.__time__ !== undefined) return fromFlat(flat);
    const time = String(Math.floor(fallbackTime.getTime() / 1000));
    notes.push(`Record ${i + 1} has no __time__, which SLS always sets; taken as ${time} for this preview.`);
    return fromFlat({ ...flat, __time__: time });
  });
  return { records, notes };
}

/** A file's text: UTF-8, or what Windows PowerShell's `>` writes, which is UTF-16 behind a byte order mark. */
export function textOf(bytes: Buffer): string {
  return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8');
}

type Flat = { [key: string]: Json };

function flatRecords(text: string): Flat[] {
  const whole = parseJson(text);
  if (whole === undefined) return logsInTable(text) ?? documentsIn(text).map(asRecord);
  const pairs = pairsIn(whole);
  if (pairs) return [Object.fromEntries(pairs)];
  const answered = isObject(whole) ? answerOf(whole) : undefined;
  return answered ?? (Array.isArray(whole) ? whole.map(asRecord) : [asRecord(whole)]);
}

/** The logs of an answer of GetLogs (https://help.aliyun.com/zh/sls/developer-reference/api-sls-2020-12-30-getlogsv2), each with its `__time__`. */
function answerOf({ data, logs }: JsonObject): Flat[] | undefined {
  const found = data ?? logs;
  if (!Array.isArray(found) || found.length === 0) return undefined;
  const records = found.filter(isObject).filter((log) => log.__time__ !== undefined);
  return records.length === found.length ? records : undefined;
}

function asRecord(value: Json): Flat {
  const pairs = pairsIn(value);
  if (pairs) return Object.fromEntries(pairs);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return { content: typeof value === 'string' ? value : JSON.stringify(value) };
}

import { pairsIn } from '../lib/formats/line/pairs.ts';
import { isObject, parseJson } from '../lib/formats/values/values.ts';
import { fromFlat } from '../lib/record.ts';
import type { Json, LogRecord } from '../lib/types.ts';

export interface ParsedRecords {
  readonly records: readonly LogRecord[];
  /** What a person should know about how the text was taken. */
  readonly notes: readonly string[];
}

/**
 * Log records in a text: one JSON object, an array of them, one a line, or a list of pairs of `Key` and `Value` for one
 * record. A line that is no JSON is taken as a record with the line in its field `content`. SLS gives every record a
 * `__time__`; one that was pasted without gets `fallbackTime`.
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

type Flat = { [key: string]: Json };

function flatRecords(text: string): Flat[] {
  const whole = parseJson(text);
  const pairs = pairsIn(whole);
  if (pairs) return [Object.fromEntries(pairs)];
  if (Array.isArray(whole)) return whole.map(asRecord);
  if (whole !== undefined) return [asRecord(whole)];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (isBrokenDocument(lines)) return [asRecord(text.trim())];
  return lines.map((line) => asRecord(parseJson(line) ?? line));
}

/** One object over several lines that does not parse: a damaged record, not as many records as it has lines. */
function isBrokenDocument(lines: readonly string[]): boolean {
  // `[INFO] …` opens no list: it is a line of plain text.
  const opens = (line: string) => /^\s*(?:\{|\[(?!\w{1,8}\]))/.test(line);
  return (
    lines.length > 1 && opens(lines[0] ?? '') && !lines.every(opens) && !lines.some((line) => isObject(parseJson(line)))
  );
}

function asRecord(value: Json): Flat {
  const pairs = pairsIn(value);
  if (pairs) return Object.fromEntries(pairs);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return { content: typeof value === 'string' ? value : JSON.stringify(value) };
}

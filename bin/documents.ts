import { isObject, parseJson } from '../lib/formats/values/values.ts';
import type { Json } from '../lib/types.ts';

/**
 * The JSON values of a text that is no JSON as a whole: one a line, or indented over several lines, one after the other,
 * with or without commas between them or a list's brackets around them. What does not parse is there as its text: a line,
 * or the lines of a damaged object.
 */
export function documentsIn(text: string): Json[] {
  const lines = text.split('\n');
  if (!lines.some(opensAlone) && isBroken(lines.filter((line) => line.trim() !== ''))) return [text.trim()];
  const found: Json[] = [];
  for (let at = 0; at < lines.length; ) {
    const { values, next } = documentAt(lines, at);
    found.push(...values);
    at = next;
  }
  return found;
}

interface Document {
  readonly values: readonly Json[];
  /** The line behind it. */
  readonly next: number;
}

function documentAt(lines: readonly string[], at: number): Document {
  const line = lines[at] ?? '';
  if (/^[\s,[\]]*$/.test(line)) return { values: [], next: at + 1 };
  if (!opensAlone(line)) return { values: [inLine(line)], next: at + 1 };
  const end = endOfDocument(lines, at);
  const text = lines.slice(at, end).join('\n').trim();
  return { values: [parseJson(text.replace(/,$/, '')) ?? text], next: end };
}

/** What stands on one line, which a list around it may have left a bracket or a comma at either end of. */
function inLine(line: string): Json {
  const bare = line.trim().replace(/,$/, '');
  const within = bare.replace(/^\[\s{0,8}(?=\{)/, '').replace(/,?\s{0,8}\]$/, '');
  return parseJson(bare) ?? objectIn(within) ?? objectIn(within.replace(/,$/, '')) ?? line;
}

function objectIn(text: string): Json | undefined {
  const value = parseJson(text);
  return isObject(value) ? value : undefined;
}

/** A line with nothing but the bracket that an indented object begins with. */
function opensAlone(line: string): boolean {
  return /^\s*\{\s*$/.test(line);
}

/** The line behind the object's own closing bracket, which is indented as its first; else the next such object. */
function endOfDocument(lines: readonly string[], at: number): number {
  const indent = /^\s*/.exec(lines[at]?.trimEnd().slice(0, -1) ?? '')?.[0] ?? '';
  for (let next = at + 1; next < lines.length; next++) {
    const line = lines[next] ?? '';
    if (!line.startsWith(indent)) continue;
    const rest = line.slice(indent.length).trimEnd();
    if (rest === '}' || rest === '},') return next + 1;
    if (rest === '{') return next;
  }
  return lines.length;
}

/** One object over several lines that does not parse: a damaged record, not as many records as it has lines. */
function isBroken(lines: readonly string[]): boolean {
  // `[INFO] …` opens no list: it is a line of plain text.
  const opens = (line: string) => /^\s*(?:\{|\[(?!\w{1,8}\]))/.test(line);
  return (
    lines.length > 1 && opens(lines[0] ?? '') && !lines.every(opens) && !lines.some((line) => isObject(inLine(line)))
  );
}

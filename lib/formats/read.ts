import type { LogRecord, Reading } from '../types.ts';
import { callOf, drafted, type Found, facetsOf, unreadable } from './draft.ts';
import { mapped } from './field-map.ts';
import { Line } from './line/line.ts';
import { unwrap } from './line/unwrap.ts';
import type { ReadOptions } from './options.ts';

/**
 * Tells what a log record is: an LLM call, a line to skip, or one that shows the signs of a call from which none can be
 * made. Pure: the same record reads the same, whatever page it came in. Never throws.
 */
export function read(record: LogRecord, options: ReadOptions): Reading {
  try {
    return readingOf(record, options);
  } catch (error) {
    // A mistake in a reader must cost one letter: thrown, it would block the shard for good.
    const name = error instanceof Error ? error.name : 'unknown error';
    return unreadable(`the record's reader failed (${name}): report it`);
  }
}

function readingOf(record: LogRecord, options: ReadOptions): Reading {
  const unwrapped = unwrap(record);
  if (unwrapped.kind === 'unreadable') return unreadable(unwrapped.message);
  const isText = unwrapped.kind === 'text';
  const line = new Line(record, unwrapped.fields, isText ? undefined : unwrapped.damaged);
  const { format, found } = find(line, options);
  if (found?.kind !== 'draft') return found ?? { kind: 'skip', reason: isText ? 'unparsable' : 'non_ai' };
  const { draft } = found;
  return { kind: 'call', call: callOf(draft, format, record.time, options.keepMedia), facets: facetsOf(draft, format) };
}

const UNKNOWN = { format: 'unknown', found: undefined };

function find(line: Line, options: ReadOptions): { format: string; found: Found | undefined } {
  const { sourceFormat } = options;
  for (const [format, reader] of options.readers) {
    if (sourceFormat !== undefined && sourceFormat !== format) continue;
    const found = reader(line, options);
    if (!found) continue;
    if (found.kind !== 'draft') return { format, found };
    return { format, found: drafted(mapped(line, options, found.draft) ?? found.draft) };
  }
  if (options.more || (sourceFormat !== undefined && sourceFormat !== 'custom')) return UNKNOWN;
  const draft = mapped(line, options);
  return { format: 'custom', found: draft && drafted(draft) };
}

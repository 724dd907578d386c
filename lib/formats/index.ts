import type { LogRecord, Reading } from '../types.ts';
import { gatewayLine } from './gateway-line.ts';
import { readHigress } from './higress.ts';
import { readSeed } from './seed.ts';
import { unwrap } from './unwrap.ts';

export interface ReadOptions {
  /** IANA name of the zone meant by times that name none. */
  readonly timeZone: string;
}

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
    return { kind: 'reject', why: { why: 'unreadable', message: `the record's reader failed (${name}): report it` } };
  }
}

function readingOf(record: LogRecord, { timeZone }: ReadOptions): Reading {
  const unwrapped = unwrap(record);
  if (unwrapped.kind === 'unparsable') return { kind: 'skip', reason: 'unparsable' };
  if (unwrapped.kind === 'unreadable') {
    return { kind: 'reject', why: { why: 'unreadable', message: unwrapped.message } };
  }
  const line = gatewayLine(record, unwrapped.fields, unwrapped.damaged);
  return readSeed(line, timeZone) ?? readHigress(line, timeZone) ?? { kind: 'skip', reason: 'non_ai' };
}

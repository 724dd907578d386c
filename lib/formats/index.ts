import type { LogRecord, Reading } from '../types.ts';
import { readApisix } from './apisix.ts';
import { callOf, drafted, type Found, facetsOf, unreadable } from './draft.ts';
import { readEnvoy } from './envoy.ts';
import { mapped } from './field-map.ts';
import { readAccess, readHigress } from './higress.ts';
import { readKong } from './kong.ts';
import { Line } from './line/line.ts';
import { unwrap } from './line/unwrap.ts';
import { readLitellm } from './litellm.ts';
import { readNewApi } from './new-api.ts';
import type { Format, ReadOptions } from './options.ts';
import { readOtel } from './otel.ts';
import { readSeed } from './seed.ts';
import { readXinference } from './xinference.ts';

export type { ReadOptions } from './options.ts';

type Reader = (line: Line, options: ReadOptions) => Found | undefined;

/** The first reader that knows a record reads it: those of the surest signs come first. */
const READERS: readonly (readonly [Format, Reader])[] = [
  ['otel', readOtel],
  ['seed', readSeed],
  ['higress', readHigress],
  ['litellm', readLitellm],
  ['kong', readKong],
  ['apisix', readApisix],
  ['envoy', readEnvoy],
  ['xinference', readXinference],
  ['new-api', readNewApi],
  ['higress', readAccess],
];

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

function find(line: Line, options: ReadOptions): { format: string; found: Found | undefined } {
  const { sourceFormat } = options;
  for (const [format, reader] of READERS) {
    if (sourceFormat !== undefined && sourceFormat !== format) continue;
    const found = reader(line, options);
    if (!found) continue;
    if (found.kind !== 'draft') return { format, found };
    return { format, found: drafted(mapped(line, options, found.draft) ?? found.draft) };
  }
  if (sourceFormat !== undefined && sourceFormat !== 'custom') return { format: sourceFormat, found: undefined };
  const draft = mapped(line, options);
  return { format: 'custom', found: draft && drafted(draft) };
}

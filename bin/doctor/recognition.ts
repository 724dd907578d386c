import type { LogRecord } from '../../lib/types.ts';
import { type ViewOptions, view } from '../../lib/view/view.ts';
import { type Finding, ok, warn } from './exam.ts';

interface Counts {
  readonly formats: Map<string, number>;
  readonly skipped: Map<string, number>;
  rejected: number;
  /** Of the first that was rejected; names fields, quotes none. */
  reason?: string;
}

const UNKNOWN =
  'See what becomes of one of them: npm run -s explain -- FILE. SOURCE_FORMAT names the format, FIELD_MAP maps fields of your own.';
const LEFT_OUT = 'INCLUDE, EXCLUDE or SAMPLE_RATE leave them out: check these settings.';
const REJECTED = 'They become dead letters. See one: npm run -s explain -- FILE, and report the format.';

/** What these logs are, in the function's own eyes: which share is a call, by format, and why the others are none. */
export function checkRecognition(records: readonly LogRecord[], options: ViewOptions): Finding<never> {
  const counts: Counts = { formats: new Map(), skipped: new Map(), rejected: 0 };
  for (const record of records) count(counts, record, options);
  const { formats, skipped, rejected, reason } = counts;
  const calls = sum(formats);
  const share = Math.round((100 * calls) / records.length);
  const parts = [
    `${calls} of ${records.length} logs are calls (${share} %)${calls > 0 ? `: ${list(formats)}` : ''}`,
    ...(skipped.size > 0 ? [`${sum(skipped)} skipped: ${list(skipped)}`] : []),
    ...(rejected > 0 ? [`${rejected} rejected, the first because: ${reason}`] : []),
  ];
  const message = `${parts.join('; ')}.`;
  if (rejected > 0) return warn(message, REJECTED);
  return calls > 0 ? ok(message) : warn(message, leavesOut(skipped) ? LEFT_OUT : UNKNOWN);
}

function count(counts: Counts, record: LogRecord, options: ViewOptions): void {
  const reading = view(record, options);
  if (reading.kind === 'call') add(counts.formats, reading.facets.format);
  else if (reading.kind === 'skip') add(counts.skipped, reading.reason);
  else {
    counts.rejected++;
    counts.reason ??= reading.why.message.replace(/\.$/, '');
  }
}

function leavesOut(skipped: ReadonlyMap<string, number>): boolean {
  return ['not_included', 'excluded', 'sampled_out'].some((reason) => skipped.has(reason));
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((a, b) => a + b, 0);
}

function list(counts: ReadonlyMap<string, number>): string {
  const entries = [...counts].sort(([, a], [, b]) => b - a);
  return entries.map(([name, number]) => `${name} ${number}`).join(', ');
}

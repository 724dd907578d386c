import { expect } from 'vitest';
import { InvocationError } from '../../lib/errors.ts';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { rowKey } from '../../lib/langfuse/stored.ts';
import type { LogRecord, RangeLetter, Receipt, RecordLetter } from '../../lib/types.ts';
import type { Outcome, Plan } from './plan.ts';

const recordLetters = ({ letters }: Outcome) => letters.filter((l): l is RecordLetter => l.kind === 'record');
const rangeLetters = ({ letters }: Outcome) => letters.filter((l): l is RangeLetter => l.kind === 'range');
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
const placeOf = ({ position }: Pick<LogRecord, 'position'>) => `${position?.cursor}#${position?.index}`;

/** Laws 1 to 3: the receipt balances, and every record is where it says. */
export function checkReceipt(outcome: Outcome, receipt: Receipt): void {
  const { read: records } = outcome;
  expect(receipt.read).toBe(records.length);
  expect(receipt.delivered + sum(receipt.skipped) + sum(receipt.lettered)).toBe(receipt.read);
  const lettered = new Set(recordLetters(outcome).map(({ origin }) => placeOf(origin)));
  expect(lettered.size).toBe(sum(receipt.lettered));
  expect(recordLetters(outcome)).toHaveLength(lettered.size);
  const ends = records.map((each) => endOf(each, outcome, lettered));
  expect(ends).not.toContain('lost');
  expect(ends.filter((end) => end === 'delivered')).toHaveLength(receipt.delivered);
  expect(ends.filter((end) => end === 'skipped')).toHaveLength(sum(receipt.skipped));
}

function endOf(each: LogRecord, { rows }: Outcome, lettered: ReadonlySet<string>): string {
  const reading = read(each, { readers: ALL, timeZone: 'UTC' });
  if (reading.kind === 'skip') return 'skipped';
  if (lettered.has(placeOf(each))) return 'lettered';
  return reading.kind === 'call' && rows.has(rowKey(reading.call)) ? 'delivered' : 'lost';
}

/** What was not read is in a range letter, once. */
export function checkRanges(outcome: Outcome, receipt: Receipt): void {
  const expected = outcome.broken.map(({ cursor, next }) => [cursor, next]);
  if (outcome.unread) expected.push([outcome.unread.begin, outcome.unread.end]);
  const found = rangeLetters(outcome).map(({ range }) => [range.begin, range.end]);
  expect(found.sort()).toEqual(expected.sort());
  expect(receipt.ranges).toBe(found.length);
}

/** Law 4: it throws only for a pull that fails before anything was read, or a letter that could not be written. */
export function checkError(outcome: Outcome, error: unknown, plan: Plan): void {
  expect(error).toBeInstanceOf(InvocationError);
  if (!(error instanceof InvocationError)) return;
  if (error.code === 'pull') {
    expect([outcome.read, outcome.broken, outcome.letters]).toEqual([[], [], []]);
    const aborted = plan.pages[0] && plan.pages[0].ms >= plan.sendMs;
    expect(plan.pages[0]?.kind === 'fails' || aborted).toBe(true);
    return;
  }
  expect(error.code).toBe('dead-letter');
  expect(outcome.refusedPuts.some((key) => error.message.includes(key))).toBe(true);
  expect(error.message).toMatch(/not accounted for: (?:\d+ records of the page at|the range from) /);
  expect(error.message).toContain('SLS will offer the range again');
}

/** Law 9: question and answer texts are in no log line and in no error. */
export function checkSecrecy({ lines, result }: Outcome): void {
  const said = [...lines, 'error' in result ? String(result.error) : ''].join('\n');
  expect(said).not.toMatch(/question \d|answer \d/);
}

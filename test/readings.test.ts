import { describe, expect, it } from 'vitest';
import { ALL } from '../lib/formats/all.ts';
import type { Readers } from '../lib/formats/options.ts';
import { wholeOf } from '../lib/held-call.ts';
import type { TraceSink } from '../lib/langfuse/sink.ts';
import { Readings } from '../lib/readings.ts';
import type { LlmCall, LogRecord, LogRecords } from '../lib/types.ts';
import { recordOf } from './support/records.ts';

const SINK = { name: 'otlp' } as TraceSink;

/** Of `count` calls, how many were read and not written yet each time that one was written. */
async function unwritten(count: number): Promise<{ readings: Readings; waiting: number[] }> {
  let [read, written] = [0, 0];
  const waiting: number[] = [];
  const records: LogRecords = {
    length: count,
    at: (index) => recordOf(index),
    *[Symbol.iterator]() {
      while (read < count) yield recordOf(read++);
    },
  };
  const write = ({ observation }: LlmCall) => {
    waiting.push(read - written++);
    return { sink: SINK, as: { body: Buffer.from(observation.id), bytes: 16 } };
  };
  return { readings: await Readings.of(records, { readers: ALL, timeZone: 'UTC' }, write), waiting };
}

describe('the calls of a page', () => {
  it.each([
    ['fewer than a chunk', 31, 31],
    ['a chunk', 32, 32],
    ['several and a part of one', 100, 32],
  ])('are written down as they are read: of %s, never more than a chunk is held', async (_, count, most) => {
    const { readings, waiting } = await unwritten(count);
    expect(waiting).toHaveLength(count);
    expect(Math.max(...waiting)).toBe(most);
    const ids = readings.calls.map(({ observation }) => observation.id);
    expect(new Set(ids).size).toBe(count);
    expect(readings.calls.map(({ written }) => written?.as.body.toString())).toEqual(ids);
  });

  it('are had as a whole once more from their records', async () => {
    const { readings } = await unwritten(40);
    const inputs = readings.calls.map((call) => wholeOf(call).observation.input);
    expect(inputs).toEqual(inputs.map((_, n) => `question ${n}`));
  });

  it.each<[string, (index: number) => LogRecord | undefined, string]>([
    ['is gone', () => undefined, 'The page has no record 1'],
    ['is another now', (index) => recordOf(index, 'skip'), 'is none any more'],
  ])('cannot be had where the record %s', async (_, at, message) => {
    const all = [recordOf(0), recordOf(1)];
    const records: LogRecords = { length: 2, at, [Symbol.iterator]: () => all.values() };
    const [, second] = (await Readings.of(records, { readers: ALL, timeZone: 'UTC' })).calls;
    if (!second) throw new Error('two calls were read');
    expect(() => wholeOf(second)).toThrow(message);
  });
});

describe('a page that needs more readers', () => {
  const none: Readers = [];
  /** How often all readers were asked for, and what the records turned out to be. */
  async function readAs(readers: Readers, ...records: LogRecord[]) {
    let asked = 0;
    const more = async () => {
      asked++;
      return ALL;
    };
    const { calls, skipped } = await Readings.of(records, { readers, more, timeZone: 'UTC' });
    return { asked, calls: calls.length, skipped };
  }

  it('has them asked for once, and its records read in their order', async () => {
    const [one, other, two] = [recordOf(0), recordOf(1, 'skip'), recordOf(2)];
    expect(await readAs(none, other, one, two)).toEqual({ asked: 1, calls: 2, skipped: ['non_ai'] });
  });

  it('is one with a line of which the first readers know no kind, or that is a text', async () => {
    const text: LogRecord = { ...recordOf(0), fields: new Map([['content', 'no line of any gateway']]) };
    expect(await readAs(none, text)).toEqual({ asked: 1, calls: 0, skipped: ['unparsable'] });
  });

  it('is none whose records the first readers know, be it as something to skip', async () => {
    const mcp: LogRecord = { ...recordOf(0), fields: new Map([['mcp_tool_name', 'search']]) };
    expect(await readAs(ALL, recordOf(0), mcp)).toEqual({ asked: 0, calls: 1, skipped: ['mcp'] });
    expect(await readAs(ALL, recordOf(0, 'reject'))).toEqual({ asked: 0, calls: 0, skipped: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { coldStart } from '../../bench/cold-start.ts';
import { cost } from '../../bench/cost.ts';
import { kindness } from '../../bench/kindness.ts';
import { memory } from '../../bench/memory.ts';
import { overlap } from '../../bench/overlap.ts';
import { parts } from '../../bench/parts.ts';
import type { Report, Size } from '../../bench/report.ts';
import { throughput } from '../../bench/throughput.ts';

/** What each benchmark measures; none of it is held against a clock here. */
const MEASURED: readonly (readonly [string, (size: Size) => Promise<Report>, readonly string[], readonly string[]])[] =
  [
    [
      'throughput',
      throughput,
      ['forwarder', 'floor', 'floor, same payload', 'forwarder, few', 'SDK, few'],
      ['logs', 'logs/s', 'CPU ms/1,000', 'KB sent/1,000'],
    ],
    ['memory', memory, ['40 logs', '400 logs'], ['peak MB', 'CPU ms/1,000', 'peak MB, bounded']],
    ['cold start', coldStart, ['an empty file required', 'the bundle required', 'first invocation'], ['ms', 'CPU ms']],
    ['overlap', overlap, ['the same range without latency', 'the range with latency'], ['ms', 'CPU ms']],
    ['kindness', kindness, ['no limit', '2000 calls/s, waits'], ['calls/s', 'requests/1,000', 'KB/1,000']],
    ['cost', cost, ['1 calls/s, 0.25 vCPU, 512 MB'], ['s each', 'GB-s', 'CU', 'USD']],
    ['parts', parts, ['LZ4', 'protobuf', 'payload writing', 'gzip, level 1'], ['MB/s', 'µs for each record']],
  ];

const reports = new Map<string, Promise<Report>>();

/** Each benchmark is run once, however many look at its report. */
function reportOf(name: string, measure: (size: Size) => Promise<Report>): Promise<Report> {
  const report = reports.get(name) ?? measure('tiny');
  reports.set(name, report);
  return report;
}

describe.each(MEASURED)('the benchmark of %s', (benchmark, measure, rows, figures) => {
  it('runs at a tiny size and gives each of its figures', async () => {
    const report = await reportOf(benchmark, measure);
    for (const name of rows) {
      const row = report.rows.find((one) => one.name === name);
      expect(row, name).toBeDefined();
      for (const figure of figures) expect(Number(row?.figures[figure]), `${name}: ${figure}`).toBeGreaterThan(0);
    }
    for (const { name, value } of report.goals) expect(value, name).toEqual(expect.any(Number));
  }, 120_000);
});

it('acknowledges every log of the forwarder and of the floor when they end', async () => {
  const { rows } = await reportOf('throughput', throughput);
  const share = (name: string) => rows.find((row) => row.name === name)?.figures['acknowledged %'];
  expect([share('forwarder'), share('floor'), share('floor, same payload')]).toEqual([100, 100, 100]);
}, 120_000);

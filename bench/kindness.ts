import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Measured, shipOnce } from './function.ts';
import { inFlightSvg } from './in-flight.ts';
import type { Report, Size } from './report.ts';
import { type Counts, startServers } from './servers.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));

interface Load {
  /** Calls of the range, and how many the server takes in a second. */
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Seconds that the server lets requests wait, and the forwarder waits for an answer. */
  readonly queueSeconds: number;
  readonly timeoutSeconds: number;
}

/** `quick` is `full` with four times the speed and a quarter of the patience. */
const SIZES: Readonly<Record<Size, Load>> = {
  tiny: { calls: 80, callsPerSecond: 2_000, queueSeconds: 5, timeoutSeconds: 3 },
  quick: { calls: 20_000, callsPerSecond: 800, queueSeconds: 1.5, timeoutSeconds: 7.5 },
  full: { calls: 40_000, callsPerSecond: 200, queueSeconds: 6, timeoutSeconds: 30 },
};
/** Calls for the count of requests, to a server without a limit. */
const COUNTED: Readonly<Record<Size, number>> = { tiny: 80, quick: 10_000, full: 10_000 };

interface Strained {
  readonly measured: Measured;
  readonly counts: Counts;
}

/** 5: what Langfuse has to bear, at leisure and when it cannot keep up. */
export async function kindness(size: Size): Promise<Report> {
  const workshop = await openWorkshop();
  try {
    const free = await shipped(workshop, COUNTED[size], {});
    const load = SIZES[size];
    const { callsPerSecond } = load;
    // Both ways in which an overload is told: a queue so long that answers come late, and one that turns away.
    const patient = await shipped(workshop, load.calls, { callsPerSecond, queueSeconds: 3_600 }, load.timeoutSeconds);
    const strict = await shipped(workshop, load.calls, load, load.timeoutSeconds);
    if (size !== 'tiny') await draw(patient, strict);
    return reportOf(load, free, patient, strict, COUNTED[size]);
  } finally {
    await workshop.close();
  }
}

async function shipped(
  workshop: Workshop,
  calls: number,
  { callsPerSecond, queueSeconds }: Partial<Load>,
  timeoutSeconds = 30,
): Promise<Strained> {
  const limits = callsPerSecond === undefined || queueSeconds === undefined ? {} : { callsPerSecond, queueSeconds };
  const servers = await startServers(workshop, limits);
  try {
    const measured = await shipOnce(workshop, servers, calls, { LANGFUSE_TIMEOUT: String(timeoutSeconds) });
    return { measured, counts: await servers.counts() };
  } finally {
    await servers.close();
  }
}

async function draw(patient: Strained, strict: Strained): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  const svg = inFlightSvg([
    { name: 'a server that lets everything wait', changes: patient.counts.langfuse.open },
    { name: 'a server that turns away what would wait too long', changes: strict.counts.langfuse.open },
  ]);
  await writeFile(join(RESULTS, 'in-flight.svg'), svg);
}

function reportOf(load: Load, free: Strained, patient: Strained, strict: Strained, counted: number): Report {
  const goals = [patient, strict].flatMap((strained, i) => goalsOf(strained, load, ['waits', 'turns away'][i] ?? ''));
  return {
    title: '5  Kindness to Langfuse',
    rows: [
      rowOf('no limit', counted, free),
      rowOf(`${load.callsPerSecond} calls/s, waits`, load.calls, patient),
      rowOf(`${load.callsPerSecond} calls/s, turns away`, load.calls, strict),
    ],
    goals,
    notes: [
      `The server has one queue. It lets requests wait, or answers 503 to what would wait longer than ${load.queueSeconds} s;`,
      `the forwarder waits ${load.timeoutSeconds} s for an answer. Requests in flight over time: bench/results/in-flight.svg.`,
    ],
  };
}

function rowOf(name: string, calls: number, { measured, counts: { langfuse } }: Strained) {
  return {
    name,
    figures: {
      calls,
      'calls/s': (calls / measured.ms) * 1000,
      'requests/1,000': (langfuse.requests / calls) * 1000,
      'KB/1,000': (langfuse.bytes / 1024 / calls) * 1000,
      'in flight, most': langfuse.open.reduce((most, [, open]) => Math.max(most, open), 0),
      'turned away': langfuse.turnedAway,
      'timed out': langfuse.abandoned,
    },
  };
}

function goalsOf({ counts: { langfuse } }: Strained, load: Load, how: string): Report['goals'] {
  // From the first request to the last answer: starting and reading are not the server's to wait for.
  const [first, last] = [langfuse.open[0]?.[0] ?? 0, langfuse.open.at(-1)?.[0] ?? 0];
  const taken = (load.calls / (last - first)) * 1000;
  return [
    { name: `calls/s / what it takes (${how})`, value: taken / load.callsPerSecond, limit: 0.9, rule: 'at least' },
    {
      name: `requests timed out, % (${how})`,
      value: share(langfuse.abandoned, langfuse.requests),
      limit: 0.1,
      rule: 'at most',
    },
    { name: `swing of the requests in flight (${how})`, value: swing(langfuse.open), limit: 2, rule: 'at most' },
  ];
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}

/**
 * How far the requests in flight swing in the middle half of the run: the most divided by the least of ten means. An
 * even stream has 1.
 */
function swing(changes: readonly [number, number][]): number {
  const end = changes.at(-1)?.[0] ?? 0;
  const begin = changes[0]?.[0] ?? 0;
  const width = (end - begin) / 20;
  const means = Array.from({ length: 10 }, (_, i) => meanBetween(changes, begin + (5 + i) * width, width));
  return Math.max(...means) / Math.max(Math.min(...means), 0.01);
}

function meanBetween(changes: readonly [number, number][], from: number, width: number): number {
  let area = 0;
  for (const [i, [at, open]] of changes.entries()) {
    const until = changes[i + 1]?.[0] ?? at;
    area += open * Math.max(0, Math.min(until, from + width) - Math.max(at, from));
  }
  return width === 0 ? 1 : area / width;
}

import { resultOf } from './children.ts';
import { shipOnce } from './function.ts';
import { median } from './median.ts';
import type { Report, Row, Size } from './report.ts';
import { type Counts, realLangfuse, type Servers, type Surroundings, startServers } from './servers.ts';
import type { FloorOptions, FloorResult } from './side/floor.ts';
import type { OrdinaryOptions, OrdinaryResult } from './side/ordinary.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

/** Logs for the floor and for the ordinary way; and how often each is run. */
const SIZES: Readonly<Record<Size, readonly [number, number, number]>> = {
  tiny: [400, 80, 1],
  quick: [20_000, 1_000, 1],
  full: [100_000, 5_000, 3],
};

/** One run of one way. */
interface Run {
  readonly logs: number;
  readonly cpuMs: number;
  readonly ms: number;
  readonly acknowledged: number;
  readonly bytes: number;
}

type Way = 'forwarder' | Floor | Few | `${Few}, 3.225.4's rates` | `${Few}, real Langfuse`;
type Few = 'forwarder, few' | 'SDK, few';
type Floor = 'floor' | 'floor, same payload' | 'floor, few';

/**
 * What one self-hosted Langfuse 3.225.4 took: by OTLP 12,000 calls a second, by the ingestion API 100 to 260, for it stores
 * an object for each event.
 */
const RATES: Surroundings = { callsPerSecond: 12_000, ingestedPerSecond: 260, queueSeconds: 3_600 };

/** 1: the whole built bundle over loopback, beside the work that nobody can avoid and beside the SDK's way. */
export async function throughput(size: Size): Promise<Report> {
  const [many, few, times] = SIZES[size];
  const workshop = await openWorkshop();
  const ways: [Way, (servers: Servers) => Promise<Run>, Surroundings?][] = [
    ['forwarder', (servers) => forwarder(workshop, servers, many)],
    ['floor', (servers) => floor(workshop, servers, many, false)],
    ['floor, same payload', (servers) => floor(workshop, servers, many, true)],
    ['forwarder, few', (servers) => forwarder(workshop, servers, few)],
    ['floor, few', (servers) => floor(workshop, servers, few, true)],
    ['SDK, few', (servers) => ordinary(workshop, servers, few)],
    ["forwarder, few, 3.225.4's rates", (servers) => forwarder(workshop, servers, few), RATES],
    ["SDK, few, 3.225.4's rates", (servers) => ordinary(workshop, servers, few), RATES],
    ...realWays(workshop, few),
  ];
  const runs = new Map<Way, Run[]>(ways.map(([way]) => [way, []]));
  try {
    // In turn, so that what else the machine does meets all of them.
    for (let i = 0; i < times; i++)
      for (const [way, ...how] of ways) runs.get(way)?.push(await served(workshop, ...how));
  } finally {
    await workshop.close();
  }
  return reportOf(runs);
}

/** The comparison with the SDK once more, with a Langfuse that has its own work to do. What it took is not counted. */
function realWays(workshop: Workshop, few: number): [Way, (servers: Servers) => Promise<Run>][] {
  const langfuse = realLangfuse(process.env);
  if (!langfuse) return [];
  const uncounted = (run: Run): Run => ({ ...run, acknowledged: Number.NaN, bytes: Number.NaN });
  return [
    [
      'forwarder, few, real Langfuse',
      async (servers) => uncounted(await forwarder(workshop, { ...servers, langfuse }, few)),
    ],
    ['SDK, few, real Langfuse', async (servers) => uncounted(await ordinary(workshop, { ...servers, langfuse }, few))],
  ];
}

async function served(
  workshop: Workshop,
  run: (servers: Servers) => Promise<Run>,
  surroundings?: Surroundings,
): Promise<Run> {
  const servers = await startServers(workshop, surroundings);
  try {
    return await run(servers);
  } finally {
    await servers.close();
  }
}

async function forwarder(workshop: Workshop, servers: Servers, logs: number): Promise<Run> {
  const { cpuMs, ms } = await shipOnce(workshop, servers, logs);
  return runOf(logs, { cpuMs, ms }, await servers.counts());
}

async function floor(workshop: Workshop, servers: Servers, logs: number, metadata: boolean): Promise<Run> {
  const program = await workshop.program('side/floor.ts');
  const { sls, langfuse, logsPerGroup } = servers;
  const options: FloorOptions = { sls, langfuse: langfuse.host, groups: logs / logsPerGroup, metadata };
  return runOf(logs, await resultOf<FloorResult>(program, options), await servers.counts());
}

async function ordinary(workshop: Workshop, servers: Servers, logs: number): Promise<Run> {
  const program = await workshop.program('side/ordinary.ts');
  const options: OrdinaryOptions = { langfuse: servers.langfuse, logs };
  const result = await resultOf<OrdinaryResult>(program, options);
  return runOf(logs, result, await servers.counts());
}

function runOf(logs: number, { cpuMs, ms }: { cpuMs: number; ms: number }, { langfuse }: Counts): Run {
  return { logs, cpuMs, ms, acknowledged: langfuse.calls / logs, bytes: langfuse.bytes };
}

function reportOf(runs: ReadonlyMap<Way, readonly Run[]>): Report {
  const ratio = (a: Way, b: Way, of: (run: Run) => number) =>
    median((runs.get(a) ?? []).map((run, i) => of(run) / of(runs.get(b)?.[i] ?? run)));
  const cpu = (run: Run) => run.cpuMs;
  const speed = (run: Run) => run.logs / run.ms;
  const acknowledged = Math.min(...(runs.get('forwarder') ?? []).map((run) => run.acknowledged));
  return {
    title: '1  Throughput of the built bundle over loopback',
    rows: [...runs].map(([way, those]) => rowOf(way, those)),
    goals: [
      { name: 'CPU, forwarder / floor', value: ratio('forwarder', 'floor', cpu), limit: 1.3, rule: 'at most' },
      {
        name: 'CPU, forwarder / floor, same payload',
        value: ratio('forwarder', 'floor, same payload', cpu),
        limit: 1.3,
        rule: 'at most',
      },
      {
        name: 'logs/s, forwarder / SDK',
        value: ratio('forwarder, few', 'SDK, few', speed),
        limit: 20,
        rule: 'at least',
      },
      {
        name: "logs/s, forwarder / SDK, 3.225.4's rates",
        value: ratio("forwarder, few, 3.225.4's rates", "SDK, few, 3.225.4's rates", speed),
        limit: 20,
        rule: 'at least',
      },
      ...(runs.has('SDK, few, real Langfuse')
        ? [
            {
              name: 'logs/s, forwarder / SDK, real Langfuse',
              value: ratio('forwarder, few, real Langfuse', 'SDK, few, real Langfuse', speed),
              limit: 20,
              rule: 'at least' as const,
            },
          ]
        : []),
      { name: 'acknowledged when the call returned', value: acknowledged, limit: 1, rule: 'at least' },
    ],
    notes: [
      'Each way in a process of its own, the servers in another; medians, and ratios of runs that followed each other.',
      'CPU is user and system time of all threads. "few": at this number the compiler has not warmed up; the floor writes',
      'the same payload there. Servers on loopback take no time: what they need, the SDK would wait for.',
      "3.225.4's rates: a stand-in that takes 12,000 calls a second by OTLP and 260 by the ingestion API, the most that was",
      'measured of one self-hosted Langfuse 3.225.4; it models these two figures and nothing else.',
      'The floor writes what shows a call; "same payload" also reads and writes what the forwarder keeps as metadata.',
      'With LANGFUSE_HOST and its keys set, the comparison with the SDK is made against that Langfuse as well.',
    ],
  };
}

function rowOf(name: Way, runs: readonly Run[]): Row {
  const of = (value: (run: Run) => number) => median(runs.map(value));
  return {
    name,
    figures: {
      logs: of((run) => run.logs),
      'logs/s': of((run) => (run.logs / run.ms) * 1000),
      'CPU ms/1,000': of((run) => (run.cpuMs / run.logs) * 1000),
      'KB sent/1,000': of((run) => (run.bytes / run.logs / 1024) * 1000),
      'acknowledged %': of((run) => run.acknowledged * 100),
    },
  };
}

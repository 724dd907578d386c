import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Measured, MeasuredFunction, type Spent } from './function.ts';
import { median } from './median.ts';
import type { Report, Row, Size } from './report.ts';
import { type Servers, startServers } from './servers.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const run = promisify(execFile);
const REQUIRE = fileURLToPath(new URL('worker/require-time.cjs', import.meta.url));

/** Processes for each file, instances of the function, and logs of an invocation. */
const SIZES: Readonly<Record<Size, readonly [number, number, number]>> = {
  tiny: [1, 1, 40],
  quick: [7, 2, 100],
  full: [21, 7, 100],
};
const INVOCATIONS = 10;
/** What a new instance loads, beside the bytecode. */
const LOADED = ['ship.js', 'ship.bundle.js'];

interface FirstInvocations {
  readonly firstByteMs: number;
  readonly first: Measured;
  readonly tenth: Measured;
}

/** 3: what it costs to load the bundle, and how soon and how fast it works then. */
export async function coldStart(size: Size): Promise<Report> {
  const [processes, instances, logs] = SIZES[size];
  const workshop = await openWorkshop();
  try {
    const empty = join(workshop.folder, 'empty.cjs');
    await writeFile(empty, '');
    const starts = await startsOf([empty, workshop.bundle], processes);
    return reportOf(starts, await invocationsOf(workshop, instances, logs), workshop);
  } finally {
    await workshop.close();
  }
}

/** The files in turn, so that what else the machine does meets all of them. */
async function startsOf(files: readonly string[], processes: number): Promise<readonly Spent[][]> {
  const starts: Spent[][] = files.map(() => []);
  for (let i = 0; i < processes; i++) {
    for (const [at, file] of files.entries()) {
      const { stdout } = await run(process.execPath, [REQUIRE, file]);
      starts[at]?.push(JSON.parse(stdout) as Spent);
    }
  }
  return starts;
}

async function invocationsOf(workshop: Workshop, instances: number, logs: number): Promise<FirstInvocations[]> {
  const servers = await startServers(workshop, { logsPerGroup: 20 });
  try {
    // The servers' own cold start is none of the function's.
    await firstInvocations(workshop, servers, logs);
    const invocations: FirstInvocations[] = [];
    for (let i = 0; i < instances; i++) invocations.push(await firstInvocations(workshop, servers, logs));
    return invocations;
  } finally {
    await servers.close();
  }
}

async function firstInvocations(workshop: Workshop, servers: Servers, logs: number): Promise<FirstInvocations> {
  const instance = new MeasuredFunction(workshop, servers);
  try {
    const startedAt = performance.timeOrigin + performance.now();
    const measured: Measured[] = [];
    for (let i = 0; i < INVOCATIONS; i++) measured.push(await instance.ship(logs, i * logs));
    const { sls } = await servers.counts();
    const [first, tenth] = [measured[0], measured.at(-1)];
    if (!first || !tenth) throw new Error('nothing was invoked');
    return { firstByteMs: (sls.firstAt ?? Number.NaN) - startedAt, first, tenth };
  } finally {
    await instance.close();
  }
}

function reportOf(starts: readonly Spent[][], invocations: readonly FirstInvocations[], workshop: Workshop): Report {
  const [empty = [], loaded = []] = starts;
  const ratio = median(loaded.map(({ cpuMs }, i) => cpuMs / (empty[i]?.cpuMs ?? Number.NaN)));
  const wall = median(loaded.map(({ ms }, i) => ms / (empty[i]?.ms ?? Number.NaN)));
  const invoked = (of: (one: FirstInvocations) => number) => median(invocations.map(of));
  const { bytes, parts } = partsOf(workshop);
  return {
    title: '3  Cold start',
    rows: [
      { name: 'an empty file required', figures: figuresOf(empty) },
      { name: 'the bundle required', figures: figuresOf(loaded) },
      { name: 'first request out, process included', figures: { ms: invoked((one) => one.firstByteMs) } },
      rowOf('first invocation, loading included', invoked, ({ first }) => first),
      rowOf('first invocation', invoked, ({ first }) => called(first)),
      rowOf('tenth invocation', invoked, ({ tenth }) => tenth),
      ...parts,
    ],
    goals: [
      { name: 'KB of ship.js and its bundle', value: bytes / 1024, limit: 150, rule: 'at most' },
      { name: 'CPU of a process, bundle / empty file', value: ratio, limit: 2, rule: 'at most' },
      { name: 'time of a process, bundle / empty file', value: wall, limit: 2, rule: 'at most' },
      {
        name: 'time, first / tenth invocation of 100 logs',
        value: invoked(({ first, tenth }) => called(first).ms / tenth.ms),
        limit: 3,
        rule: 'at most',
      },
      {
        name: 'the same, loading included',
        value: invoked(({ first, tenth }) => first.ms / tenth.ms),
        limit: 3,
        rule: 'at most',
      },
    ],
    notes: [
      'Medians. "required" counts from the start of the process. Function Compute loads the code when an instance starts,',
      'before the first invocation; here it is loaded with it, and told apart.',
    ],
  };
}

function figuresOf(starts: readonly Spent[]): Row['figures'] {
  return { ms: median(starts.map(({ ms }) => ms)), 'CPU ms': median(starts.map(({ cpuMs }) => cpuMs)) };
}

function rowOf(
  name: string,
  invoked: (of: (one: FirstInvocations) => number) => number,
  which: (one: FirstInvocations) => Spent,
): Row {
  return { name, figures: { ms: invoked((one) => which(one).ms), 'CPU ms': invoked((one) => which(one).cpuMs) } };
}

/** The handler's part of an invocation. */
function called({ ms, cpuMs, loading }: Measured): Spent {
  return { ms: ms - loading.ms, cpuMs: cpuMs - loading.cpuMs };
}

/** The bytes of what is loaded at the start, by package or folder, the largest first. */
function partsOf({ metafile }: Workshop): { bytes: number; parts: Row[] } {
  const files = Object.entries(metafile.outputs);
  const loaded = LOADED.map((name) => files.find(([path]) => basename(path) === name)?.[1]);
  const sums = new Map<string, number>();
  for (const [path, { bytesInOutput }] of loaded.flatMap((file) => Object.entries(file?.inputs ?? {}))) {
    const part = partOf(path);
    sums.set(part, (sums.get(part) ?? 0) + bytesInOutput);
  }
  const largest = [...sums].sort(([, a], [, b]) => b - a);
  return {
    bytes: loaded.reduce((sum, file) => sum + (file?.bytes ?? Number.NaN), 0),
    parts: largest.map(([part, bytes]) => ({ name: `  ${part}`, figures: { KB: bytes / 1024 } })),
  };
}

/** `zod` of `node_modules/zod/v4/core/api.js`, `lib/formats` of `lib/formats/kong/usage.ts`. */
function partOf(path: string): string {
  const packed = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  if (packed !== undefined) return packed;
  const [top = '', next = ''] = path.split('/');
  return next.endsWith('.ts') ? top : `${top}/${next}`;
}

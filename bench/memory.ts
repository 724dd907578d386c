import { type Measured, shipOnce } from './function.ts';
import type { Report, Row, Size } from './report.ts';
import { startServers } from './servers.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const SIZES: Readonly<Record<Size, readonly number[]>> = {
  tiny: [40, 400],
  quick: [10_000, 40_000],
  full: [10_000, 100_000, 1_000_000],
};

/** MB: what a function of 256 MB has, and the old space that leaves room there for buffers, stacks and node itself. */
const FUNCTION_MB = 256;
const OLD_SPACE_MB = 128;
/** The young generation takes three times as much; the default is 16. */
const SEMI_SPACE_MB = 8;

interface Range {
  readonly logs: number;
  readonly free: Measured;
  /** With the heap bounded; absent when that was not enough. */
  readonly tight: Measured | undefined;
}

/** 2: the most memory that the function's process holds, for longer and longer ranges. */
export async function memory(size: Size): Promise<Report> {
  const workshop = await openWorkshop();
  try {
    const ranges: Range[] = [];
    for (const logs of SIZES[size]) ranges.push(await measured(workshop, logs));
    return reportOf(ranges);
  } finally {
    await workshop.close();
  }
}

async function measured(workshop: Workshop, logs: number): Promise<Range> {
  const servers = await startServers(workshop);
  try {
    const free = await shipOnce(workshop, servers, logs);
    const limits = `--max-old-space-size=${OLD_SPACE_MB} --max-semi-space-size=${SEMI_SPACE_MB}`;
    const bounded = shipOnce(workshop, servers, logs, { NODE_OPTIONS: limits });
    return { logs, free, tight: await bounded.catch(() => undefined) };
  } finally {
    await servers.close();
  }
}

function reportOf(ranges: readonly Range[]): Report {
  const [shortest, longest] = [ranges[0], ranges.at(-1)];
  if (!shortest || !longest) throw new Error('nothing was measured');
  const growth = (of: (range: Range) => number) => of(longest) / of(shortest);
  // A process that ran out of memory would have taken more than there is.
  const tightMb = ({ tight }: Range) => tight?.peakMb ?? Number.POSITIVE_INFINITY;
  return {
    title: '2  Memory',
    rows: ranges.map(rowOf),
    goals: [
      { name: 'peak, longest / shortest range', value: growth(({ free }) => free.peakMb), limit: 1.1, rule: 'at most' },
      {
        name: 'peak, longest / shortest range, heap bounded',
        value: growth(tightMb),
        limit: 1.1,
        rule: 'at most',
      },
      {
        name: 'MB at most, heap bounded',
        value: Math.max(...ranges.map(tightMb)),
        limit: FUNCTION_MB,
        rule: 'at most',
      },
    ],
    notes: [
      'Peak resident memory of the whole process. The pages are made as they are asked for.',
      `"bounded": NODE_OPTIONS=--max-old-space-size=${OLD_SPACE_MB} --max-semi-space-size=${SEMI_SPACE_MB}.`,
    ],
  };
}

function rowOf({ logs, free, tight }: Range): Row {
  const perThousand = ({ cpuMs }: Measured) => (cpuMs / logs) * 1000;
  return {
    name: `${logs.toLocaleString('en-GB')} logs`,
    figures: {
      'peak MB': free.peakMb,
      'CPU ms/1,000': perThousand(free),
      'peak MB, bounded': tight?.peakMb ?? 'out of memory',
      'CPU ms/1,000, bounded': tight ? perThousand(tight) : '',
    },
  };
}

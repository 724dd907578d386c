import { type Measured, MeasuredFunction } from './function.ts';
import { median } from './median.ts';
import type { Report, Size } from './report.ts';
import { type Surroundings, startServers } from './servers.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const SLS_MS = 50;
const LANGFUSE_MS = 100;
const LOGS_PER_PAGE = 100;
/** Requests that the forwarder begins with; it may have more in flight later. */
const REQUESTS_AT_ONCE = 4;

/** Pages of a range, ranges that warm the instance up, and ranges that are measured. */
const SIZES: Readonly<Record<Size, readonly [number, number, number]>> = {
  tiny: [2, 0, 1],
  quick: [20, 3, 3],
  full: [20, 10, 7],
};

/** 4: whether pulling, reading and sending overlap, with servers that are far away. */
export async function overlap(size: Size): Promise<Report> {
  const [pages, warmUps, times] = SIZES[size];
  const workshop = await openWorkshop();
  const shipped = (surroundings: Surroundings) => ranges(workshop, surroundings, pages, warmUps, times);
  try {
    const near = await shipped({});
    const far = await shipped({ slsMs: SLS_MS, langfuseMs: LANGFUSE_MS });
    return reportOf(pages, near, far);
  } finally {
    await workshop.close();
  }
}

async function ranges(
  workshop: Workshop,
  surroundings: Surroundings,
  pages: number,
  warmUps: number,
  times: number,
): Promise<readonly Measured[]> {
  const servers = await startServers(workshop, { ...surroundings, logsPerGroup: LOGS_PER_PAGE, groupsPerPage: 1 });
  const instance = new MeasuredFunction(workshop, servers);
  const measured: Measured[] = [];
  const logs = pages * LOGS_PER_PAGE;
  try {
    for (let i = 0; i < warmUps + times; i++) measured.push(await instance.ship(logs, i * logs));
    return measured.slice(warmUps);
  } finally {
    await instance.close();
    await servers.close();
  }
}

function reportOf(pages: number, near: readonly Measured[], far: readonly Measured[]): Report {
  const pulling = pages * SLS_MS;
  const sending = Math.ceil(pages / REQUESTS_AT_ONCE) * LANGFUSE_MS;
  const wall = median(far.map(({ ms }) => ms));
  const work = median(near.map(({ ms }) => ms));
  const ends = pulling + LANGFUSE_MS;
  const longest = Math.max(pulling, sending, work);
  return {
    title: '4  Overlap',
    rows: [
      { name: `${pages} pages, one after the other, ${SLS_MS} ms each`, figures: { ms: pulling } },
      { name: `${pages} requests, ${REQUESTS_AT_ONCE} at once, ${LANGFUSE_MS} ms each`, figures: { ms: sending } },
      {
        name: 'the same range without latency',
        figures: { ms: work, 'CPU ms': median(near.map(({ cpuMs }) => cpuMs)) },
      },
      { name: 'the range with latency', figures: { ms: wall, 'CPU ms': median(far.map(({ cpuMs }) => cpuMs)) } },
      { name: 'all of it one after the other', figures: { ms: pulling + pages * LANGFUSE_MS + work } },
    ],
    goals: [
      { name: 'time / the longest of the chains', value: wall / longest, limit: 1.2, rule: 'at most' },
      { name: 'time / the last page and its request', value: wall / Math.max(ends, work), limit: 1.2, rule: 'at most' },
    ],
    notes: [
      `${LOGS_PER_PAGE} logs a page, by an instance that has run before; medians. A page's cursor comes with the page before it,`,
      'so pages cannot be asked for side by side, and the last page cannot be sent before it came.',
      'What the machine does beside this lengthens the time without latency as well: compare them.',
    ],
  };
}

import { type Measured, MeasuredFunction } from './function.ts';
import { median } from './median.ts';
import { CNY_PER_CU, cheapest, costOf, LEAST_MB, type Load, SETTINGS, type Setting, USD_PER_CU } from './price.ts';
import type { Report, Row, Size } from './report.ts';
import { startServers } from './servers.ts';
import { openWorkshop } from './workshop.ts';

/** Seconds between two invocations of a shard, as in s.yaml. */
const INTERVAL = 60;
/** Calls a second and shard. */
const RATES = [1, 10, 100] as const;
const LOGS_PER_GROUP = 20;
/** As in s.yaml. */
const DEFAULT: Setting = { vcpu: 0.25, memoryMb: 512 };

const TIMES: Readonly<Record<Size, number>> = { tiny: 1, quick: 2, full: 5 };

/** 6: what a million calls cost, at each setting of CPU and memory, by measured CPU time and the published prices. */
export async function cost(size: Size): Promise<Report> {
  const workshop = await openWorkshop();
  const servers = await startServers(workshop, { logsPerGroup: LOGS_PER_GROUP });
  // As Node.js itself bounds its heap in a container of 256 MB.
  const instance = new MeasuredFunction(workshop, servers, { NODE_OPTIONS: '--max-old-space-size=128' });
  try {
    const loads: Load[] = [];
    for (const rate of size === 'tiny' ? [1] : RATES) {
      const runs: Measured[] = [];
      for (let i = 0; i < TIMES[size]; i++) runs.push(await instance.ship(rate * INTERVAL));
      const [cpuMs, peakMb] = [median(runs.map((run) => run.cpuMs)), Math.max(...runs.map((run) => run.peakMb))];
      loads.push({ rate, calls: rate * INTERVAL, cpuMs, peakMb });
    }
    return reportOf(loads);
  } finally {
    await instance.close();
    await servers.close();
    await workshop.close();
  }
}

function reportOf(loads: readonly Load[]): Report {
  return {
    title: '6  Cost of a million calls',
    rows: loads.flatMap((load) => {
      const best = cheapest(load, INTERVAL);
      return [...(best ? [best] : []), DEFAULT, ...SETTINGS.filter((one) => !isSame(one, DEFAULT))].map((setting, i) =>
        rowOf(load, setting, best && i === 0 ? 'cheapest' : setting === DEFAULT ? 's.yaml' : ''),
      );
    }),
    goals: [],
    notes: [
      `One shard, an invocation every ${INTERVAL} s; the CPU time of a warm instance on this machine, which is not Function`,
      'Compute\'s. "too slow": longer than the interval. "too small": more memory was held than the setting has.',
      `"cheapest": of those with at least ${LEAST_MB} MB, which hold pages of large prompts.`,
      `Prices: USD ${USD_PER_CU.toFixed(6)} (CNY ${CNY_PER_CU.toFixed(5)}) a CU, the first tier without discounts; internet traffic comes on top.`,
    ],
  };
}

function isSame(a: Setting, b: Setting): boolean {
  return a.vcpu === b.vcpu && a.memoryMb === b.memoryMb;
}

function rowOf(load: Load, setting: Setting, mark: string): Row {
  const { vcpu, memoryMb } = setting;
  const { seconds, gbSeconds, vcpuSeconds, invocations, cu } = costOf(load, setting);
  const problem = [...(seconds > INTERVAL ? ['too slow'] : []), ...(load.peakMb > memoryMb ? ['too small'] : [])];
  return {
    name: `${load.rate} calls/s, ${vcpu} vCPU, ${memoryMb} MB`,
    figures: {
      's each': seconds,
      invocations,
      'GB-s': gbSeconds,
      'vCPU-s': vcpuSeconds,
      CU: cu,
      USD: cu * USD_PER_CU,
      CNY: cu * CNY_PER_CU,
      '': [mark, ...problem].filter((text) => text !== '').join(', '),
    },
  };
}

import { resultOf } from './children.ts';
import type { Report, Size } from './report.ts';
import type { PartSpeed, PartsOptions } from './side/parts.ts';
import { openWorkshop } from './workshop.ts';

const SIZES: Readonly<Record<Size, PartsOptions>> = {
  tiny: { groups: 1, cpuMs: 1 },
  quick: { groups: 33, cpuMs: 200 },
  full: { groups: 33, cpuMs: 1_000 },
};

/** 7: how fast each part of the way is by itself, on a page of 4 MB. */
export async function parts(size: Size): Promise<Report> {
  const workshop = await openWorkshop();
  try {
    const speeds = await resultOf<PartSpeed[]>(await workshop.program('side/parts.ts'), SIZES[size]);
    return {
      title: '7  Parts',
      rows: speeds.map(({ name, bytes, cpuMs, items, made }) => ({
        name,
        figures: {
          'MB/s': bytes / 1e6 / (cpuMs / 1_000),
          ...(items !== undefined && { 'µs for each record': (cpuMs * 1_000) / items }),
          ...(made !== undefined && { 'made smaller by': `${(bytes / made).toFixed(2)} ×` }),
        },
      })),
      goals: [],
      notes: [
        'MB of input (for writing: of output) in a second of CPU time, in a process of its own, after a warm-up.',
      ],
    };
  } finally {
    await workshop.close();
  }
}

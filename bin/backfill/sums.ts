import * as z from 'zod/mini';

const Counts = z.record(z.string(), z.number());

/** Of a function's receipt, what a backfill sums up. */
export const SliceReceipt = z.object({
  read: z.number(),
  delivered: z.number(),
  skipped: Counts,
  lettered: Counts,
  ranges: z.number(),
});
export type SliceReceipt = z.infer<typeof SliceReceipt>;

/** Receipts together, and how many slices they are of; a slice without logs has none. */
export const Sums = z.extend(SliceReceipt, { slices: z.number() });
export type Sums = z.infer<typeof Sums>;

export const NOTHING: Sums = { read: 0, delivered: 0, skipped: {}, lettered: {}, ranges: 0, slices: 0 };

/** One slice more; without a receipt it held no log. */
export function withSlice(sums: Sums, receipt: SliceReceipt | undefined): Sums {
  const slices = sums.slices + 1;
  if (!receipt) return { ...sums, slices };
  return {
    read: sums.read + receipt.read,
    delivered: sums.delivered + receipt.delivered,
    skipped: together(sums.skipped, receipt.skipped),
    lettered: together(sums.lettered, receipt.lettered),
    ranges: sums.ranges + receipt.ranges,
    slices,
  };
}

/** The sum of counts by reason. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

function together(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sums = new Map(Object.entries(a));
  for (const [reason, count] of Object.entries(b)) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return Object.fromEntries(sums);
}

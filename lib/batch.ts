import { clip } from './clip.ts';
import type { Parcel, TraceSink } from './langfuse/sink.ts';
import type { LlmCall } from './types.ts';

export const OVERSIZE = 'the call is larger than a request to Langfuse may be, and cutting its fields does not help';

/** The call as a parcel of at most `maxBytes`, its largest fields cut if need be; `undefined` when that is not enough. */
export function wrapFitting(call: LlmCall, sink: TraceSink, maxBytes: number): Parcel | undefined {
  try {
    const parcel = sink.wrap(call);
    if (parcel.bytes <= maxBytes) return parcel;
    const clipped = clip(call, maxBytes, (candidate) => sink.wrap(candidate).bytes);
    // What is settled is the call as it was read.
    return clipped && { ...sink.wrap(clipped), call };
  } catch (error) {
    // A value nested so deep that JSON.stringify runs out of stack.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The parcels in requests of a bounded number of calls and bytes, in their order. */
export function batchesOf(parcels: readonly Parcel[], { maxCalls, maxBytes }: TraceSink): Parcel[][] {
  const batches: Parcel[][] = [];
  let bytes = 0;
  for (const parcel of parcels) {
    const last = batches.at(-1);
    bytes += parcel.bytes + 1;
    if (last && last.length < maxCalls && bytes <= maxBytes) {
      last.push(parcel);
    } else {
      batches.push([parcel]);
      bytes = parcel.bytes + 1;
    }
  }
  return batches;
}

export function isParcel(value: Parcel | LlmCall): value is Parcel {
  return 'body' in value;
}

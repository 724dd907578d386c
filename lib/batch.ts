import { clip } from './clip.ts';
import { type HeldCall, wholeOf } from './held-call.ts';
import type { Parcel, TraceSink, Write, Written } from './langfuse/sink.ts';
import type { LlmCall } from './types.ts';

export const OVERSIZE = 'the call is larger than a request to Langfuse may be, and cutting its fields does not help';

/** The call as the transport writes it, whole or clipped; `undefined` for one that cannot be sent. */
export function parcelOf(call: HeldCall, sink: TraceSink): Parcel | undefined {
  const written = 'written' in call ? call.written : undefined;
  const as = written?.sink === sink ? written.as : wrapFitting(wholeOf(call), sink, sink.maxBytes);
  return as && { call, ...as };
}

/** The call in at most `maxBytes`, its largest fields cut if need be; `undefined` when that is not enough. */
export function wrapFitting(call: LlmCall, sink: TraceSink, maxBytes: number, write?: Write): Written | undefined {
  try {
    const written = sink.wrap(call, write);
    if (written.bytes <= maxBytes) return written;
    const clipped = clip(call, maxBytes, (candidate) => sink.wrap(candidate).bytes);
    return clipped && sink.wrap(clipped);
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

export function isParcel(value: Parcel | HeldCall): value is Parcel {
  return 'body' in value;
}

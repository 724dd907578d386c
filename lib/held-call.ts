import type { TraceSink, Written } from './langfuse/sink.ts';
import type { CallKey, LlmCall } from './types.ts';

/** A call on its way to Langfuse: as a whole, or let go once it was written down. */
export type HeldCall = LlmCall | WrittenCall;

/** Of a call which one it is, what is sent of it, and a way to have the rest once more: read anew from its record. */
export interface WrittenCall extends CallKey {
  readonly whole: () => LlmCall;
  /** Absent as long as it is not known how it will be sent. */
  written?: { readonly sink: TraceSink; readonly as: Written } | undefined;
}

/** The whole call; throws when its record does not read as the call any more, which would be a mistake of a reader. */
export function wholeOf(call: HeldCall): LlmCall {
  return 'whole' in call ? call.whole() : call;
}

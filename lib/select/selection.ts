import type { Facets, LlmCall } from '../types.ts';
import { type Conditions, meetsAll, meetsAny } from './conditions.ts';
import { keeps } from './sample.ts';

/** Which calls are sent on. */
export interface Selection {
  /** What every call has to meet, all of it. */
  readonly include?: Conditions;
  /** What no call may meet, any of it. */
  readonly exclude?: Conditions;
  /** The share of traces to keep, 0 to 1. */
  readonly sampleRate: number;
  /** Whether failed calls are sampled like any other; otherwise all of them are kept. */
  readonly sampleErrors: boolean;
}

export type LeftOut = 'not_included' | 'excluded' | 'sampled_out';

/** Why a call is not sent on; `undefined` when it is. Takes its default tags, before any setting changed them. */
export function leftOut(call: LlmCall, facets: Facets, selection: Selection): LeftOut | undefined {
  const { include, exclude, sampleRate, sampleErrors } = selection;
  if (include && !meetsAll(include, call, facets)) return 'not_included';
  if (exclude && meetsAny(exclude, call, facets)) return 'excluded';
  if (!sampleErrors && failed(call)) return undefined;
  return keeps(call.trace.id, sampleRate) ? undefined : 'sampled_out';
}

/** An error, or the attempt that failed before a fallback, which is only a warning. */
function failed({ trace, observation: { level } }: LlmCall): boolean {
  return level === 'ERROR' || (level === 'WARNING' && trace.tags.includes('fallback'));
}

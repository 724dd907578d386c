import type { Failure } from './langfuse/sink.ts';

/**
 * What to do about a request that Langfuse did not answer for:
 * `retry` it later and lower the concurrency; `split` it until the call to blame stands alone; `switch` to OTLP;
 * `stop`, because no call is to blame (keys, address, project).
 */
export type NextStep = 'retry' | 'split' | 'switch' | 'stop';

/** The failure rule: one pure function from what Langfuse answered to what happens next. */
export function nextStep({ kind, status }: Failure): NextStep {
  if (kind === 'not-accepted') return 'switch';
  if (kind !== 'http' || status === undefined) return 'retry';
  if (status >= 500 || RETRIED.has(status)) return 'retry';
  return SPLIT.has(status) ? 'split' : 'stop';
}

const RETRIED = new Set([408, 425, 429]);
const SPLIT = new Set([400, 413, 422]);

/** Whether Langfuse may have taken a request that it did not answer for. */
export function ambiguous({ kind, status }: Failure): boolean {
  return kind === 'http' ? (status ?? 0) >= 500 : kind !== 'not-accepted';
}

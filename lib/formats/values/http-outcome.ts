import type { Outcome } from '../gateway/level.ts';

/** Whether a status, 0 for none, means that the call failed. */
export function failed(status: number | undefined): boolean {
  return status !== undefined && (status >= 400 || status === 0);
}

/** How a call ended by its HTTP status; `reason` is what the answer says went wrong. */
export function httpOutcome(status: number | undefined, reason?: string): Outcome {
  if (!failed(status)) return { level: 'DEFAULT' };
  const parts = [`HTTP ${status}`, reason].filter((part) => part !== undefined);
  return { level: 'ERROR', statusMessage: parts.join(' · ') };
}

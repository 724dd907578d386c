import type { Retry } from './failure.ts';

const SOON_MS = 200;
const LATE_MS = 2_000;
const MAX_MS = 10_000;

/**
 * Milliseconds to wait after the `attempt`th try (from 1): full jitter over a span that doubles from 200 ms, on top of
 * 2 s when a quota is used up, which a quick retry would only use up further. `random` is in [0, 1).
 */
export function backoff(retry: Retry, attempt: number, random: number): number {
  const span = Math.min(SOON_MS * 2 ** (attempt - 1), MAX_MS);
  if (retry !== 'late') return span * random;
  return LATE_MS + Math.min(LATE_MS * (2 ** (attempt - 1) - 1) + SOON_MS, MAX_MS - LATE_MS) * random;
}

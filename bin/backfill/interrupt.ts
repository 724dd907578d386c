import type { Clock } from '../../lib/types.ts';

/** The terminal, npm and tsx may each pass on the same key press. */
const SAME_MS = 500;

/**
 * A listener for SIGINT: calls `first` at the first Ctrl-C and `again` at every later one.
 */
export function interrupter(clock: Clock, first: () => void, again: () => void): () => void {
  let pressedAt: number | undefined;
  return () => {
    const now = clock.now();
    const isSame = pressedAt !== undefined && now - pressedAt < SAME_MS;
    if (isSame) return;
    const act = pressedAt === undefined ? first : again;
    pressedAt = now;
    act();
  };
}

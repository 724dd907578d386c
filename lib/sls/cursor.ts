/**
 * The position a cursor stands for, or undefined when it is opaque. A cursor is base64 of a decimal int64, with or without
 * its `=` padding, and beyond what a number holds. Source: Simple Log Service "PullLogs", "GetCursor".
 */
export function positionOf(cursor: string): bigint | undefined {
  const digits = Buffer.from(cursor, 'base64').toString('latin1');
  const isCanonical = Buffer.from(digits, 'latin1').toString('base64').replace(/=+$/, '') === cursor.replace(/=+$/, '');
  return isCanonical && /^\d{1,19}$/.test(digits) ? BigInt(digits) : undefined;
}

export type Step = 'forward' | 'same' | 'back';

/** How `to` lies from `from`; opaque cursors can only be told to be the same or not. */
export function stepBetween(from: string, to: string): Step {
  if (from === to) return 'same';
  const a = positionOf(from);
  const b = positionOf(to);
  if (a === undefined || b === undefined || b > a) return 'forward';
  return a === b ? 'same' : 'back';
}

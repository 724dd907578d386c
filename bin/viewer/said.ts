import { InvocationError } from '../../lib/errors.ts';
import { Failure } from '../letters/failure.ts';

/** What an error says, on one line. Of one that is not ours only the first: the others repeat headers and keys. */
export function saidOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const lines = error.message.split('\n').map((line) => line.trim());
  return error instanceof Failure || error instanceof InvocationError ? lines.join(' ') : (lines[0] ?? '');
}

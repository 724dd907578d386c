import { InvocationError } from '../lib/errors.ts';

/** A mistake of the person at the keyboard: shown as its message alone. */
export class UsageError extends Error {}

/** Ends the command with a message for the person who typed it. */
export function fail(message: string): never {
  throw new UsageError(message);
}

/** Runs a command: exit code 2 for a mistake in how it was called, 1 for a failure of its own. */
export function run(command: () => void | Promise<void>): void {
  Promise.resolve()
    .then(command)
    .catch((error: unknown) => {
      const slip = isSlip(error);
      console.error(slip ? (error as Error).message : error);
      process.exitCode = slip ? 2 : 1;
    });
}

function isSlip(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (error instanceof InvocationError) return error.code === 'config';
  return error instanceof UsageError || /^ERR_PARSE_ARGS|^E(?:NOENT|ACCES|ISDIR)$/.test(code);
}

/** A mistake of the person at the keyboard: shown as its message alone. */
export class UsageError extends Error {}

/** Ends the command with a message for the person who typed it. */
export function fail(message: string): never {
  throw new UsageError(message);
}

/** Runs a command: 1 and a message on standard error when it fails. */
export function run(command: () => void | Promise<void>): void {
  Promise.resolve()
    .then(command)
    .catch((error: unknown) => {
      console.error(expected(error) ? (error as Error).message : error);
      process.exitCode = 1;
    });
}

function expected(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return error instanceof UsageError || /^ERR_PARSE_ARGS|^E(?:NOENT|ACCES|ISDIR)$/.test(code);
}

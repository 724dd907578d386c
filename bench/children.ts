import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Runs a built program to its end and returns what it sent. Rejects when it ends without a word. */
export async function resultOf<T>(program: string, argument: unknown): Promise<T> {
  const child = started(program, argument);
  try {
    return await answerOf<T>(child);
  } finally {
    await ended(child);
  }
}

export function started(program: string, argument: unknown): ChildProcess {
  return fork(program, [JSON.stringify(argument)], { execArgv: [] });
}

/** The next message of a program. */
export async function answerOf<T>(child: ChildProcess): Promise<T> {
  const gone = new AbortController();
  const [first] = await Promise.race([
    once(child, 'message', { signal: gone.signal }),
    once(child, 'exit', { signal: gone.signal }).then(() => [undefined]),
  ]).finally(() => gone.abort());
  if (first === undefined) throw new Error(`${child.spawnargs[1]} ended before it had a result`);
  return first as T;
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

import { once } from 'node:events';
import { fail } from '../run.ts';
import type { Viewer } from './viewer.ts';

/** Whether to show the page: as asked, else when a person is watching. */
export function wanted(asked: boolean | undefined): boolean {
  return asked ?? process.stdout.isTTY === true;
}

/** The port that was asked for; 0, any free one, when none was. @throws UsageError for what is none */
export function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : fail(`--port ${text}: expected a whole number from 1 to 65535.`);
}

/**
 * Does some work and keeps its page up until Ctrl-C, which then ends the command in order; without a page, only the
 * work. `tell` says where the page is.
 *
 * @throws UsageError when its port is taken
 */
export async function watched(
  opening: Promise<Viewer> | undefined,
  work: (viewer: Viewer | undefined) => Promise<void>,
  tell: (line: string) => void = console.log,
): Promise<void> {
  const viewer = await opening?.catch(explained);
  try {
    if (viewer) tell(`Viewer    ${viewer.url}`);
    await work(viewer);
    if (viewer) await attend(viewer, tell);
  } finally {
    await viewer?.close();
  }
}

function explained(error: NodeJS.ErrnoException & { port?: number }): never {
  if (error.code === 'EADDRINUSE') fail(`Port ${error.port} is taken by another program: choose another --port.`);
  if (error.code === 'EACCES') fail(`Port ${error.port} may not be used by this user: choose a --port above 1023.`);
  throw error;
}

async function attend(viewer: Viewer, tell: (line: string) => void): Promise<void> {
  viewer.finish();
  tell(`\nViewer    ${viewer.url} — Ctrl-C to end`);
  const stop = new AbortController();
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: stop.signal })));
  // Another Ctrl-C ends the process at once.
  stop.abort();
}

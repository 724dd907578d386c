import { once } from 'node:events';
import type { Viewer } from './viewer.ts';

/** Whether to show the page: as asked, else when a person is watching. */
export function wanted(asked: boolean | undefined): boolean {
  return asked ?? process.stdout.isTTY === true;
}

/** Keeps the page up until Ctrl-C, which then ends the command in order; `tell` says so. */
export async function attend(viewer: Viewer, tell: (line: string) => void): Promise<void> {
  viewer.finish();
  tell(`\nViewer    ${viewer.url} — Ctrl-C to end`);
  const stop = new AbortController();
  // A listener on a signal does not keep the process alive; the server does.
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: stop.signal })));
  stop.abort();
  tell('');
}

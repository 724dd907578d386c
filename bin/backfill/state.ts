import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import type { Period } from './arguments.ts';
import { NOTHING, Sums } from './sums.ts';

const Moment = z.object({ seconds: z.int(), label: z.string() });

/** How far a shard is: `cursor` is where the logs begin that arrived from `until` (Unix seconds) on. */
const Track = z.object({ until: z.int(), cursor: z.string(), end: z.string() });
export type Track = z.infer<typeof Track>;

const State = z.object({
  v: z.literal(1),
  project: z.string(),
  logstore: z.string(),
  from: Moment,
  to: Moment,
  /** By their ids; a shard that was not begun is not there. */
  shards: z.record(z.string(), Track),
  /** Of all runs. */
  sums: Sums,
  /** When it was last written, ISO 8601. */
  savedAt: z.string(),
});
/** How far a backfill is. */
export type State = z.infer<typeof State>;

export type LoadedState =
  | { readonly kind: 'state'; readonly state: State }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' };

/** The state of a backfill that has not begun. */
export function freshState(at: { project: string; logstore: string }, { from, to }: Period): State {
  const { project, logstore } = at;
  return { v: 1, project, logstore, from, to, shards: {}, sums: NOTHING, savedAt: '' };
}

/** Where the state is kept unless told otherwise: the same file for the same logstore and times. */
export function defaultFile(at: { project: string; logstore: string }, { from, to }: Period): string {
  return `.sls-langfuse/backfill-${at.project}-${at.logstore}-${from.label}-${to.label}.json`;
}

/** Whether a state is of that logstore and those times. */
export function isOf(state: State, at: { project: string; logstore: string }, { from, to }: Period): boolean {
  const { project, logstore } = at;
  const where = state.project === project && state.logstore === logstore;
  return where && state.from.label === from.label && state.to.label === to.label;
}

/** Whether these shards are done. */
export function isDone(state: State, shards: readonly number[]): boolean {
  return shards.every((id) => (state.shards[id]?.until ?? 0) >= state.to.seconds);
}

/** Reads a state file. @throws what the file system throws, except that there is none */
export function loadState(file: string): LoadedState {
  try {
    const parsed = State.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? { kind: 'state', state: parsed.data } : { kind: 'unreadable' };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'unreadable' };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'none' };
    throw error;
  }
}

/** Writes it beside and renames it: whoever is killed in between leaves the one before. Synchronous, so that no two mix. */
export function saveState(file: string, state: State): void {
  const draft = `${file}.new`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(draft, `${JSON.stringify(state)}\n`);
  renameSync(draft, file);
}

import { textOf } from './moment.ts';
import type { Stopped } from './runner.ts';
import type { State } from './state.ts';
import { type Sums, total } from './sums.ts';

/** The receipt of a backfill, all its runs together, as one line of JSON. `failed`: slices at which a shard stopped. */
export function receiptText({ read, delivered, skipped, lettered, ranges, slices }: Sums, failed: number): string {
  return JSON.stringify({ read, delivered, skipped, lettered, ranges, slices, failed });
}

/** What is going to be done. */
export function beginningText(
  state: State,
  shards: readonly number[],
  resumed: State | undefined,
  file: string,
): string {
  const named = `${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}`;
  const heading = `${periodText(state)}, ${named}`;
  if (!resumed) return heading;
  return `${heading}\nGoing on where it stopped, after ${resumed.sums.slices} slices (${file}); --restart begins anew.`;
}

/** That nothing is left to do. */
export function doneText(state: State, file: string): string {
  const when = state.savedAt ? ` at ${state.savedAt}` : '';
  return `${periodText(state)}: everything was done${when} (${file}). --restart does it again.`;
}

export interface Ending {
  readonly stopped: readonly Stopped[];
  readonly interrupted: boolean;
  readonly file: string;
  /** The command line. */
  readonly typed: readonly string[];
}

/** How it ended, and what to do next. */
export function endingText(state: State, { stopped, interrupted, file, typed }: Ending): string {
  const again = `npm run backfill -- ${typed
    .filter((arg) => arg !== '--restart')
    .map(quoted)
    .join(' ')}`;
  const lines = stopped.map(({ shard, from, to, message }) => {
    return `  shard ${shard}, ${textOf(from)} to ${textOf(to)}: ${message}`;
  });
  const failures = lines.length === 0 ? [] : ['These slices failed, and their shards stopped:', ...lines];
  const remedy = lines.length === 0 ? '' : ' when that is put right';
  const next = `To go on where it stopped${remedy}: ${again}\nThe state is in ${file}.`;
  if (interrupted) return [...failures, `Interrupted after ${state.sums.slices} slices.`, next].join('\n');
  return [...failures, ...(lines.length > 0 ? [next] : ['Done.']), ...letterLines(state.sums)].join('\n');
}

function letterLines({ lettered, ranges }: Sums): string[] {
  const logs = total(lettered);
  if (logs + ranges === 0) return [];
  return [`${logs} logs and ${ranges} ranges became dead letters: npm run letters -- list shows why.`];
}

function periodText({ project, logstore, from, to }: State): string {
  return `${project}/${logstore} from ${textOf(from.seconds)} to ${textOf(to.seconds)}`;
}

/** As a shell takes it. */
function quoted(arg: string): string {
  return /^[\w:./=+@-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}

import type { Env } from '../../lib/config.ts';
import type { Clock } from '../../lib/types.ts';
import { ensureBundle } from '../build.ts';
import { Failure } from '../letters/failure.ts';
import { fail } from '../run.ts';
import type { Arguments } from './arguments.ts';
import { openDeployed } from './deployed.ts';
import { dryRunText } from './dry-run.ts';
import { openHere } from './here.ts';
import { type Display, Meter } from './meter.ts';
import { textOf } from './moment.ts';
import { beginningText, doneText, endingText, receiptText } from './report.ts';
import { Runner } from './runner.ts';
import { type Settings, settingsFor } from './settings.ts';
import { beginShard } from './slice.ts';
import { openSource, type Shard, type Source } from './source.ts';
import { defaultFile, freshState, isDone, isOf, loadState, type State, saveState } from './state.ts';

/** What a backfill needs beside its arguments. */
export interface Surroundings {
  readonly env: Env;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Standard output, a line at a time. */
  readonly out: (line: string) => void;
  /** Standard error. */
  readonly display: Display;
  /** Aborts at Ctrl-C. */
  readonly stop: AbortSignal;
}

const INTERRUPTED = 130;
const LATE = 'what came first of that time, and is not past the retention, arrived at';
const STOPPING = 'Interrupted: the slices in flight are finished, and no others begun. Ctrl-C again ends at once.';

/**
 * Ships a period of a logstore again, and returns the exit code: 0 when it is done, 1 when a shard stopped, 130 when it
 * was interrupted.
 *
 * @throws UsageError for settings and a state that do not fit, Failure when SLS does not tell where to begin
 */
export async function backfill(args: Arguments, around: Surroundings): Promise<number> {
  const settings = settingsFor(around.env, args.dryRun ? 'nowhere' : args.remote ? 'deployed' : 'here');
  const file = args.stateFile ?? defaultFile(settings, args);
  const prior = args.restart ? undefined : priorState(file, settings, args);
  const { credentials, region, endpoint, signature } = settings;
  const { clock, random, display } = around;
  const source = openSource(settings, { credentials, region, endpoint, signature, clock }, random);
  const shards = await chosen(source, args.shards);
  const ids = shards.map(({ id }) => id);
  const meter = new Meter(display, clock);
  if (prior && isDone(prior, ids) && isSamePeriod(prior, args)) {
    meter.note(doneText(prior, file));
    around.out(receiptText(prior.sums, 0));
    return 0;
  }
  const resumed = prior && !isDone(prior, ids) ? prior : undefined;
  const state = await begun(resumed ?? freshState(settings, args), ids, source, args.sliceSeconds, meter);
  meter.note(beginningText(state, ids, resumed, file));
  if (args.dryRun) {
    around.out(await dryRunText(state, shards, source, args.sliceSeconds));
    return 0;
  }
  return work(state, ids, { args, around, settings, source, meter, file });
}

interface Work {
  readonly args: Arguments;
  readonly around: Surroundings;
  readonly settings: Settings;
  readonly source: Source;
  readonly meter: Meter;
  readonly file: string;
}

async function work(state: State, shards: readonly number[], by: Work): Promise<number> {
  const { args, around, settings, source, meter, file } = by;
  const { clock, stop } = around;
  const { sliceSeconds, parallel } = args;
  const save = (next: State) => saveState(file, next);
  save(state);
  if (!args.remote) await ensureBundle();
  stop.addEventListener('abort', () => meter.note(STOPPING), { once: true });
  const openLane = () =>
    args.remote
      ? openDeployed(around.env, settings, args.timeout)
      : openHere(settings, args.timeout, (text) => meter.write(text));
  // As the trigger names it: the deployed function reaches it, and so does the one that replays a letter.
  const endpoint = `http://${settings.region}-intranet.log.aliyuncs.com`;
  const runner = new Runner(
    state,
    { source, openLane, save, meter, clock, stop },
    { sliceSeconds, parallel, endpoint },
  );
  const stopped = await runner.run(shards);
  const interrupted = stop.aborted && !isDone(runner.state, shards);
  meter.note(endingText(runner.state, { stopped, interrupted, file, typed: args.typed }));
  around.out(receiptText(runner.state.sums, stopped.length));
  if (interrupted) return INTERRUPTED;
  return stopped.length > 0 ? 1 : 0;
}

/** The state of before, which has to be one of the same backfill. */
function priorState(file: string, settings: Settings, args: Arguments): State | undefined {
  const loaded = loadState(file);
  if (loaded.kind === 'none') return undefined;
  const next = 'Name another file with --state, or begin anew with --restart.';
  if (loaded.kind === 'unreadable') return fail(`${file} does not hold the state of a backfill. ${next}`);
  const { state } = loaded;
  if (isOf(state, settings, args)) return state;
  const held = `${state.project}/${state.logstore} from ${state.from.label} to ${state.to.label}`;
  return fail(`${file} holds the state of another backfill: ${held}. ${next}`);
}

function isSamePeriod(state: State, { from, to }: Arguments): boolean {
  return state.from.seconds === from.seconds && state.to.seconds === to.seconds;
}

async function chosen(source: Source, wanted: readonly number[]): Promise<readonly Shard[]> {
  const said = await source.shards();
  if (said.kind === 'failed') throw new Failure(said.message);
  const unknown = wanted.filter((id) => !said.value.some((shard) => shard.id === id));
  if (unknown.length === 0) return said.value.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const all = said.value.map(({ id }) => id).join(', ');
  return fail(`--shard ${unknown[0]}: the logstore has no such shard, only ${all}.`);
}

/** The state with a track for each of the shards. */
async function begun(
  state: State,
  shards: readonly number[],
  source: Source,
  sliceSeconds: number,
  meter: Meter,
): Promise<State> {
  const fresh = shards.filter((id) => !state.shards[id]);
  const tracks = await Promise.all(
    fresh.map(async (id) => {
      const said = await beginShard(source, id, state, sliceSeconds);
      if (said.kind === 'failed') throw new Failure(said.message);
      const { first, track } = said.value;
      if (first !== undefined) meter.note(`shard ${id}: ${LATE} ${textOf(first)}`);
      return [id, track] as const;
    }),
  );
  return { ...state, shards: { ...state.shards, ...Object.fromEntries(tracks) } };
}

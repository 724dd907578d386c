import { parseArgs } from 'node:util';
import { fail } from '../run.ts';
import { type Moment, parseMoment } from './moment.ts';

/** What is to be read again: logs that SLS received from `from` on and before `to`. */
export interface Period {
  readonly from: Moment;
  readonly to: Moment;
}

export interface Arguments extends Period {
  /** Empty: all. */
  readonly shards: readonly number[];
  readonly parallel: number;
  readonly sliceSeconds: number;
  /** Invoke the deployed function. */
  readonly remote: boolean;
  readonly dryRun: boolean;
  readonly restart: boolean;
  readonly stateFile?: string;
  /** Seconds. */
  readonly timeout?: number;
  /** As typed, to be shown again. */
  readonly typed: readonly string[];
}

const DEFAULT_SLICE = '10';
const WEEK_IN_MINUTES = 10_080;

/** Reads the command line; `now` is Unix milliseconds. Ends the command for what makes no sense. */
export function argumentsOf(typed: readonly string[], now: number): Arguments {
  const { values } = parseArgs({
    args: withNegativeTimes(typed),
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      shard: { type: 'string', multiple: true, default: [] },
      parallel: { type: 'string', default: '2' },
      slice: { type: 'string', default: DEFAULT_SLICE },
      remote: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
      state: { type: 'string' },
      timeout: { type: 'string' },
    },
  });
  const { shard, parallel, slice, remote, restart, state, timeout } = values;
  return {
    ...periodOf(values.from, values.to, now),
    shards: [...new Set(shard.map((id) => whole('--shard', id, 0, 100_000)))],
    parallel: whole('--parallel', parallel, 1, 64),
    sliceSeconds: whole('--slice', slice, 1, WEEK_IN_MINUTES) * 60,
    remote,
    dryRun: values['dry-run'],
    restart,
    ...(state !== undefined && { stateFile: state || fail('--state needs the name of a file.') }),
    ...(timeout !== undefined && { timeout: whole('--timeout', timeout, 1, 86_400) }),
    typed,
  };
}

/** parseArgs takes the -2h of `--from -2h` for an option. */
function withNegativeTimes(typed: readonly string[]): string[] {
  const args: string[] = [];
  for (const arg of typed) {
    const before = args.at(-1);
    if (/^-\d/.test(arg) && (before === '--from' || before === '--to')) args[args.length - 1] = `${before}=${arg}`;
    else args.push(arg);
  }
  return args;
}

function periodOf(from: string | undefined, to: string | undefined, now: number): Period {
  if (from === undefined || to === undefined) {
    const missing = from === undefined ? (to === undefined ? '--from and --to are' : '--from is') : '--to is';
    return fail(`${missing} missing: npm run backfill -- --from 2026-11-20 --to now. See --help.`);
  }
  const period = { from: momentOf('--from', from, now), to: momentOf('--to', to, now) };
  if (period.to.seconds > Math.ceil(now / 1000)) fail(`--to ${to} lies in the future: write --to now.`);
  if (period.from.seconds >= period.to.seconds) {
    fail(`--from ${from} is not before --to ${to}: give the earlier time to --from.`);
  }
  return period;
}

function momentOf(option: string, text: string, now: number): Moment {
  const parsed = parseMoment(text, now);
  return parsed.kind === 'moment' ? parsed.moment : fail(`${option}: ${parsed.message}`);
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  return value >= least && value <= most
    ? value
    : fail(`${option} ${text}: expected a whole number from ${least} to ${most}.`);
}

import { systemClock as clock } from '../lib/clock.ts';
import { argumentsOf } from './backfill/arguments.ts';
import { backfill } from './backfill/backfill.ts';
import { interrupter } from './backfill/interrupt.ts';
import { told } from './letters/failure.ts';
import { run } from './run.ts';

const HELP = `Ships logs of the past: what arrived in the logstore between two times goes through the same function once more.

  npm run -s backfill -- --from T --to T [options]

Times are those at which SLS received the logs: 2026-11-20, 2026-11-20T08:00 (local time, or that of TZ), with a zone
2026-11-20T08:00:00+08:00, Unix seconds, now, or before now: -30min, -2h, -3d.

  --from T, --to T     from then on, and before then
  --shard N            only this shard; may be repeated. By default all, those that were split or merged included
  --parallel N         shards at a time (default 2); the slices of one shard come one after the other
  --slice MINUTES      of logs in one invocation (default 10)
  --remote             invokes the deployed function instead of running dist/ship.js here
  --dry-run            only shows shards, slices and cursors
  --state FILE         where to keep how far it is (default .sls-langfuse/backfill-PROJECT-LOGSTORE-FROM-TO.json)
  --restart            begins anew, whatever the state says
  --timeout SECONDS    for one slice: the function's timeout (default 3600); with --remote, how long to wait (default 610)

Ctrl-C finishes the slices in flight and keeps the state, a second one ends at once. The same command goes on where it
stopped, also after it was killed. A slice that fails is tried again 3 times; then its shard stops and the others go on.

What was delivered before may be shipped again: the ids are the same, and Langfuse 3 keeps one of each. Langfuse 4 and
Cloud show a repeated call twice until they merge it; the function asks what is there and does not send it again, but
for calls in the middle of a page that it has no reason to suspect.

Examples:
  npm run -s backfill -- --from 2026-11-20 --to 2026-11-21 --dry-run
  npm run -s backfill -- --from -2h --to now
  npm run -s backfill -- --from 2026-11-01T00:00+08:00 --to 2026-11-08T00:00+08:00 --remote --parallel 8 --slice 5

Environment: SLS_PROJECT, SLS_LOGSTORE, REGION, ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,
ALIBABA_CLOUD_SECURITY_TOKEN, and the function's own settings; nothing is stood in for. With --remote instead of the
latter ACCOUNT_ID, and SHIP_FUNCTION (default sls-langfuse-ship). Without OSS_ENDPOINT and SLS_ENDPOINT the region's
public endpoints are used: the internal ones are not reachable from outside. The credentials need log:ListShards and
log:GetCursorOrData, with --remote fc:InvokeFunction as well.
From the file of the deployment: set -a; . ./.env; set +a

Prints the sums of the receipts, of all runs, as one line of JSON; progress and logs go to standard error. While Langfuse
is down, slices fail here, and no letters are written; the deployed function does as ON_OUTAGE says. The exit code is 0
when everything is done, 1 when a shard stopped, 2 for a mistake in the command or its settings, 130 after Ctrl-C.`;

async function main(typed: readonly string[]): Promise<void> {
  if (typed.length === 0 || typed.some((arg) => arg === '--help' || arg === '-h')) {
    console.log(HELP);
    return;
  }
  const args = argumentsOf(typed, clock.now());
  const stop = new AbortController();
  const onInterrupt = interrupter(
    clock,
    () => stop.abort(),
    () => {
      console.error('\nEnded at once. The same command goes on behind the last slice that was finished.');
      process.exit(130);
    },
  );
  process.on('SIGINT', onInterrupt);
  const out = (line: string) => console.log(line);
  const around = { env: process.env, clock, random: Math.random, out, display: process.stderr, stop: stop.signal };
  await told(async () => {
    process.exitCode = await backfill(args, around);
  });
  process.off('SIGINT', onInterrupt);
}

run(() => main(process.argv.slice(2)));

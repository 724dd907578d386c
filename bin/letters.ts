import { parseArgs } from 'node:util';
import { closest } from '../lib/closest.ts';
import { told } from './letters/failure.ts';
import { list } from './letters/list.ts';
import { park } from './letters/park.ts';
import { type ReplayArguments, replay } from './letters/replay.ts';
import { show } from './letters/show.ts';
import { fail, run } from './run.ts';

const HELP = `Looks at the dead letters in OSS, replays them, and gives them up.

  npm run -s letters -- list [--json]        what waits to be replayed and what is parked, by reason and by object
  npm run -s letters -- show KEY [--json]    the letters of one object with their records; --json: its lines as stored
  npm run -s letters -- replay [options]     sends them to Langfuse again, as the deployed function does
  npm run -s letters -- park KEY             moves an object to parked/, where the timer's replays leave it alone

Options of replay:
  --prefix PREFIX      only objects whose keys begin with this, whole or after the letters' folder; parked/ means those
                       that were parked
  --limit N            objects at most
  --dry-run            only counts
  --remote             invokes the deployed function instead of running dist/replay.js here
  --timeout SECONDS    the function's timeout (default 540); with --remote, how long to wait for it (default 610)

Examples:
  npm run -s letters -- replay --dry-run
  npm run -s letters -- replay --prefix my-project/my-logstore/0/2026/11/ --limit 10
  npm run -s letters -- replay --prefix parked/
  npm run -s letters -- list --json | jq '.waiting.reasons'

Environment: the function's own settings (list, show and park need only DEAD_LETTER_* and OSS_ENDPOINT), with
ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN, and REGION (default
cn-hangzhou). Without OSS_ENDPOINT and SLS_ENDPOINT the region's public endpoints are used: the internal ones are not
reachable from outside. For --remote: ACCOUNT_ID, and REPLAY_FUNCTION (default sls-langfuse-replay).
From the file of the deployment: set -a; . ./.env; set +a

replay prints its receipt as one line of JSON; logs go to standard error. The exit code is 0 when it returned, 1 when
something failed, and 2 for a mistake in the command.`;

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  list: (args) => {
    const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
    return list(process.env, values.json);
  },
  show: (args) => {
    const options = { json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return show(process.env, onlyKey('show', positionals), values.json);
  },
  park: (args) => park(process.env, onlyKey('park', parseArgs({ args, allowPositionals: true }).positionals)),
  replay: (args) => replay(process.env, replayArguments(args)),
};

async function main(args: string[]): Promise<void> {
  const [name = '', ...rest] = args;
  if (args.length === 0 || args.some((arg) => arg === '--help' || arg === '-h')) {
    console.log(HELP);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) fail(unknown(name));
  endWithReader();
  await told(() => command(rest));
}

function unknown(name: string): string {
  const near = closest(name, Object.keys(COMMANDS));
  const hint = near ? ` Did you mean ${near}?` : '';
  const first = 'The first word is the command, list, show, replay or park';
  return `${first}: there is no "${name}".${hint} See npm run letters -- --help.`;
}

function onlyKey(command: string, positionals: readonly string[]): string {
  const [key] = positionals;
  if (key === undefined) fail(`Which object? npm run letters -- ${command} KEY, with a key that list shows.`);
  if (positionals.length > 1) fail(`${command} takes one key, got ${positionals.length}.`);
  return key;
}

function replayArguments(args: string[]): ReplayArguments {
  const { values } = parseArgs({
    args,
    options: {
      prefix: { type: 'string' },
      limit: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      remote: { type: 'boolean', default: false },
      timeout: { type: 'string' },
    },
  });
  const { prefix, limit, timeout, remote } = values;
  return {
    remote,
    ...(timeout !== undefined && { timeout: wholeOf('--timeout', timeout, 86_400) }),
    request: {
      ...(prefix !== undefined && { prefix }),
      ...(limit !== undefined && { limit: wholeOf('--limit', limit, Number.MAX_SAFE_INTEGER) }),
      ...(values['dry-run'] && { dryRun: true }),
    },
  };
}

function wholeOf(option: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : fail(`${option} ${text}: expected a whole number from 1 to ${most}.`);
}

/** `| head` closes the pipe early: that is its good right, and no failure. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

run(() => main(process.argv.slice(2)));

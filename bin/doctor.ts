import { parseArgs } from 'node:util';
import { systemClock as clock } from '../lib/clock.ts';
import { diagnose, type Options } from './doctor/diagnosis.ts';
import { isWell, progressOn, summaryOf } from './doctor/report.ts';
import { type Surroundings, surroundingsOf } from './doctor/surroundings.ts';
import { fail, run } from './run.ts';

const HELP = `Checks the whole way from the gateway's log to Langfuse: for each check what was found, and what to do about it.

  npm run -s doctor                       all that can be checked without leaving a trace
  npm run -s doctor -- --write            also sends one test trace to each Langfuse project and reads it back
  npm run -s doctor -- --offline          only what needs no network: the settings, and whether they can be deployed
  npm run -s doctor -- --json | jq '.checks[] | select(.status == "fail")'

  --write            the test trace is named "sls-langfuse doctor" and tagged doctor; Langfuse has a minute to show it
  --offline          no network
  --logs N           look at the last N logs (default 200, at most 10000)
  --timeout SECONDS  for each check (default 15)
  --env NAME         the environment, as DEPLOY_ENV=NAME: reads .env.NAME, and the usual names end in -NAME
  --json             one JSON document: {"ok", "checks": [{"name", "status", "message", "next"}]}

What is checked: configuration and deployment (the settings), credentials, clock; SLS (shards, a pull, what the logs are,
how old the oldest is); Langfuse (health, keys, transport), each project of ROUTES, too; the bucket, in which an object
is written, read, listed and deleted below DEAD_LETTER_PREFIX/doctor/; the deployed functions, the trigger and the timer.
A check that needs what another one did not find is skipped.

Settings: those of .env.example, from the shell, and from the file .env in the working directory; the shell wins. Beside
them ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN: what they may do is
checked, which is not what the roles of the functions may do. Without OSS_ENDPOINT and SLS_ENDPOINT the region's public
endpoints are used. SHIP_FUNCTION, REPLAY_FUNCTION and FC_ENDPOINT stand for the functions' usual names and address.

The exit code is 0 when no check failed (there may be warnings), 1 when one did, and 2 for a mistake in the command.`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      write: { type: 'boolean', default: false },
      offline: { type: 'boolean', default: false },
      logs: { type: 'string', default: '200' },
      timeout: { type: 'string', default: '15' },
      env: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const { write, offline, json, env: stage } = values;
  if (write && offline) fail('--write sends a trace, and --offline sends nothing: leave one of them out.');
  const logs = wholeOf('--logs', values.logs, 10_000);
  const timeoutMs = wholeOf('--timeout', values.timeout, 600) * 1000;
  const shell = { ...process.env, ...(stage !== undefined && { DEPLOY_ENV: stage }) };
  await report(surroundingsOf(shell, process.cwd()), { write, offline, logs, timeoutMs }, json);
}

async function report(surroundings: Surroundings, options: Options, json: boolean): Promise<void> {
  const { stdout, stderr } = process;
  const colour = stdout.isTTY === true && !process.env.NO_COLOR;
  const progress = progressOn({ out: stdout, colour, ...(stderr.isTTY && { err: stderr }) }, !json);
  const results = await diagnose(surroundings, options, { clock, progress });
  console.log(json ? JSON.stringify({ ok: isWell(results), checks: results }) : `\n${summaryOf(results)}`);
  process.exitCode = isWell(results) ? 0 : 1;
}

function wholeOf(option: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : fail(`${option} ${text}: expected a whole number from 1 to ${most}.`);
}

run(() => main(process.argv.slice(2)));

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../lib/clock.ts';
import { decodeLetters } from '../lib/letters/decode.ts';
import type { Letter, Receipt } from '../lib/types.ts';
import type { FcInstance, Invocation } from '../test/stand-ins/fc.ts';
import { SlsTrigger } from '../test/stand-ins/trigger.ts';
import { ensureBundle } from './build.ts';
import { fail, run } from './run.ts';
import { openFunction, openStage, type Stage, sampleGroups } from './stage.ts';
import { traceTable } from './trace-table.ts';
import { portOf, wanted, watched } from './viewer/attend.ts';
import { openViewer, type Viewer } from './viewer/viewer.ts';
import { sampleWindow } from './viewer/window.ts';

const HELP = `Shows the forwarder at work: sample gateway logs, a trigger loop, and what arrives in Langfuse.

  npm start                                   everything on this machine
  LANGFUSE_HOST=… LANGFUSE_PUBLIC_KEY=… LANGFUSE_SECRET_KEY=… npm start
                                              the same logs into a Langfuse of yours
  npm start -- --no-view                      ends when the logs are delivered

      --view       serves a page on loopback that shows what arrives, until Ctrl-C (default on a terminal)
      --port PORT  of that page (default: any free one)`;

const SOURCE = {
  endpoint: 'http://cn-hangzhou-intranet.log.aliyuncs.com',
  project: 'aigw-logs',
  logstore: 'access-log',
};
const SHARDS = [0, 1] as const;
const INTERVAL_MS = 1_000;
/** Longer than this a demonstration is not worth waiting for. */
const PATIENCE_MS = 120_000;
/** Failed invocations after which the next one will fail as well. */
const ENOUGH = 3;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: { view: { type: 'boolean' }, port: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const port = portOf(values.port);
  console.log('Building the function …');
  await ensureBundle();
  // Everything of Alibaba Cloud is stood in for, whatever is set: the logs are samples.
  const { LANGFUSE_BASE_URL, LANGFUSE_HOST = LANGFUSE_BASE_URL, ...env } = process.env;
  for (const name of ['SLS_ENDPOINT', 'OSS_ENDPOINT', 'DEAD_LETTER_BUCKET']) delete env[name];
  const host = LANGFUSE_HOST ? { LANGFUSE_HOST } : {};
  if (LANGFUSE_HOST && !(env.LANGFUSE_PUBLIC_KEY && env.LANGFUSE_SECRET_KEY)) {
    fail('LANGFUSE_HOST is set: set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY as well, or unset it for a stand-in.');
  }
  const stage = await openStage({ LOG_FORMAT: 'human', LOG_LEVEL: 'warn', ...env, ...host }, undefined, false);
  try {
    const view = wanted(values.view);
    await watched(view ? openViewer(stage, sampleWindow(), port) : undefined, (viewer) => demonstrate(stage, viewer));
  } finally {
    await stage.close();
  }
}

async function demonstrate(stage: Stage, viewer: Viewer | undefined): Promise<void> {
  for (const note of stage.notes) console.log(note);
  if (!stage.langfuse) console.log(`Langfuse  ${stage.env.LANGFUSE_HOST}`);
  const { receipts, complete } = await triggerUntilQuiet(stage, viewer);
  console.log(`\n${stage.langfuse ? 'Traces that arrived in Langfuse' : 'Traces sent to Langfuse'}\n`);
  console.log(await traceTable(stage));
  console.log(letterText(stage));
  console.log(receiptText(receipts));
  if (!complete) console.log('          not all of it was read: the function failed, see above');
  process.exitCode = complete && receipts.every(balances) ? 0 : 1;
}

/** Loads the samples into two shards and lets the trigger offer them until both are read. */
async function triggerUntilQuiet(
  stage: Stage,
  viewer: Viewer | undefined,
): Promise<{ receipts: Receipt[]; complete: boolean }> {
  const groups = sampleGroups();
  const half = Math.ceil(groups.length / 2);
  const ranges = SHARDS.map((shard) => {
    const range = stage.sls?.load(
      SOURCE.project,
      SOURCE.logstore,
      shard,
      groups.slice(shard * half, (shard + 1) * half),
    );
    return { shard, begin: range?.begin ?? '', end: range?.end ?? '' };
  });
  const receipts: Receipt[] = [];
  let failures = 0;
  const instances = SHARDS.map(() => openFunction(stage, 60));
  const invoke = async (event: string, shard: number): Promise<Invocation> => {
    const invocation = await (instances[shard] as FcInstance).invoke(event);
    if (invocation.ok) receipts.push(JSON.parse(invocation.result) as Receipt);
    else failures++;
    viewer?.add(invocation, shard);
    console.log(invocationText(shard, invocation));
    return invocation;
  };
  const end = (shard: number) => ranges[shard]?.end ?? '';
  const trigger = new SlsTrigger({ ...SOURCE, intervalMs: INTERVAL_MS, clock: systemClock, end, invoke });
  const stop = new AbortController();
  console.log(`\nTrigger   ${SOURCE.project}/${SOURCE.logstore}, ${SHARDS.length} shards, every second`);
  const loops = ranges.map(({ shard, begin }) => trigger.run(shard, begin, stop.signal));
  const deadline = Date.now() + PATIENCE_MS;
  const complete = () => ranges.every((range) => trigger.position(range.shard) === range.end);
  while (!complete() && failures < ENOUGH && Date.now() < deadline) await delay(50);
  stop.abort();
  await Promise.all(loops);
  await Promise.all(instances.map((instance) => instance.close()));
  return { receipts, complete: complete() };
}

function invocationText(shard: number, invocation: Invocation): string {
  if (!invocation.ok) return `  shard ${shard}  threw ${invocation.error.errorType}: ${invocation.error.errorMessage}`;
  const { read: records, delivered, ms } = JSON.parse(invocation.result) as Receipt;
  return `  shard ${shard}  ${records} logs read, ${delivered} calls delivered in ${ms} ms`;
}

function letterText(stage: Stage): string {
  const objects = [...(stage.oss?.objects ?? [])];
  const lines = objects.flatMap(([key, { body }]) => [key, ...decodeLetters(body).map((letter) => `  ${why(letter)}`)]);
  return lines.length === 0 ? '\nNo dead letter' : `\nDead letters in OSS\n\n${lines.join('\n')}`;
}

function why(letter: Letter): string {
  if (letter.kind === 'range') return `range ${letter.range.begin} to ${letter.range.end}: ${letter.reason}`;
  return `${letter.rejection.why}: ${letter.rejection.message}`;
}

function receiptText(receipts: readonly Receipt[]): string {
  const sum = (value: (receipt: Receipt) => number) => receipts.reduce((total, receipt) => total + value(receipt), 0);
  const [delivered, skipped, lettered] = [
    sum((r) => r.delivered),
    sum((r) => total(r.skipped)),
    sum((r) => total(r.lettered)),
  ];
  const verdict = receipts.every(balances) ? 'it balances' : 'IT DOES NOT BALANCE';
  const equation = `${sum((r) => r.read)} read = ${delivered} delivered + ${skipped} skipped + ${lettered} in dead letters`;
  const skips = receipts.flatMap((r) => Object.entries(r.skipped)).map(([reason, n]) => `${reason} ${n}`);
  return `\nReceipt   ${equation}: ${verdict}\n          skipped: ${skips.join(', ')}`;
}

function balances({ read: records, delivered, skipped, lettered }: Receipt): boolean {
  return records === delivered + total(skipped) + total(lettered);
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

run(() => main(process.argv.slice(2)));

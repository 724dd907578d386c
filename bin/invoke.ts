import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseTrigger } from '../lib/trigger.ts';
import type { CursorRange } from '../lib/types.ts';
import { ensureBundle } from './build.ts';
import { fail, run } from './run.ts';
import { loadSamples, openFunction, openStage, type Stage } from './stage.ts';
import { portOf, watched } from './viewer/attend.ts';
import { openViewer, type Viewer } from './viewer/viewer.ts';
import { windowOf } from './viewer/window.ts';

const HELP = `Runs the built function once with an SLS trigger event, as Function Compute would.

  npm run -s invoke -- -f test/events/sls.json
  npm run -s invoke -- -f EVENT --timeout 60 --real
  npm run -s invoke -- -f EVENT --view

  -f, --file FILE        the event; - reads standard input
      --timeout SECONDS  the function's timeout (default 300)
      --real             no stand-ins: the event's endpoint, and the configuration as it is deployed
      --view             then serves a page on loopback with the calls, the dead letters and the receipt, until Ctrl-C
      --port PORT        of that page (default: any free one)

Prints the receipt as one line of JSON, or Function Compute's error; logs go to standard error. The exit code is 0
when the handler returned and 1 when it threw. SLS, Langfuse and OSS are real where SLS_ENDPOINT, LANGFUSE_HOST,
OSS_ENDPOINT and the ALIBABA_CLOUD_* credentials are set, and stand-ins on loopback where they are not.`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      file: { type: 'string', short: 'f' },
      timeout: { type: 'string', default: '300' },
      real: { type: 'boolean', default: false },
      view: { type: 'boolean', default: false },
      port: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  if (values.file === undefined) fail('Which event? Pass its file: npm run -s invoke -- -f test/events/sls.json');
  const timeout = secondsOf(values.timeout);
  const port = portOf(values.port);
  const event = readFileSync(values.file === '-' ? 0 : values.file);
  await ensureBundle();
  const range = rangeOf(event);
  const stage = await openStage(process.env, range, values.real);
  try {
    if (stage.sls && range) loadSamples(stage.sls, range);
    const opening = values.view ? openViewer(stage, windowOf(stage, range), port) : undefined;
    await watched(opening, (viewer) => invoke(stage, event, timeout, viewer), console.error);
  } finally {
    await stage.close();
  }
}

async function invoke(stage: Stage, event: Uint8Array, timeout: number, viewer: Viewer | undefined): Promise<void> {
  for (const note of stage.notes) console.error(note);
  const instance = openFunction(stage, timeout);
  try {
    const invocation = await instance.invoke(event);
    viewer?.add(invocation);
    console.log(invocation.ok ? invocation.result : JSON.stringify(invocation.error));
    process.exitCode = invocation.ok ? 0 : 1;
    if (stage.langfuse) console.error(`Langfuse  holds ${stage.langfuse.observations().length} observations`);
    for (const key of stage.oss?.objects.keys() ?? []) console.error(`OSS       holds ${key}`);
  } finally {
    await instance.close();
  }
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400) return seconds;
  return fail(`--timeout ${text}: expected whole seconds from 1 to 86400.`);
}

/** The range of an event that is one; what is wrong with another is for the function to say. */
function rangeOf(event: Uint8Array): CursorRange | undefined {
  try {
    return parseTrigger(event).range;
  } catch {
    return undefined;
  }
}

run(() => main(process.argv.slice(2)));

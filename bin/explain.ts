import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseView } from '../lib/config.ts';
import { ALL } from '../lib/formats/all.ts';
import { redactorOf } from '../lib/redact/redactor.ts';
import type { Json, Reading } from '../lib/types.ts';
import { view } from '../lib/view/view.ts';
import { parseRecords, textOf } from './records.ts';
import { fail, run } from './run.ts';

const HELP = `Shows how log records map to Langfuse, without sending anything.

  npm run explain -- FILE      JSON records (one, an array, or one after the other) or the SLS console's download (JSON, CSV)
  npm run explain < FILE       the same from standard input
  npm run -s explain -- FILE   without npm's own lines, for a pipe

Prints a JSON array with, for each record in order, {"kind":"call","call":…}, {"kind":"skip","reason":…} or
{"kind":"reject","why":…,"message":…}. Times without a zone are read in the zone TZ names (default UTC).`;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const [file] = positionals;
  if (values.help || (file === undefined && process.stdin.isTTY)) {
    console.log(HELP);
    return;
  }
  if (positionals.length > 1) fail(`Expected one file, got ${positionals.length}. See npm run explain -- --help.`);
  const { records, notes } = parseRecords(textOf(readFileSync(file ?? 0)), file ? statSync(file).mtime : new Date());
  for (const note of notes) console.error(note);
  if (records.length === 0) fail(`${file ?? 'Standard input'} holds no record.`);
  const { redaction, ...settings } = parseView(process.env);
  const options = { ...settings, readers: ALL, redactor: await redactorOf(redaction) };
  const readings = records.map((record) => shown(view(record, options)));
  console.log(JSON.stringify(readings, null, 2));
}

/** A reading as people read it: times as ISO 8601 with milliseconds. */
function shown(reading: Reading): Json {
  if (reading.kind === 'skip') return { ...reading };
  if (reading.kind === 'reject') return { kind: 'reject', ...reading.why };
  const { trace, observation } = reading.call;
  const { startTime, endTime, completionStartTime, ...rest } = observation;
  const times = {
    startTime: iso(startTime),
    endTime: iso(endTime),
    ...(completionStartTime !== undefined && { completionStartTime: iso(completionStartTime) }),
  };
  return { kind: 'call', call: { trace: { ...trace }, observation: { ...rest, ...times } } } as unknown as Json;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

run(() => main(process.argv.slice(2)));

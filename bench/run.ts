import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { fail, run } from '../bin/run.ts';
import { coldStart } from './cold-start.ts';
import { cost } from './cost.ts';
import { kindness } from './kindness.ts';
import { memory } from './memory.ts';
import { overlap } from './overlap.ts';
import { parts } from './parts.ts';
import { type Benchmark, isMet, printed, type Report } from './report.ts';
import { throughput } from './throughput.ts';

const HELP = `Measures what the forwarder costs, and holds it against the work that nobody can avoid.

  npm run bench                        everything: half an hour
  npm run bench -- --quick             smaller sizes: some minutes, and figures to match
  npm run bench -- --only throughput   one of: NAMES
  LANGFUSE_HOST=… LANGFUSE_PUBLIC_KEY=… LANGFUSE_SECRET_KEY=… npm run bench -- --only throughput
                                       compares with the SDK against a Langfuse of yours as well

      --json FILE  writes the figures as JSON as well

Compare ratios of one run; absolute figures are this machine's.`;

const BENCHMARKS: readonly Benchmark[] = [
  { name: 'throughput', run: throughput },
  { name: 'memory', run: memory },
  { name: 'cold-start', run: coldStart },
  { name: 'overlap', run: overlap },
  { name: 'kindness', run: kindness },
  { name: 'cost', run: cost },
  { name: 'parts', run: parts },
];

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true },
      json: { type: 'string' },
      quick: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const names = BENCHMARKS.map(({ name }) => name);
  if (values.help) return console.log(HELP.replace('NAMES', names.join(', ')));
  const unknown = values.only?.find((name) => !names.includes(name));
  if (unknown !== undefined) fail(`There is no benchmark ${unknown}: choose among ${names.join(', ')}.`);
  const chosen = BENCHMARKS.filter(({ name }) => values.only?.includes(name) ?? true);
  const reports = await all(chosen, values.quick ? 'quick' : 'full');
  if (values.json) await writeFile(values.json, `${JSON.stringify({ node: process.version, ...reports }, null, 2)}\n`);
}

async function all(chosen: readonly Benchmark[], size: 'quick' | 'full'): Promise<Record<string, Report>> {
  const reports: [string, Report][] = [];
  for (const { name, run: measure } of chosen) {
    const report = await measure(size);
    console.log(`${printed(report)}\n`);
    reports.push([name, report]);
  }
  const goals = reports.flatMap(([, report]) => report.goals);
  if (goals.length > 0) console.log(`${goals.filter(isMet).length} of ${goals.length} goals met`);
  return Object.fromEntries(reports);
}

run(() => main(process.argv.slice(2)));

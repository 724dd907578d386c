import type { Env } from '../../lib/config.ts';
import type { Json } from '../../lib/types.ts';
import { type Column, table } from '../table.ts';
import { plain } from './objects.ts';
import { openMailbox } from './settings.ts';
import { type Count, merged, type Summary, survey } from './survey.ts';

/** A reason over all objects. */
interface Reason extends Count {
  readonly reason: string;
  readonly objects: number;
}

/** Prints what lies in the bucket, what waits and what is parked apart. @throws what the bucket throws */
export async function list(env: Env, json: boolean): Promise<void> {
  const { bucket, settings, layout } = openMailbox(env);
  const tell = (line: string) => console.error(line);
  const waiting = await survey(bucket, layout.letters, tell);
  const parked = await survey(bucket, layout.parked, tell);
  if (json) {
    const { bucket: name, prefix } = settings;
    console.log(JSON.stringify({ bucket: name, prefix, waiting: jsonOf(waiting), parked: jsonOf(parked) }));
    return;
  }
  const now = Date.now();
  const place = (folder: string) => `oss://${settings.bucket}/${folder}`;
  console.log(textOf(`Waiting to be replayed, in ${place(layout.letters)}`, waiting, now));
  if (parked.length > 0) console.log(`\n${textOf(`Parked, in ${place(layout.parked)}`, parked, now)}`);
}

function reasonsOf(summaries: readonly Summary[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const [reason, count] of summaries.flatMap(({ why }) => [...why])) {
    const before = reasons.get(reason);
    reasons.set(reason, { reason, objects: (before?.objects ?? 0) + 1, ...merged(before, count) });
  }
  return [...reasons.values()].sort((a, b) => b.letters - a.letters || (a.reason < b.reason ? -1 : 1));
}

function wholeOf({ why }: Summary): Count {
  const none = { letters: 0, oldest: Number.POSITIVE_INFINITY, newest: 0 };
  return [...why.values()].reduce(merged, none);
}

function jsonOf(summaries: readonly Summary[]): Json {
  return {
    reasons: reasonsOf(summaries).map(({ reason, objects, ...count }) => ({ reason, objects, ...jsonCount(count) })),
    objects: summaries.map((summary) => {
      const why = Object.fromEntries([...summary.why].map(([reason, { letters }]) => [reason, letters]));
      return { key: summary.key, bytes: summary.bytes, why, ...jsonCount(wholeOf(summary)) };
    }),
  };
}

function jsonCount({ letters, oldest, newest }: Count): { letters: number; oldest: string; newest: string } {
  return { letters, oldest: new Date(oldest).toISOString(), newest: new Date(newest).toISOString() };
}

function textOf(title: string, summaries: readonly Summary[], now: number): string {
  if (summaries.length === 0) return `${title}: no dead letter`;
  return [title, table(reasonsOf(summaries), reasonColumns(now)), table(summaries, objectColumns(now))].join('\n\n');
}

function reasonColumns(now: number): Column<Reason>[] {
  return [
    { title: 'reason', value: ({ reason }) => reason },
    { title: 'letters', right: true, value: ({ letters }) => `${letters}` },
    { title: 'objects', right: true, value: ({ objects }) => `${objects}` },
    { title: 'oldest', right: true, value: ({ oldest }) => age(now - oldest) },
    { title: 'newest', right: true, value: ({ newest }) => age(now - newest) },
  ];
}

function objectColumns(now: number): Column<Summary>[] {
  return [
    { title: 'key', value: ({ key }) => plain(key) },
    { title: 'letters', right: true, value: (summary) => `${wholeOf(summary).letters}` },
    { title: 'why', value: ({ why }) => [...why].map(([reason, { letters }]) => `${reason} ${letters}`).join(', ') },
    { title: 'age', right: true, value: (summary) => age(now - wholeOf(summary).oldest) },
    { title: 'bytes', right: true, value: ({ bytes }) => `${bytes}` },
  ];
}

/** A duration in its largest unit, whole. */
function age(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const [unit, size] = units.find(([, least]) => ms >= least) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

import { pullRange } from '../../lib/sls/pull.ts';
import type { CursorRange, LogRecord } from '../../lib/types.ts';
import { type Finding, ok, warn } from './exam.ts';
import type { Sharded } from './shards.ts';
import { asked, cursorAt, type Logstore } from './sls.ts';

/** Seconds back from now: each window is tried until one holds enough, and after them all there is. */
const WINDOWS = [10, 60, 600, 3_600, 21_600, 86_400] as const;
const MOST_SHARDS = 8;
/** A window may hold far more than is wanted: so many times as many are read of it. */
const SPARE = 10;

interface Pulled {
  readonly records: LogRecord[];
  /** Pages that cannot be read, and logs that SLS_QUERY failed on. */
  broken: number;
  failedLines: number;
}

/** Gets cursors and pulls the last `count` logs or so, over all shards. */
export function checkPull(
  { store, shards }: Sharded,
  count: number,
  signal: AbortSignal,
): Promise<Finding<readonly LogRecord[]>> {
  return asked(store, 'log:GetCursorOrData', async () => {
    const some = shards.slice(0, MOST_SHARDS);
    const wanted = Math.ceil(count / some.length);
    const pulled = await Promise.all(some.map((shard) => lastOf(store, shard, wanted, signal)));
    const records = pulled.flatMap((part) => part.records).slice(0, count);
    const broken = pulled.reduce((sum, part) => sum + part.broken, 0);
    const failedLines = pulled.reduce((sum, part) => sum + part.failedLines, 0);
    return judged(store, records, broken, failedLines);
  });
}

function judged(
  { project, logstore, access }: Logstore,
  records: readonly LogRecord[],
  broken: number,
  failedLines: number,
): Finding<readonly LogRecord[]> {
  if (records.length === 0) {
    const next = `Check that the gateway's log is delivered to it${access.query ? ', and SLS_QUERY' : ''}.`;
    return warn(`${project}/${logstore} can be read, and holds no log.`, next);
  }
  const newest = records.reduce((time, record) => Math.max(time, record.time), 0);
  const ago = Math.max(0, Math.round(access.clock.now() / 1000 - newest));
  const message = `${records.length} logs pulled, the newest of ${inWords(ago)} ago.`;
  if (failedLines > 0) {
    return warn(
      `${message} SLS_QUERY failed on ${failedLines} more.`,
      'Correct SLS_QUERY: SLS keeps these back.',
      records,
    );
  }
  if (broken > 0)
    return warn(`${message} ${broken} pages cannot be read.`, 'They become range letters. Report this.', records);
  return ok(message, records);
}

async function lastOf(store: Logstore, shard: number, wanted: number, signal: AbortSignal): Promise<Pulled> {
  const end = await cursorAt(store, shard, 'end', signal);
  const now = Math.floor(store.access.clock.now() / 1000);
  let pulled: Pulled = { records: [], broken: 0, failedLines: 0 };
  let seen = end;
  for (const from of [...WINDOWS.map((age) => now - age), 'begin'] as const) {
    const begin = await cursorAt(store, shard, from, signal);
    if (begin === seen) continue;
    seen = begin;
    const { project, logstore } = store;
    pulled = await read({ endpoint: '', project, logstore, shard, begin, end }, store, wanted * SPARE, signal);
    if (pulled.records.length >= wanted) break;
  }
  return { ...pulled, records: pulled.records.slice(-wanted) };
}

async function read(range: CursorRange, { access }: Logstore, most: number, signal: AbortSignal): Promise<Pulled> {
  const pulled: Pulled = { records: [], broken: 0, failedLines: 0 };
  for await (const page of pullRange(range, access, signal)) {
    if ('broken' in page) pulled.broken++;
    else {
      pulled.failedLines += page.failedLines ?? 0;
      for (const record of page.records) pulled.records.push(record);
    }
    if (pulled.records.length >= most) break;
  }
  return pulled;
}

/** A duration of so many seconds in its largest unit. */
export function inWords(seconds: number): string {
  const units = [
    ['days', 86_400],
    ['hours', 3_600],
    ['minutes', 60],
  ] as const;
  const [unit, size] = units.find(([, least]) => seconds >= 2 * least) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

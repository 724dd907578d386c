import type { CallKey } from '../types.ts';
import { storable } from './clean.ts';
import { exchange, type LangfuseAccess } from './exchange.ts';

const PAGE = 1000;
/** A window with more observations than this is not worth reading through: the calls are sent again instead. */
const MAX_PAGES = 20;

/**
 * Which of these calls Langfuse already shows (`GET /api/public/v2/observations`, Langfuse 4 and Cloud), by
 * {@link rowKey}. `undefined` when it does not say.
 */
export async function storedAmong(
  calls: readonly CallKey[],
  access: LangfuseAccess,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const starts = calls.map(startOf);
  const query = new URLSearchParams({
    fields: 'core',
    limit: String(PAGE),
    fromStartTime: new Date(starts.reduce((a, b) => Math.min(a, b))).toISOString(),
    // The end is exclusive.
    toStartTime: new Date(starts.reduce((a, b) => Math.max(a, b)) + 1).toISOString(),
  });
  const found = new Set<string>();
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await exchange(access, 'GET', `/api/public/v2/observations?${query}`, signal);
    if (answer.kind === 'failed' || answer.status !== 200 || !Array.isArray(answer.json?.data)) return undefined;
    for (const row of answer.json.data as (Row | null)[]) if (row) found.add(keyOf(row));
    const cursor = (answer.json.meta as { cursor?: unknown } | undefined)?.cursor;
    if (typeof cursor !== 'string' || cursor === '') return found;
    query.set('cursor', cursor);
  }
  return undefined;
}

interface Row {
  readonly id: string;
  readonly traceId: string;
  readonly startTime: string;
}

/** What Langfuse 4 merges rows by: trace, observation and start to the millisecond. */
export function rowKey(call: CallKey): string {
  return `${call.trace.id}/${call.observation.id}/${startOf(call)}`;
}

/** As it is sent. */
function startOf({ observation }: CallKey): number {
  return storable(observation.startTime);
}

function keyOf({ id, traceId, startTime }: Row): string {
  return `${traceId}/${id}/${Date.parse(startTime)}`;
}

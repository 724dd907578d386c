import { exchange, type LangfuseAccess } from '../../lib/langfuse/exchange.ts';
import { inspectServer } from '../../lib/langfuse/server.ts';
import { brief, type Call, type CallSource, type WholeCall } from './call.ts';
import { callOf, type Row } from './row.ts';

/** Unix milliseconds, the end exclusive. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** How often a server is asked while somebody is looking. */
const EVERY_MS = 5_000;
/** Calls at most; a page is what Langfuse gives at most, 100 with contents and 1,000 without. */
const MOST = 5_000;
const PAGE_V3 = 100;
const PAGE_V2 = 500;
const FIELDS = 'core,basic,time,model,usage';

type Ask = (path: string, query?: Readonly<Record<string, string>>) => Promise<Record<string, unknown>>;

/**
 * The calls of a window of time as Langfuse shows them, through its public read API: `/api/public/v2/observations` of
 * Langfuse 4 and Cloud, `/api/public/observations` and `/traces` of Langfuse 3. Read back rather than recorded on the
 * way, so that the page shows what arrived, and the function's requests go where they go in production.
 */
export function langfuseCalls(access: LangfuseAccess, window: Window, link: (traceId: string) => string): CallSource {
  const ask = asker(access);
  const modern = newerOf(access);
  return {
    place: `Langfuse at ${access.host}`,
    note: 'Langfuse shows what it took about 6 to 20 seconds later; this page asks it every 5 seconds.',
    mark: () => `${Math.floor(Date.now() / EVERY_MS)}`,
    calls: async () => ((await modern()) ? listV2(ask, window) : listV3(ask, window)),
    trace: async (id) => ((await modern()) ? wholeV2(ask, window, id) : wholeV3(ask, id)),
    link,
  };
}

/** Whether the server answers the v2 API; asked until it says so, and then no more. */
function newerOf(access: LangfuseAccess): () => Promise<boolean> {
  let known: boolean | undefined;
  return async () => {
    if (known !== undefined) return known;
    const server = await inspectServer(access, AbortSignal.timeout(access.timeoutMs));
    if ('kind' in server) throw new Error(`${server.message}. Check LANGFUSE_HOST and that it is reachable from here.`);
    known = server.mergesLate;
    return known;
  };
}

function asker(access: LangfuseAccess): Ask {
  return async (path, query = {}) => {
    const target = `/api/public/${path}?${new URLSearchParams(query)}`;
    const answer = await exchange(access, 'GET', target, AbortSignal.timeout(access.timeoutMs));
    if (answer.kind === 'failed') throw new Error(answer.failure.message);
    if (answer.status === 200 && answer.json) return answer.json;
    if (answer.status === 404) return {};
    const next = answer.status === 401 ? ' Check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.' : '';
    throw new Error(`Langfuse does not show its ${path.split('/')[0]}: ${answer.message}.${next}`);
  };
}

async function listV2(ask: Ask, window: Window): Promise<Call[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const query = { fields: FIELDS, limit: `${PAGE_V2}`, ...startsIn(window), ...(cursor && { cursor }) };
    const page = await ask('v2/observations', query);
    rows.push(...rowsIn(page.data));
    const next = (page.meta as { cursor?: unknown } | undefined)?.cursor;
    cursor = typeof next === 'string' && next !== '' ? next : undefined;
  } while (cursor && rows.length < MOST);
  return distinct(rows).map(brief);
}

async function wholeV2(ask: Ask, window: Window, traceId: string): Promise<WholeCall[]> {
  const fields = `${FIELDS},io,metadata`;
  const page = await ask('v2/observations', { fields, limit: `${PAGE_V3}`, traceId, ...startsIn(window) });
  return distinct(rowsIn(page.data));
}

/** Observations do not say whose they are there: their traces do. */
async function listV3(ask: Ask, window: Window): Promise<Call[]> {
  const { from, to } = isoOf(window);
  const traces = await paged(ask, 'traces', { fromTimestamp: from, toTimestamp: to, fields: 'core' });
  const byId = new Map(traces.map((trace) => [trace.id, trace]));
  const rows = await paged(ask, 'observations', startsIn(window));
  return rows.flatMap((row) => callOf(row, byId.get(row.traceId)) ?? []).map(brief);
}

async function wholeV3(ask: Ask, id: string): Promise<WholeCall[]> {
  const trace = await ask(`traces/${encodeURIComponent(id)}`);
  return rowsIn(trace.observations).flatMap((row) => callOf(row, trace) ?? []);
}

async function paged(ask: Ask, path: string, query: Readonly<Record<string, string>>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let page = 1; rows.length < MOST; page++) {
    const { data } = await ask(path, { ...query, limit: `${PAGE_V3}`, page: `${page}` });
    const more = rowsIn(data);
    rows.push(...more);
    if (more.length < PAGE_V3) break;
  }
  return rows;
}

/** A call that was sent twice is two rows until Langfuse 4 merges them. */
function distinct(rows: readonly Row[]): WholeCall[] {
  const calls = rows.flatMap((row) => callOf(row) ?? []);
  return [...new Map(calls.map((call) => [`${call.traceId}/${call.id}/${call.start}`, call])).values()];
}

function rowsIn(data: unknown): Row[] {
  return Array.isArray(data) ? data.filter((row): row is Row => typeof row === 'object' && row !== null) : [];
}

function startsIn(window: Window): { fromStartTime: string; toStartTime: string } {
  const { from, to } = isoOf(window);
  return { fromStartTime: from, toStartTime: to };
}

function isoOf({ from, to }: Window): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

import type { Store } from './store.ts';
import type { StoredObservation, StoredTrace } from './types.ts';
import { readTime } from './values.ts';
import type { Dialect } from './version.ts';

export interface ReadAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Row = Readonly<Record<string, unknown>>;
type Query = Readonly<Record<string, string>>;

const PROJECT = 'stand-in';
/** The field groups of `GET /api/public/v2/observations`, from its API description. `core` is always there. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  core: ['id', 'traceId', 'startTime', 'endTime', 'projectId', 'parentObservationId', 'type'],
  basic: ['name', 'level', 'statusMessage', 'version', 'environment', 'bookmarked', 'public', 'userId', 'sessionId'],
  time: ['completionStartTime', 'createdAt', 'updatedAt'],
  io: ['input', 'output'],
  metadata: ['metadata'],
  model: ['providedModelName', 'internalModelId', 'modelParameters'],
  usage: ['usageDetails', 'costDetails', 'totalCost'],
  prompt: ['promptId', 'promptName', 'promptVersion'],
  metrics: ['latency', 'timeToFirstToken'],
};

/** A GET of the public read API as the version answers it at `at`; undefined for a path that is not part of it. */
export function answerRead(
  path: string,
  query: Query,
  store: Store,
  dialect: Dialect,
  at: number,
): ReadAnswer | undefined {
  if (path === '/api/public/projects') return ok({ data: [{ id: PROJECT, name: PROJECT, metadata: {} }] });
  const v2 = path === '/api/public/v2/observations';
  const [, kind, id] = /^\/api\/public\/(traces|observations)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (!v2 && kind === undefined) return undefined;
  if (v2 ? dialect.mode === 'v3' : dialect.mode === 'v4-events-only') return notFound('Not Found');
  if (v2) return listV2(query, store.rows(at));
  if (kind === 'traces')
    return id === undefined ? listTraces(query, store, at) : oneTrace(decodeURIComponent(id), store, at);
  if (id !== undefined) return oneObservation(decodeURIComponent(id), store, at);
  return ok(
    paged(
      store
        .observations(at)
        .filter((row) => matches(row, query))
        .map(observationRow),
      query,
    ),
  );
}

function ok(body: unknown): ReadAnswer {
  return { status: 200, body };
}

function notFound(message: string): ReadAnswer {
  return { status: 404, body: { message, error: 'LangfuseNotFoundError' } };
}

function badRequest(message: string): ReadAnswer {
  return { status: 400, body: { message: 'Invalid request data', error: message } };
}

function listV2(query: Query, rows: StoredObservation[]): ReadAnswer {
  const limit = Number(query.limit ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return badRequest('limit must be between 1 and 1000');
  const groups = (query.fields ?? 'core,basic').split(',').map((group) => group.trim());
  const unknown = groups.find((group) => GROUPS[group] === undefined);
  if (unknown !== undefined) return badRequest(`Unknown field group: ${unknown}`);
  const offset = query.cursor === undefined ? 0 : Number(Buffer.from(query.cursor, 'base64').toString());
  if (!Number.isInteger(offset)) return badRequest('Invalid cursor');
  const found = rows.filter((row) => matches(row, query)).sort((a, b) => b.startTime - a.startTime);
  const end = offset + limit;
  const cursor = end < found.length ? { cursor: Buffer.from(String(end)).toString('base64') } : {};
  return ok({ data: found.slice(offset, end).map((row) => select(v2Row(row), groups)), meta: cursor });
}

/** `fromStartTime` is inclusive, `toStartTime` exclusive. */
function matches(row: StoredObservation, query: Query): boolean {
  const from = readTime(query.fromStartTime) ?? Number.NEGATIVE_INFINITY;
  const to = readTime(query.toStartTime) ?? Number.POSITIVE_INFINITY;
  const same = (['traceId', 'name', 'userId', 'type', 'level'] as const).every(
    (key) => query[key] === undefined || query[key] === row[key],
  );
  return same && row.startTime >= from && row.startTime < to;
}

function select(row: Row, groups: readonly string[]): Row {
  const keys = new Set(['core', ...groups].flatMap((group) => GROUPS[group] ?? []));
  return Object.fromEntries([...keys].map((key) => [key, row[key] ?? null]));
}

function v2Row(row: StoredObservation): Row {
  return { ...observationRow(row), input: asText(row.input), output: asText(row.output) };
}

/** The list of v2 gives input and output as raw text. */
function asText(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function observationRow(row: StoredObservation): Row {
  const { startTime, endTime, completionStartTime, model, ...rest } = row;
  return {
    ...rest,
    projectId: PROJECT,
    parentObservationId: row.parentObservationId ?? null,
    startTime: iso(startTime),
    endTime: iso(endTime),
    completionStartTime: iso(completionStartTime),
    providedModelName: model ?? null,
    model: model ?? null,
    totalCost: row.costDetails.total ?? 0,
    latency: endTime === undefined ? null : (endTime - startTime) / 1000,
    timeToFirstToken: completionStartTime === undefined ? null : (completionStartTime - startTime) / 1000,
  };
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}

function traceRow(trace: StoredTrace, observations: readonly unknown[]): Row {
  return { ...trace, projectId: PROJECT, timestamp: iso(trace.timestamp), observations };
}

function listTraces(query: Query, store: Store, at: number): ReadAnswer {
  const wanted = store
    .traces(at)
    .filter(
      (trace) =>
        (query.name === undefined || query.name === trace.name) &&
        (query.userId === undefined || query.userId === trace.userId) &&
        (query.sessionId === undefined || query.sessionId === trace.sessionId),
    );
  const observations = store.observations(at);
  const idsOf = (id: string) => observations.filter(({ traceId }) => traceId === id).map((row) => row.id);
  return ok(
    paged(
      wanted.map((trace) => traceRow(trace, idsOf(trace.id))),
      query,
    ),
  );
}

function oneTrace(id: string, store: Store, at: number): ReadAnswer {
  const trace = store.traces(at).find((candidate) => candidate.id === id);
  if (trace === undefined) return notFound(`Trace ${id} not found within authorized project`);
  return ok(
    traceRow(
      trace,
      store
        .observations(at)
        .filter(({ traceId }) => traceId === id)
        .map(observationRow),
    ),
  );
}

function oneObservation(id: string, store: Store, at: number): ReadAnswer {
  const row = store.observations(at).find((candidate) => candidate.id === id);
  return row === undefined ? notFound('Observation not found within authorized project') : ok(observationRow(row));
}

function paged(rows: readonly Row[], query: Query): unknown {
  const limit = Number(query.limit ?? 50);
  const page = Number(query.page ?? 1);
  const meta = { page, limit, totalItems: rows.length, totalPages: Math.ceil(rows.length / limit) };
  return { data: rows.slice((page - 1) * limit, page * limit), meta };
}

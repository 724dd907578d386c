import { type Answer, json, text } from './exchange.ts';
import { readBatch } from './ingestion.ts';
import { readExport, spanIds } from './otlp.ts';
import { hasLoneSurrogate, hasOverflow } from './poison.ts';
import { answerRead } from './read.ts';
import type { Store } from './store.ts';
import type { Export, Transport } from './types.ts';
import { isObject } from './values.ts';
import type { Dialect } from './version.ts';

/** The route's own limit, of the ingestion API alone: 4.5 MB. */
const INGESTION_LIMIT = 4.5 * 1024 * 1024;

const TRANSPORTS: Readonly<Record<string, Transport>> = {
  '/api/public/otel/v1/traces': 'otlp',
  '/api/public/ingestion': 'ingestion',
};

/** A request as the routes see it: read, unzipped, and parsed where it is JSON. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Unzipped; undefined when it could not be. */
  readonly body: Buffer | undefined;
  readonly parsed: unknown;
}

export interface House {
  readonly dialect: Dialect;
  readonly store: Store;
  readonly publicKey: string;
  readonly secretKey: string;
  readonly storeDelayMs: number;
  now(): number;
  /** Called for each export that v4 answers with 200 and drops. */
  onPoison(): void;
}

/** Which transport the request uses, if it delivers anything. */
export function transportOf(method: string, path: string): Transport | undefined {
  return method === 'POST' ? TRANSPORTS[path] : undefined;
}

/** What the request carries: span or body ids, and the ids of the envelopes. */
export function carried(transport: Transport | undefined, parsed: unknown): { ids: string[]; eventIds: string[] } {
  if (transport === 'otlp') return { ids: spanIds(parsed), eventIds: [] };
  const batch = transport === 'ingestion' && isObject(parsed) && Array.isArray(parsed.batch) ? parsed.batch : [];
  const events = batch.map((event: unknown) => (isObject(event) ? event : {}));
  return {
    ids: events.map(({ body }) => (isObject(body) ? String(body.id ?? '') : '')),
    eventIds: events.map(({ id }) => String(id ?? '')),
  };
}

/** Handles one request wholly, storing what it brings. */
export function answer(call: Call, house: House, rejectIds: readonly string[]): Answer {
  if (call.path === '/api/public/health') return json(200, { status: 'OK', version: house.dialect.version });
  const transport = TRANSPORTS[call.path];
  if (transport === 'otlp' && !house.dialect.otlp) return json(404, { message: 'Not Found' });
  if (transport !== undefined && call.method !== 'POST') return json(405, { message: 'Method not allowed' });
  const access = accessOf(call, house);
  if (access === 'none') return unauthorised(transport);
  if (transport === 'ingestion') return ingest(call, house, access === 'scores', rejectIds);
  if (access === 'scores') return json(403, { message: 'Access denied: the secret key is missing' });
  if (transport === 'otlp') return exportSpans(call, house, rejectIds);
  const read = answerRead(call.path, call.query, house.store, house.dialect, house.now());
  return read === undefined ? json(404, { message: 'Not Found' }) : json(read.status, read.body);
}

/** A public key alone, as a bearer token, is a scope for scores. */
function accessOf({ headers }: Call, { publicKey, secretKey }: House): 'all' | 'scores' | 'none' {
  const basic = `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString('base64')}`;
  if (headers.authorization === basic) return 'all';
  return headers.authorization === `Bearer ${publicKey}` ? 'scores' : 'none';
}

function unauthorised(transport: Transport | undefined): Answer {
  const message = 'Invalid credentials. Confirm that you have configured the correct host.';
  return json(401, transport === 'otlp' ? { message } : { error: 'UnauthorizedError', message });
}

function ingest(call: Call, house: House, scoresOnly: boolean, rejectIds: readonly string[]): Answer {
  if ((call.body?.length ?? 0) > INGESTION_LIMIT) return text(413, 'Body exceeded 4.5mb limit');
  if (call.parsed === undefined) return text(400, 'Invalid JSON');
  const batch = isObject(call.parsed) ? call.parsed.batch : undefined;
  if (!Array.isArray(batch)) return json(400, { message: 'Invalid request data', errors: ['batch: expected array'] });
  const { dialect } = house;
  const { successes, errors, stored } = readBatch(batch, { dialect, scoresOnly, rejectIds, now: house.now() });
  keep(stored, call.parsed, house);
  return json(207, { successes, errors });
}

function exportSpans(call: Call, house: House, rejectIds: readonly string[]): Answer {
  const problem = headerProblem(call) ?? (rejectsAny(call.parsed, rejectIds) ? 'Refused by the stand-in' : undefined);
  if (problem !== undefined) return json(400, { error: problem });
  const verdict = readExport(call.parsed, house.dialect, house.now());
  if (verdict.kind === 'refused') return json(400, { error: verdict.error });
  if (verdict.spans === 0) return json(200, {});
  keep(verdict.stored, call.parsed, house);
  return json(200, { id: crypto.randomUUID(), name: 'otel-ingestion-job', data: { spans: verdict.spans }, opts: {} });
}

function rejectsAny(parsed: unknown, ids: readonly string[]): boolean {
  return spanIds(parsed).some((id) => ids.includes(id));
}

/** A version above 4, or one that is no number, is refused; without one the data is stored all the same. */
function headerProblem({ headers, body, parsed }: Call): string | undefined {
  const version = headers['x-langfuse-ingestion-version'];
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return 'Invalid content type';
  if (version !== undefined && !(Number(version) <= 4)) return `Unsupported x-langfuse-ingestion-version: ${version}`;
  if (body === undefined) return 'Failed to decompress gzip content';
  return parsed === undefined ? 'Failed to parse OTel JSON Trace' : undefined;
}

/** One value that breaks v4's insert takes its whole flush with it, and nobody is told. */
function keep(stored: Export, parsed: unknown, house: House): void {
  const v4 = house.dialect.mode !== 'v3';
  if (v4 && (hasLoneSurrogate(parsed) || hasOverflow(stored))) house.onPoison();
  else house.store.add(stored, house.now() + house.storeDelayMs);
}

import { createHash } from 'node:crypto';
import { type Answer, json, refusal } from './operations.ts';
import type { SlsRequest } from './request.ts';

/** A logstore as it was made; its index as it was put. */
export interface StoredLogstore {
  readonly made: Readonly<Record<string, unknown>>;
  index?: Readonly<Record<string, unknown>>;
}

/** Logstores by `{project}/{logstore}`; tests may read and write them. */
export type Logstores = Map<string, StoredLogstore>;

/** Whether a request is about logstores themselves, and not about the logs in one. */
export function isOnLogstores({ path }: SlsRequest): boolean {
  return path[0] === 'logstores' && (path.length <= 2 || (path.length === 3 && path[2] === 'index'));
}

/**
 * CreateLogStore, GetLogStore, CreateIndex, UpdateIndex and GetIndex, as the pages of that name in Simple Log Service say.
 * `exists`: whether the logstore is there for another reason, such as that logs were put into it.
 */
export function onLogstores(r: SlsRequest, body: Buffer, logstores: Logstores, exists: boolean): Answer {
  const damage = damageOf(r, body);
  if (damage) return damage;
  const [, name = '', index] = r.path;
  const value = body.length === 0 ? undefined : (JSON.parse(body.toString('utf8')) as Record<string, unknown>);
  if (name === '') return r.method === 'POST' && value ? create(r, value, logstores) : notPlayed();
  const key = `${r.project}/${name}`;
  const stored = logstores.get(key) ?? (exists ? { made: { logstoreName: name, ttl: 7 } } : undefined);
  if (!stored) return refusal(404, 'LogStoreNotExist', `logstore ${name} does not exist`);
  if (index === undefined) return r.method === 'GET' ? json(stored.made) : notPlayed();
  if (r.method === 'GET') return stored.index ? json({ ttl: 30, ...stored.index }) : noIndex();
  if (!value) return notPlayed();
  if (r.method === 'POST' && stored.index) return refusal(400, 'IndexAlreadyExist', 'log store index already exists');
  if (r.method === 'PUT' && !stored.index) return noIndex();
  logstores.set(key, { ...stored, index: value });
  return json({});
}

function create(r: SlsRequest, made: Readonly<Record<string, unknown>>, logstores: Logstores): Answer {
  const { logstoreName, ttl, shardCount } = made;
  const right = /^[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]$/.test(String(logstoreName));
  if (!right || typeof ttl !== 'number' || typeof shardCount !== 'number') {
    return refusal(400, 'LogStoreInfoInvalid', 'logstore info is invalid');
  }
  const key = `${r.project}/${String(logstoreName)}`;
  if (logstores.has(key))
    return refusal(400, 'LogStoreAlreadyExist', `logstore ${String(logstoreName)} already exists`);
  logstores.set(key, { made });
  return json({});
}

function noIndex(): Answer {
  return refusal(404, 'IndexConfigNotExist', 'index config doesnt exist');
}

function notPlayed(): Answer {
  return refusal(405, 'MethodNotSupported', 'The stand-in does not play this operation.');
}

/** The signature covers the body by its digest alone. */
function damageOf(r: SlsRequest, body: Buffer): Answer | undefined {
  if (r.headers['x-log-bodyrawsize'] !== String(body.length)) {
    return refusal(400, 'InvalidBodyRawSize', 'x-log-bodyrawsize is not the size of the body');
  }
  if (body.length === 0) return undefined;
  const digest = createHash('md5').update(body).digest('hex').toUpperCase();
  if (r.headers['content-md5'] !== digest) return refusal(400, 'InvalidContentMD5', 'Content-MD5 does not match');
  const isJson = r.headers['content-type'] === 'application/json';
  return isJson ? undefined : refusal(400, 'InvalidContentType', 'the body is JSON');
}

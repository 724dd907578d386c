import { createHash } from 'node:crypto';
import { crc64 } from './crc64.ts';
import { list } from './listing.ts';
import { onSettings } from './settings.ts';
import type { Target } from './target.ts';
import { type BucketSettings, type OssAnswer, ossError, type StoredObject } from './types.ts';
import { document, textsOf } from './xml.ts';

/** A request whose signature is right. */
export interface Operation {
  readonly method: string;
  readonly target: Target;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Bucket {
  readonly name: string;
  readonly objects: Map<string, StoredObject>;
  readonly settings: BucketSettings;
  /** Without `oss-`. */
  readonly region: string;
  now(): number;
}

const XML = { 'content-type': 'application/xml' };
/** What PutObject keeps of the request's headers, beside `x-oss-meta-*`. */
const KEPT =
  /^(content-type|content-encoding|content-disposition|content-language|cache-control|expires|x-oss-meta-.*)$/;
/** Parameters that an object operation may carry; anything else is an operation that the stand-in does not play. */
const HARMLESS = /^(objectMeta|versionId|response-.*)$/;

/** Does what is asked for in the one bucket there is. */
export function operate(operation: Operation, bucket: Bucket): OssAnswer {
  const { method, target, query, headers, body } = operation;
  const md5 = headers['content-md5'];
  if (target.bucket !== bucket.name) return ossError(404, 'NoSuchBucket', 'The specified bucket does not exist.');
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
    return ossError(400, 'InvalidDigest', 'The Content-MD5 you specified is not valid.');
  }
  const setting = target.key === '' ? onSettings(operation, bucket) : undefined;
  if (setting) return setting;
  if (!bucket.settings.exists) return ossError(404, 'NoSuchBucket', 'The specified bucket does not exist.');
  if (target.key === '') return onBucket(operation, bucket);
  if (Object.keys(query).some((name) => !HARMLESS.test(name))) return notPlayed();
  if (method === 'PUT')
    return headers['x-oss-copy-source'] === undefined ? put(operation, bucket) : copy(operation, bucket);
  if (method === 'GET' || method === 'HEAD') return get(operation, bucket);
  return method === 'DELETE' ? remove(target.key, bucket) : notPlayed();
}

function notPlayed(): OssAnswer {
  return ossError(501, 'NotImplemented', 'The stand-in does not play this operation.');
}

function onBucket({ method, query, body }: Operation, bucket: Bucket): OssAnswer {
  if (method === 'POST' && query.delete !== undefined) return removeMany(body.toString(), bucket);
  if (method !== 'GET') return notPlayed();
  const known =
    /^(list-type|prefix|delimiter|marker|max-keys|continuation-token|start-after|encoding-type|fetch-owner)$/;
  return Object.keys(query).every((name) => known.test(name)) ? list(bucket.name, query, bucket.objects) : notPlayed();
}

function put({ target, headers, body }: Operation, bucket: Bucket): OssAnswer {
  const stored = store(target.key, body, kept(headers), headers, bucket);
  if (stored.kind === 'error') return stored;
  const { etag } = stored.object;
  const md5 = createHash('md5').update(body).digest('base64');
  return { kind: 'ok', status: 200, headers: { etag, 'content-md5': md5, 'x-oss-hash-crc64ecma': crc64(body) } };
}

type Storing = { readonly kind: 'stored'; readonly object: StoredObject } | Extract<OssAnswer, { kind: 'error' }>;

function store(
  key: string,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
  request: Readonly<Record<string, string>>,
  bucket: Bucket,
): Storing {
  if (request['x-oss-forbid-overwrite'] === 'true' && bucket.objects.has(key)) {
    const message = 'The object you specified already exists and can not be overwritten.';
    return { kind: 'error', status: 409, code: 'FileAlreadyExists', message };
  }
  const etag = `"${createHash('md5').update(body).digest('hex').toUpperCase()}"`;
  const object = { body, etag, lastModified: new Date(bucket.now()), headers };
  bucket.objects.set(key, object);
  return { kind: 'stored', object };
}

function kept(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.test(name)));
}

function copy({ target, headers }: Operation, bucket: Bucket): OssAnswer {
  const [, from = '', key = ''] =
    /^\/([^/]+)\/(.+)$/.exec(decodeURIComponent(headers['x-oss-copy-source'] ?? '')) ?? [];
  if (from !== bucket.name) return ossError(404, 'NoSuchBucket', 'The specified bucket does not exist.');
  const source = bucket.objects.get(key);
  if (source === undefined) return noSuchKey();
  const ownHeaders = headers['x-oss-metadata-directive'] === 'REPLACE' ? kept(headers) : source.headers;
  const stored = store(target.key, source.body, ownHeaders, headers, bucket);
  if (stored.kind === 'error') return stored;
  const { etag, lastModified } = stored.object;
  const body = document('CopyObjectResult', { LastModified: lastModified.toISOString(), ETag: etag });
  return { kind: 'ok', status: 200, headers: { ...XML, etag }, body };
}

function noSuchKey(): OssAnswer {
  return ossError(404, 'NoSuchKey', 'The specified key does not exist.');
}

function get({ target, headers }: Operation, bucket: Bucket): OssAnswer {
  const object = bucket.objects.get(target.key);
  if (object === undefined) return noSuchKey();
  const expected = headers['if-match'];
  if (expected !== undefined && expected !== object.etag) {
    return ossError(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold.');
  }
  if (headers['if-none-match'] === object.etag) return { kind: 'ok', status: 304 };
  return { kind: 'ok', status: 200, headers: described(object), body: object.body };
}

function described({ body, etag, lastModified, headers }: StoredObject): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    ...headers,
    etag,
    'last-modified': lastModified.toUTCString(),
    'x-oss-object-type': 'Normal',
    'x-oss-storage-class': 'Standard',
    'x-oss-hash-crc64ecma': crc64(body),
  };
}

/** Deleting what is not there succeeds. */
function remove(key: string, { objects }: Bucket): OssAnswer {
  objects.delete(key);
  return { kind: 'ok', status: 204 };
}

function removeMany(xml: string, { objects }: Bucket): OssAnswer {
  const keys = textsOf(xml, 'Key');
  if (keys.length === 0 || keys.length > 1000) {
    return ossError(400, 'MalformedXML', 'A delete names between 1 and 1000 keys.');
  }
  for (const key of keys) objects.delete(key);
  const quiet = textsOf(xml, 'Quiet')[0] === 'true';
  const deleted = quiet ? [] : keys.map((key) => ({ Key: key }));
  return { kind: 'ok', status: 200, headers: XML, body: document('DeleteResult', { Deleted: deleted }) };
}

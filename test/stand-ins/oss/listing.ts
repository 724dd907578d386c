import { type OssAnswer, ossError, type StoredObject } from './types.ts';
import { document, type Xml } from './xml.ts';

type Query = Readonly<Record<string, string>>;

interface Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** The last name on the page, where another one follows. */
  readonly next?: string;
}

/** ListObjects (`marker`) or ListObjectsV2 (`list-type=2`, `continuation-token`), with prefix and delimiter. */
export function list(bucket: string, query: Query, objects: ReadonlyMap<string, StoredObject>): OssAnswer {
  const limit = Number(query['max-keys'] ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    return ossError(400, 'InvalidArgument', 'Argument max-keys must be an integer between 1 and 1000.');
  }
  const v2 = query['list-type'] === '2';
  const after = v2 ? (fromToken(query['continuation-token']) ?? query['start-after']) : query.marker;
  const page = pageOf([...objects.keys()].sort(byBytes), { after: after ?? '', limit, query });
  const content = {
    ...common(bucket, query, limit, page, objects),
    ...(v2 ? v2Part(query, page) : v1Part(query, page)),
  };
  const headers = { 'content-type': 'application/xml' };
  return { kind: 'ok', status: 200, headers, body: document('ListBucketResult', content) };
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

interface Wanted {
  readonly after: string;
  readonly limit: number;
  readonly query: Query;
}

function pageOf(sorted: readonly string[], { after, limit, query }: Wanted): Page {
  const { prefix = '', delimiter = '' } = query;
  const names = new Map<string, boolean>();
  for (const key of sorted) {
    if (!key.startsWith(prefix)) continue;
    const name = folded(key, prefix, delimiter);
    if (byBytes(name, after) > 0) names.set(name, name !== key);
  }
  const all = [...names];
  const shown = all.slice(0, limit);
  const last = shown.at(-1)?.[0];
  return {
    keys: shown.filter(([, isPrefix]) => !isPrefix).map(([name]) => name),
    prefixes: shown.filter(([, isPrefix]) => isPrefix).map(([name]) => name),
    ...(all.length > limit && last !== undefined ? { next: last } : {}),
  };
}

/** The key, or what it has up to the first delimiter behind the prefix. */
function folded(key: string, prefix: string, delimiter: string): string {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at === -1 ? key : key.slice(0, at + delimiter.length);
}

function common(
  bucket: string,
  query: Query,
  limit: number,
  page: Page,
  objects: ReadonlyMap<string, StoredObject>,
): Record<string, Xml | undefined> {
  const shown = query['encoding-type'] === 'url' ? encodeURIComponent : (text: string) => text;
  const owner = query['list-type'] !== '2' || query['fetch-owner'] === 'true';
  return {
    Name: bucket,
    Prefix: shown(query.prefix ?? ''),
    MaxKeys: limit,
    Delimiter: shown(query.delimiter ?? ''),
    EncodingType: query['encoding-type'],
    IsTruncated: page.next !== undefined,
    Contents: page.keys.map((key) => ({ Key: shown(key), ...describe(objects.get(key), owner) })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: shown(prefix) })),
  };
}

function describe(object: StoredObject | undefined, owner: boolean): Record<string, Xml | undefined> {
  return {
    LastModified: object?.lastModified.toISOString(),
    ETag: object?.etag,
    Type: 'Normal',
    Size: object?.body.length,
    StorageClass: 'Standard',
    Owner: owner ? { ID: '1', DisplayName: '1' } : undefined,
  };
}

function v1Part({ marker }: Query, { next }: Page): Record<string, Xml | undefined> {
  return { Marker: marker ?? '', NextMarker: next };
}

function v2Part(query: Query, { keys, prefixes, next }: Page): Record<string, Xml | undefined> {
  return {
    KeyCount: keys.length + prefixes.length,
    StartAfter: query['start-after'],
    ContinuationToken: query['continuation-token'],
    NextContinuationToken: next === undefined ? undefined : Buffer.from(next).toString('base64'),
  };
}

function fromToken(token: string | undefined): string | undefined {
  return token === undefined || token === '' ? undefined : Buffer.from(token, 'base64').toString();
}

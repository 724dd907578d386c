import type { Operation } from './operations.ts';
import { type BucketSettings, type OssAnswer, ossError } from './types.ts';
import { document } from './xml.ts';

const XML = { 'content-type': 'application/xml' };
const DONE: OssAnswer = { kind: 'ok', status: 200 };

/** PutBucket, GetBucketInfo, and encryption and lifecycle as they were put; undefined for other requests on the bucket. */
export function onSettings({ method, query, headers, body }: Operation, bucket: Bucket): OssAnswer | undefined {
  const [name = ''] = Object.keys(query);
  if (method === 'PUT' && name === '') return create(headers, bucket.settings);
  const setting = name === 'encryption' || name === 'lifecycle' ? name : undefined;
  if (setting === undefined && !(method === 'GET' && name === 'bucketInfo')) return undefined;
  if (!bucket.settings.exists) return ossError(404, 'NoSuchBucket', 'The specified bucket does not exist.');
  if (setting === undefined) return info(bucket);
  if (method === 'GET') return get(bucket.settings[setting], NONE[setting]);
  if (method !== 'PUT') return undefined;
  bucket.settings[setting] = body.toString('utf8');
  return DONE;
}

interface Bucket {
  readonly name: string;
  readonly settings: BucketSettings;
  readonly region: string;
}

const NONE = {
  encryption: ['NoSuchServerSideEncryptionRule', 'The server side encryption configuration does not exist.'],
  lifecycle: ['NoSuchLifecycle', 'No Row found in Lifecycle Table.'],
} as const;

function create(headers: Readonly<Record<string, string>>, settings: BucketSettings): OssAnswer {
  settings.exists = true;
  settings.acl = headers['x-oss-acl'] ?? 'private';
  return DONE;
}

function get(body: string | undefined, [code, message]: readonly [string, string]): OssAnswer {
  return body === undefined ? ossError(404, code, message) : { kind: 'ok', status: 200, headers: XML, body };
}

function info({ name, region, settings }: Bucket): OssAnswer {
  const Bucket = { Name: name, Location: `oss-${region}`, AccessControlList: { Grant: settings.acl } };
  return { kind: 'ok', status: 200, headers: XML, body: document('BucketInfo', { Bucket }) };
}

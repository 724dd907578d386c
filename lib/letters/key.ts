import { positionOf } from '../sls/cursor.ts';
import { VERSION } from './encode.ts';

export interface KeyParts {
  readonly project: string;
  readonly logstore: string;
  readonly shard: number;
  /** Where the page or range begins that the letters are of. */
  readonly cursor: string;
  readonly requestId: string;
  /** Unix milliseconds of writing. */
  readonly at: number;
}

/**
 * The key of a dead-letter object: `{prefix}/v1/{project}/{logstore}/{shard}/{yyyy}/{mm}/{dd}/{begin}-{requestId}.ndjson.gz`.
 * By day (UTC), so that a lifecycle rule or a listing can take a part; unique to an invocation, so that each object has
 * one writer.
 */
export function letterKey(prefix: string, { project, logstore, shard, cursor, requestId, at }: KeyParts): string {
  const [day = ''] = new Date(at).toISOString().split('T');
  const begin = positionOf(cursor)?.toString() ?? encodeURIComponent(cursor);
  const name = `${begin}-${requestId.replace(/[^\w-]/g, '_')}.ndjson.gz`;
  // OSS refuses a key that begins with a slash.
  const root = prefix === '' ? [] : [prefix];
  return [...root, `v${VERSION}`, project, logstore, shard, ...day.split('-'), name].join('/');
}

import { positionOf } from '../sls/cursor.ts';
import { VERSION } from './encode.ts';
import { below } from './layout.ts';

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
  const day = new Date(at).toISOString().slice(0, '2026-11-21'.length);
  const begin = positionOf(cursor)?.toString() ?? encodeURIComponent(cursor);
  const name = `${begin}-${inName(requestId)}.ndjson.gz`;
  return below(prefix, [`v${VERSION}`, project, logstore, shard, ...day.split('-'), name].join('/'));
}

/** Whether an invocation wrote the object of this key, by its own id or by that of a part of it (`{id}-1`, `{id}-2`). */
export function isWrittenBy(requestId: string, key: string): boolean {
  return new RegExp(`-${inName(requestId)}(?:-\\d+)?\\.ndjson\\.gz$`).test(key);
}

/** The key to use beside one that is taken. */
export function keyBeside(key: string, requestId: string): string {
  return key.replace(/(?:\.ndjson\.gz)?$/, `-${inName(requestId)}.ndjson.gz`);
}

function inName(requestId: string): string {
  return requestId.replace(/[^\w-]/g, '_');
}

import { createHash } from 'node:crypto';

/**
 * Whether OSS' answer to a put contradicts what was sent: its ETag is the MD5 of what it stored, unless the bucket
 * encrypts with KMS or the like (OSS, "PutObject").
 */
export function contradicts(headers: Readonly<Record<string, unknown>>, body: Uint8Array): boolean {
  const stored = /^"?([0-9A-F]{32})"?$/i.exec(String(headers.etag))?.[1];
  if (stored === undefined || headers['x-oss-server-side-encryption'] !== undefined) return false;
  return stored.toLowerCase() !== createHash('md5').update(body).digest('hex');
}

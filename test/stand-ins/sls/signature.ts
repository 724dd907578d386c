import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../../../lib/types.ts';
import type { SlsRequest } from './request.ts';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const MAX_SKEW_MS = 15 * 60 * 1000;

/**
 * Why SLS would turn the request away, or undefined. Written from the published rules and from nothing in lib/sls, so
 * that one mistake cannot hide in both.
 */
export function checkSignature(
  r: SlsRequest,
  credentials: Credentials,
  region: string,
  now: number,
): Refusal | undefined {
  const authorization = r.headers.authorization ?? '';
  const claim =
    /^LOG ([^:]+):(.+)$/.exec(authorization) ?? /^SLS4-HMAC-SHA256 Credential=([^/]+)\/.+$/.exec(authorization);
  if (claim === null) return { status: 400, code: 'MissAccessKeyId', message: 'there is no Authorization of SLS' };
  if (claim[1] !== credentials.accessKeyId) return denied('InvalidAccessKeyId', 'The access key is unknown.');
  const skew = Math.abs(now - dateOf(r));
  if (!(skew <= MAX_SKEW_MS)) return { status: 400, code: 'RequestTimeExpired', message: 'The request time is off.' };
  const expected = authorization.startsWith('LOG ') ? v1(r, credentials) : v4(r, credentials, region);
  // SLS repeats the signature in this message: a client must not pass it on.
  if (!isEqual(authorization, expected)) return denied('SignatureNotMatch', `signature ${authorization} not match`);
  if (r.headers['x-acs-security-token'] !== credentials.securityToken) {
    return denied('Unauthorized', 'The security token is not valid.');
  }
  return undefined;
}

function denied(code: string, message: string): Refusal {
  return { status: 401, code, message };
}

/** Milliseconds; NaN when there is no date. */
function dateOf({ headers }: SlsRequest): number {
  const compact = headers['x-log-date'];
  if (compact === undefined) return Date.parse(headers.date ?? '');
  return Date.parse(compact.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function v1(r: SlsRequest, { accessKeyId, accessKeySecret }: Credentials): string {
  const h = (name: string): string => r.headers[name] ?? '';
  let text = `${r.method}\n${h('content-md5')}\n${h('content-type')}\n${h('date')}\n`;
  for (const name of Object.keys(r.headers).sort()) {
    if (/^x-(log|acs)-/.test(name)) text += `${name}:${h(name)}\n`;
  }
  text += r.rawPath;
  const keys = [...r.query.keys()].sort();
  if (keys.length > 0) text += `?${keys.map((key) => `${key}=${r.query.get(key)}`).join('&')}`;
  return `LOG ${accessKeyId}:${createHmac('sha1', accessKeySecret).update(text, 'utf8').digest('base64')}`;
}

function v4(r: SlsRequest, { accessKeyId, accessKeySecret }: Credentials, region: string): string {
  const names = Object.keys(r.headers)
    .filter((name) => /^x-(log|acs)-/.test(name) || name === 'host' || name === 'content-type')
    .sort();
  const params = [...r.query.keys()].sort().map((key) => {
    const value = r.query.get(key) ?? '';
    return value === '' ? key : `${key}=${encodeURIComponent(value).replace(/[!'()*]/g, escapeByte)}`;
  });
  let canonical = `${r.method}\n${r.rawPath}\n${params.join('&')}\n`;
  for (const name of names) canonical += `${name}:${(r.headers[name] ?? '').trim()}\n`;
  canonical += `\n${names.join(';')}\n${hash('')}`;
  const date = r.headers['x-log-date'] ?? '';
  const day = date.split('T')[0] ?? '';
  const scope = `${day}/${region}/sls/aliyun_v4_request`;
  let key: Buffer = Buffer.from(`aliyun_v4${accessKeySecret}`);
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  const text = `SLS4-HMAC-SHA256\n${date}\n${scope}\n${hash(canonical)}`;
  const signature = createHmac('sha256', key).update(text).digest('hex');
  return `SLS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},Signature=${signature}`;
}

function escapeByte(c: string): string {
  return `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(hash(a)), Buffer.from(hash(b)));
}

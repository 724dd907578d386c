import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from '../types.ts';

/** A request without a body, as it will be sent. */
export interface SignInput {
  readonly method: string;
  readonly path: string;
  /** Plain values, not percent-encoded. */
  readonly query: Readonly<Record<string, string>>;
  /** With `Host`; names in any case. */
  readonly headers: Readonly<Record<string, string>>;
}

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const V4_TERMINATOR = 'aliyun_v4_request';

/**
 * Returns the headers of `input` completed and signed with version 4: the security token, `x-log-date` of `now` (Unix
 * milliseconds), the body digest and `Authorization`. Source: Simple Log Service "Request signatures", Go SDK.
 */
export function signV4(input: SignInput, credentials: Credentials, region: string, now: number) {
  const headers = {
    ...withToken(input.headers, credentials),
    'x-log-date': new Date(now).toISOString().replace(/[-:]|\.\d+/g, ''),
    'x-log-content-sha256': EMPTY_SHA256,
  };
  return { ...headers, Authorization: authorizationV4({ ...input, headers }, credentials, region) };
}

/** As signV4, with version 1 (`Date` and HMAC-SHA1), for servers that do not know version 4. */
export function signV1(input: SignInput, credentials: Credentials, now: number) {
  const headers = {
    ...withToken(input.headers, credentials),
    Date: new Date(now).toUTCString(),
    'x-log-signaturemethod': 'hmac-sha1',
  };
  return { ...headers, Authorization: authorizationV1({ ...input, headers }, credentials) };
}

/** The `Authorization` of version 1 over exactly the given headers; needs `Date` among them. */
export function authorizationV1(input: SignInput, { accessKeyId, accessKeySecret }: Credentials): string {
  const signature = createHmac('sha1', accessKeySecret).update(stringToSignV1(input)).digest('base64');
  return `LOG ${accessKeyId}:${signature}`;
}

/** The `Authorization` of version 4 over exactly the given headers; needs `x-log-date` among them. */
export function authorizationV4(input: SignInput, { accessKeyId, accessKeySecret }: Credentials, region: string) {
  const date = lowerCased(input.headers).get('x-log-date') ?? '';
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/sls/${V4_TERMINATOR}`;
  const toSign = `SLS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonicalV4(input))}`;
  const key = [day, region, 'sls', V4_TERMINATOR].reduce<Buffer>(hmac256, Buffer.from(`aliyun_v4${accessKeySecret}`));
  return `SLS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},Signature=${hmac256(key, toSign).toString('hex')}`;
}

/** The text that version 1 signs. Query values stand in it unencoded. */
export function stringToSignV1({ method, path, query, headers }: SignInput): string {
  const all = lowerCased(headers);
  const signed = sorted(all).filter(([name]) => name.startsWith('x-log-') || name.startsWith('x-acs-'));
  const lines = signed.map(([name, value]) => `${name}:${value}`);
  const params = sorted(Object.entries(query)).map(([key, value]) => `${key}=${value}`);
  const resource = params.length === 0 ? path : `${path}?${params.join('&')}`;
  const fixed = [all.get('content-md5') ?? '', all.get('content-type') ?? '', all.get('date') ?? ''];
  return [method, ...fixed, ...lines, resource].join('\n');
}

/** The canonical request of version 4. Query keys stand in it unencoded, values encoded. */
export function canonicalV4({ method, path, query, headers }: SignInput): string {
  const signed = sorted(lowerCased(headers)).filter(([name]) => isSignedV4(name));
  const lines = signed.map(([name, value]) => `${name}:${value.trim()}\n`);
  const params = sorted(Object.entries(query)).map(([k, v]) => (v === '' ? k : `${k}=${rfc3986(v)}`));
  const names = signed.map(([name]) => name).join(';');
  return [method, path, params.join('&'), lines.join(''), names, EMPTY_SHA256].join('\n');
}

/** Percent-encodes a query value by RFC 3986: also `!'()*`, which `encodeURIComponent` leaves. */
export function rfc3986(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function isSignedV4(name: string): boolean {
  return name.startsWith('x-log-') || name.startsWith('x-acs-') || name === 'host' || name === 'content-type';
}

function withToken(headers: SignInput['headers'], { securityToken }: Credentials): Record<string, string> {
  return securityToken === undefined ? { ...headers } : { ...headers, 'x-acs-security-token': securityToken };
}

function lowerCased(headers: SignInput['headers']): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function sorted(entries: Iterable<[string, string]>): [string, string][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac256(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

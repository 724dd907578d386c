import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from '../../../lib/types.ts';
import type { Target } from './target.ts';
import { type OssAnswer, ossError } from './types.ts';

/** A request as its signature covers it. Header names are lower case. */
export interface Signed {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** What Host and path can mean: the one that was signed is the one that is meant. */
  readonly targets: readonly Target[];
}

export interface Verifier {
  readonly credentials: Credentials;
  /** Without `oss-`. */
  readonly region: string;
  /** Unix milliseconds. */
  now(): number;
}

type Verdict =
  | { readonly kind: 'signed'; readonly target: Target }
  | { readonly kind: 'refused'; readonly answer: OssAnswer };
type Sign = (target: Target) => readonly string[];

/** OSS refuses a request whose date is further off. */
const MAX_SKEW_MS = 15 * 60_000;

/** The query parameters that signature version 1 covers. */
const SUBRESOURCES = new Set(
  `acl append callback comp continuation-token delete encryption lifecycle location logging objectMeta partNumber policy
  position qos referer replication restore security-token status stat symlink tagging uploadId uploads versionId
  versioning versions website worm x-oss-process`.split(/\s+/),
);

/** Verifies version 1 and version 4 header signatures (Alibaba Cloud OSS, "Include signatures in the Authorization header"). */
export function verify(request: Signed, verifier: Verifier): Verdict {
  const { authorization = '' } = request.headers;
  if (authorization === '') return refused('AccessDenied', 'Anonymous access is forbidden for this operation.');
  return authorization.startsWith('OSS4-HMAC-SHA256 ')
    ? verifyV4(request, authorization, verifier)
    : verifyV1(request, authorization, verifier);
}

function refused(code: string, message: string, status = 403): Verdict {
  return { kind: 'refused', answer: ossError(status, code, message) };
}

function verifyV4(request: Signed, authorization: string, verifier: Verifier): Verdict {
  const parts = /Credential=([^,]*),(?:\s*AdditionalHeaders=([^,]*),)?\s*Signature=([0-9a-f]{64})$/.exec(authorization);
  const [keyId = '', date = '', region, product, end] = parts?.[1]?.split('/') ?? [];
  const stamp = request.headers['x-oss-date'] ?? '';
  if (parts === null || product !== 'oss' || end !== 'aliyun_v4_request' || !stamp.startsWith(date)) {
    return refused('InvalidArgument', 'Invalid Authorization header.', 400);
  }
  if (region !== verifier.region) return refused('AccessDenied', 'Invalid signing region in Authorization header.');
  const refusal = checkIdentity(request, keyId, isoTime(stamp), verifier);
  if (refusal !== undefined) return refusal;
  const additional = (parts[2] ?? '').split(';').filter(Boolean);
  const sign: Sign = (target) => signV4(request, target, additional, { date, stamp }, verifier);
  return matching(request, String(parts[3]), sign);
}

function verifyV1(request: Signed, authorization: string, verifier: Verifier): Verdict {
  const [, keyId, signature] = /^OSS ([^:]+):(.+)$/.exec(authorization) ?? [];
  if (keyId === undefined || signature === undefined) {
    return refused('InvalidArgument', 'Authorization header is invalid.', 400);
  }
  const date = request.headers['x-oss-date'] ?? request.headers.date ?? '';
  const refusal = checkIdentity(request, keyId, Date.parse(date), verifier);
  return refusal ?? matching(request, signature, (target) => [signV1(request, target, date, verifier)]);
}

/** Everything but the signature itself: key id, date, security token. */
function checkIdentity({ headers }: Signed, keyId: string, time: number, verifier: Verifier): Verdict | undefined {
  const { accessKeyId, securityToken } = verifier.credentials;
  const token = headers['x-oss-security-token'];
  if (keyId !== accessKeyId || (securityToken !== undefined && token === undefined)) {
    return refused('InvalidAccessKeyId', 'The OSS Access Key Id you provided does not exist in our records.');
  }
  if (token !== securityToken) return refused('InvalidSecurityToken', 'The security token you provided is invalid.');
  // Written so that a date that does not parse is refused too.
  if (!(Math.abs(verifier.now() - time) <= MAX_SKEW_MS)) {
    return refused(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    );
  }
  return undefined;
}

function matching(request: Signed, signature: string, sign: Sign): Verdict {
  const target = request.targets.find((candidate) => sign(candidate).includes(signature));
  if (target !== undefined) return { kind: 'signed', target };
  return refused('SignatureDoesNotMatch', 'The request signature we calculated does not match the one you provided.');
}

/** Two signatures when a parameter is empty: `ali-oss` signs an empty sub-resource as `name`, an empty query as `name=`. */
function signV4(
  request: Signed,
  target: Target,
  additional: readonly string[],
  at: { readonly date: string; readonly stamp: string },
  { credentials, region }: Verifier,
): string[] {
  const scope = `${at.date}/${region}/oss/aliyun_v4_request`;
  const steps = [at.date, region, 'oss', 'aliyun_v4_request'];
  const key = steps.reduce<string | Buffer>(
    (secret, step) => hmac(secret, step),
    `aliyun_v4${credentials.accessKeySecret}`,
  );
  return ['', '='].map((empty) => {
    const hash = createHash('sha256')
      .update(canonicalV4(request, target, additional, empty))
      .digest('hex');
    return hmac(key, ['OSS4-HMAC-SHA256', at.stamp, scope, hash].join('\n')).toString('hex');
  });
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function canonicalV4(request: Signed, target: Target, additional: readonly string[], empty: string): string {
  const covered = (name: string) => /^(content-type|content-md5|x-oss-.*)$/.test(name) || additional.includes(name);
  const names = Object.keys(request.headers).filter(covered).sort();
  return [
    request.method,
    encode(`/${target.bucket}/${target.key}`).replaceAll('%2F', '/'),
    Object.entries(request.query)
      .map(([name, value]) => (value === '' ? `${encode(name)}${empty}` : `${encode(name)}=${encode(value)}`))
      .sort()
      .join('&'),
    names.map((name) => `${name}:${utf8(request.headers[name] ?? '').trim()}\n`).join(''),
    additional.join(';'),
    request.headers['x-oss-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
}

function signV1(request: Signed, target: Target, date: string, { credentials }: Verifier): string {
  const { headers, query } = request;
  const oss = Object.keys(headers).filter((name) => name.startsWith('x-oss-'));
  const subresources = Object.entries(query)
    .filter(([name]) => SUBRESOURCES.has(name) || name.startsWith('response-'))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  const resource = `/${target.bucket}/${target.key}${subresources.length > 0 ? '?' : ''}${subresources.sort().join('&')}`;
  const lines = [
    request.method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    date,
    ...oss.sort().map((name) => `${name}:${utf8(headers[name] ?? '').trim()}`),
    resource,
  ];
  return createHmac('sha1', credentials.accessKeySecret).update(lines.join('\n')).digest('base64');
}

/** RFC 3986: `encodeURIComponent` leaves five characters that the signature wants encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Node hands header bytes over as Latin-1. */
function utf8(value: string): string {
  return Buffer.from(value, 'latin1').toString();
}

/** `20261121T070000Z` -> Unix milliseconds, NaN for anything else. */
function isoTime(stamp: string): number {
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

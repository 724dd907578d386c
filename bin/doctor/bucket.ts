import { randomUUID } from 'node:crypto';
import type { Config } from '../../lib/config.ts';
import type { Bucket } from '../../lib/letters/bucket.ts';
import { below } from '../../lib/letters/layout.ts';
import { openBucket } from '../../lib/letters/open-bucket.ts';
import type { Clock, Credentials } from '../../lib/types.ts';
import { publicEndpoints } from '../letters/settings.ts';
import type { Place } from './deployment.ts';
import { type Finding, fail, ok } from './exam.ts';

export interface BucketCheck {
  readonly letters: Config['letters'];
  readonly place: Place;
  readonly credentials: Credentials;
}

export interface BucketPorts {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

type Action = 'oss:PutObject' | 'oss:GetObject' | 'oss:ListObjects' | 'oss:DeleteObject';

/** What `ali-oss` adds to its errors; a status below 0 stands for no answer. */
interface OssError {
  readonly action: Action;
  readonly code: string;
  readonly status: number;
  /** The first line: those after it repeat the headers. */
  readonly message: string;
}

/** Writes, reads, lists and deletes an object of its own below the prefix, where no replay looks. */
export async function checkBucket(check: BucketCheck, ports: BucketPorts): Promise<Finding<never>> {
  const { letters, place, credentials } = check;
  const endpoint = letters.endpoint ?? publicEndpoints(place.region).OSS_ENDPOINT;
  const { clock, timeoutMs } = ports;
  const access = { ...letters, region: place.region, endpoint, credentials };
  const bucket = openBucket(access, { clock, random: () => 0.1, until: clock.now() + timeoutMs });
  const key = below(letters.prefix, `doctor/${randomUUID()}.txt`);
  const errors = await tried(bucket, key);
  const where = `oss://${letters.bucket}/${letters.prefix}`;
  if (errors.length === 0) return ok(`${where}: an object was written, read, listed and deleted.`);
  const message = errors.map(({ action, ...error }) => `${action}: ${said(error)}`).join('\n');
  const left = errors.some(({ action }) => action === 'oss:DeleteObject') ? `\n${key} may be left behind.` : '';
  return fail(`${where}: ${message}${left}`, nextStep(errors, check, endpoint));
}

/** What goes wrong; when it is no lack of a permission, the rest would say the same. */
async function tried(bucket: Bucket, key: string): Promise<OssError[]> {
  const errors: OssError[] = [];
  for (const [action, work] of steps(bucket, key)) {
    try {
      await work();
    } catch (error) {
      errors.push(ossError(action, error));
      if (!isDenied(errors.at(-1))) break;
    }
  }
  return errors;
}

function steps(bucket: Bucket, key: string): [Action, () => Promise<unknown>][] {
  return [
    ['oss:PutObject', () => bucket.put(key, Buffer.from('Written by the doctor of sls-langfuse; may be deleted.\n'))],
    ['oss:GetObject', () => bucket.get(key)],
    ['oss:ListObjects', () => bucket.list(key)[Symbol.asyncIterator]().next()],
    ['oss:DeleteObject', () => bucket.delete(key)],
  ];
}

function ossError(action: Action, error: unknown): OssError {
  const { code, status, message } = error as Partial<OssError>;
  if (typeof code !== 'string' || typeof status !== 'number') throw error;
  return { action, code, status, message: message?.split('\n')[0] ?? '' };
}

function said({ code, status, message }: Omit<OssError, 'action'>): string {
  if (status < 0) return `OSS did not answer (${code}).`;
  // The message on a signature repeats the access key and what was signed.
  const quiet = /^(?:SignatureDoesNotMatch|InvalidAccessKeyId|InvalidSecurityToken|SecurityTokenExpired)$/.test(code);
  return `OSS refused with ${status} ${code}${quiet ? '' : `: ${message}`}`;
}

function isDenied(error: OssError | undefined): boolean {
  return error?.code === 'AccessDenied' && !isElsewhere(error);
}

/** OSS answers so for a bucket of another region. */
function isElsewhere({ message }: OssError): boolean {
  return /must be addressed using the specified endpoint|signing region/i.test(message);
}

function nextStep(errors: readonly OssError[], check: BucketCheck, endpoint: string): string {
  const [first] = errors;
  const { letters, place } = check;
  if (!first) return '';
  const denied = errors.filter(isDenied).map(({ action }) => action);
  if (denied.length > 0) return allow(denied, check);
  if (isElsewhere(first))
    return `The bucket is in another region than ${place.region}: correct REGION or OSS_ENDPOINT.`;
  const known: Readonly<Record<string, string>> = {
    NoSuchBucket: `npm run setup makes ${letters.bucket} in ${place.region}; or correct DEAD_LETTER_BUCKET.`,
    InvalidAccessKeyId: 'Check ALIBABA_CLOUD_ACCESS_KEY_ID: it is unknown, disabled or expired.',
    SignatureDoesNotMatch: 'Check ALIBABA_CLOUD_ACCESS_KEY_SECRET.',
    InvalidSecurityToken: 'Check ALIBABA_CLOUD_SECURITY_TOKEN, or get a new one.',
    SecurityTokenExpired: 'Get a new ALIBABA_CLOUD_SECURITY_TOKEN: it has expired.',
    RequestTimeTooSkewed: "Set this machine's clock (NTP).",
  };
  if (first.status >= 500) return 'Try again later.';
  return known[first.code] ?? unreached(endpoint);
}

function allow(actions: readonly Action[], { letters, place }: BucketCheck): string {
  const bucket = `acs:oss:*:${place.account ?? '*'}:${letters.bucket}`;
  const objects = actions.filter((action) => action !== 'oss:ListObjects');
  const parts = [
    ...(objects.length > 0 ? [`${objects.join(', ')} on ${bucket}/${below(letters.prefix, '*')}`] : []),
    ...(objects.length < actions.length ? [`oss:ListObjects on ${bucket}`] : []),
  ];
  return `Allow ${parts.join(' and ')} for the RAM user or role of the access key, and look at the bucket's own policy.`;
}

function unreached(endpoint: string): string {
  if (!endpoint.includes('-internal.')) return 'Check OSS_ENDPOINT, REGION and the way there (proxy, firewall).';
  return 'An internal endpoint is reached from inside of Alibaba Cloud only: run this with OSS_ENDPOINT set to the public one.';
}

import { below, layoutOf } from '../../lib/letters/layout.ts';
import type { Encryption, LifecycleRule, OssPlace } from './oss.ts';
import type { Finding, Step } from './step.ts';

export interface BucketOptions {
  readonly region: string;
  /** Of the letters. */
  readonly prefix: string;
  /** Id of a key in KMS to encrypt with. Absent: the bucket stays as it is encrypted, and is with AES256 if it is not. */
  readonly kmsKey?: string;
  /** Days after which parked letters are deleted, 0 for never. Absent: what is so far, never at first. */
  readonly parkedDays?: number;
}

const ABORT_DAYS = 7;
const NO_BUCKET = ['NoSuchBucket'];

/** The dead-letter bucket, its encryption, and what is deleted in it by time: never a letter that waits. */
export function bucketSteps(oss: OssPlace, options: BucketOptions): Step[] {
  const { kmsKey, parkedDays } = options;
  const encryption = kmsKey === undefined ? '' : `, key ${kmsKey} of KMS`;
  const parked = parkedDays ? `, parked letters deleted after ${parkedDays} days` : '';
  return [
    { what: `OSS bucket ${oss.bucket}, private`, look: () => lookAtBucket(oss, options) },
    { what: `OSS bucket ${oss.bucket}: encryption${encryption}`, look: () => lookAtEncryption(oss, kmsKey) },
    { what: `OSS bucket ${oss.bucket}: lifecycle${parked}`, look: () => lookAtLifecycle(oss, options) },
  ];
}

/** The id of the key in KMS that encrypts the bucket, when it is one of the account's own. @throws Refusal */
export async function kmsKeyOf(oss: OssPlace): Promise<string | undefined> {
  return (await encryptionOf(oss))?.KMSMasterKeyID || undefined;
}

async function lookAtBucket(oss: OssPlace, { region }: BucketOptions): Promise<Finding> {
  const found = await oss.call('GetBucketInfo', (client) => client.getBucketInfo(oss.bucket), NO_BUCKET);
  if (found === undefined) {
    const apply = () => oss.call('PutBucket', (client) => client.putBucket(oss.bucket, { acl: 'private' }));
    return { kind: 'missing', notes: [], apply };
  }
  const { Location, AccessControlList } = found.bucket;
  const grant = (AccessControlList as { Grant?: unknown } | undefined)?.Grant;
  if (grant !== undefined && grant !== 'private') return { kind: 'wrong', message: openTo(String(grant)) };
  if (Location !== undefined && Location !== `oss-${region}`) {
    const message = `It is in ${String(Location)}, and the functions in ${region}: name one in the same region.`;
    return { kind: 'wrong', message };
  }
  return { kind: 'exists' };
}

/** Not changed: it may serve something else, which would end with that. */
function openTo(grant: string): string {
  return `It is ${grant}, and dead letters hold prompts and answers.\nMake it private, or name another one in DEAD_LETTER_BUCKET.`;
}

async function encryptionOf(oss: OssPlace): Promise<Encryption | undefined> {
  const absent = [...NO_BUCKET, 'NoSuchServerSideEncryptionRule'];
  const found = await oss.call('GetBucketEncryption', (client) => client.getBucketEncryption(oss.bucket), absent);
  return found?.encryption;
}

async function lookAtEncryption(oss: OssPlace, kmsKey: string | undefined): Promise<Finding> {
  const found = await encryptionOf(oss);
  const before = found && nameOf(found);
  const wanted: Encryption =
    kmsKey === undefined ? { SSEAlgorithm: 'AES256' } : { SSEAlgorithm: 'KMS', KMSMasterKeyID: kmsKey };
  const kept = kmsKey === undefined && found !== undefined;
  if (kept || before === nameOf(wanted)) return { kind: 'exists' };
  const apply = () => oss.call('PutBucketEncryption', (client) => client.putBucketEncryption(oss.bucket, wanted));
  const notes = [...(before === undefined ? [] : [`- ${before}`]), `+ ${nameOf(wanted)}`];
  return { kind: before === undefined ? 'missing' : 'differs', notes, apply };
}

function nameOf({ SSEAlgorithm, KMSMasterKeyID }: Encryption): string {
  return KMSMasterKeyID ? `${SSEAlgorithm} with key ${KMSMasterKeyID}` : SSEAlgorithm;
}

async function lookAtLifecycle(oss: OssPlace, options: BucketOptions): Promise<Finding> {
  const absent = [...NO_BUCKET, 'NoSuchLifecycle'];
  const found = await oss.call('GetBucketLifecycle', (client) => client.getBucketLifecycle(oss.bucket), absent);
  const before = found?.rules ?? [];
  const after = rulesAfter(before, options);
  const notes = [
    ...before.filter((rule) => !isAmong(rule, after)).map((rule) => `- ${textOf(rule)}`),
    ...after.filter((rule) => !isAmong(rule, before)).map((rule) => `+ ${textOf(rule)}`),
  ];
  if (notes.length === 0) return { kind: 'exists' };
  // The client changes the rules that it is handed.
  const apply = () =>
    oss.call('PutBucketLifecycle', (client) => client.putBucketLifecycle(oss.bucket, structuredClone(after)));
  return { kind: before.length === 0 ? 'missing' : 'differs', notes, apply };
}

/** OSS keeps one list of rules: those of others are written back as they were. */
function rulesAfter(before: readonly LifecycleRule[], { prefix, parkedDays }: BucketOptions): LifecycleRule[] {
  const uploads: LifecycleRule = {
    id: below(prefix, 'uploads'),
    prefix: below(prefix, ''),
    status: 'Enabled',
    abortMultipartUpload: { days: ABORT_DAYS },
  };
  const parked: LifecycleRule = {
    id: below(prefix, 'parked'),
    prefix: layoutOf(prefix).parked,
    status: 'Enabled',
    expiration: { days: parkedDays },
  };
  const others = before.filter(({ id }) => id !== uploads.id && id !== parked.id);
  const known = before.filter(({ id }) => id === parked.id);
  return [...others, uploads, ...(parkedDays === undefined ? known : parkedDays === 0 ? [] : [parked])];
}

function isAmong(rule: LifecycleRule, rules: readonly LifecycleRule[]): boolean {
  return rules.some((other) => textOf(other) === textOf(rule));
}

function textOf({ id, prefix, status, expiration, abortMultipartUpload: uploads }: LifecycleRule): string {
  const what = [
    ...(expiration ? [`delete after ${daysOf(expiration)} days`] : []),
    ...(uploads ? [`abort uploads after ${daysOf(uploads)} days`] : []),
  ];
  return `${id ?? 'a rule'}: ${prefix}* ${what.join(', ')}${status === 'Enabled' ? '' : ` (${status})`}`;
}

function daysOf(when: Readonly<Record<string, unknown>>): string {
  return String(when.days ?? when.Days ?? '?');
}

import { openClient } from '../../lib/letters/oss.ts';
import type { Credentials } from '../../lib/types.ts';
import { type Refusal, refused, unanswered } from './refusal.ts';

/** The part of `ali-oss` 6.23 that is used; its published types lack most of it. */
export interface BucketClient {
  getBucketInfo(name: string): Promise<{ bucket: Readonly<Record<string, unknown>> }>;
  putBucket(name: string, options: { acl: 'private' }): Promise<unknown>;
  getBucketEncryption(name: string): Promise<{ encryption?: Encryption }>;
  putBucketEncryption(name: string, encryption: Encryption): Promise<unknown>;
  getBucketLifecycle(name: string): Promise<{ rules: readonly LifecycleRule[] | null }>;
  putBucketLifecycle(name: string, rules: readonly LifecycleRule[]): Promise<unknown>;
}

export interface Encryption {
  readonly SSEAlgorithm: string;
  readonly KMSMasterKeyID?: string;
}

/** Days are text when OSS tells them. */
export interface LifecycleRule {
  readonly id?: string;
  readonly prefix: string;
  readonly status: string;
  readonly expiration?: Readonly<Record<string, unknown>>;
  readonly abortMultipartUpload?: Readonly<Record<string, unknown>>;
}

/** The dead-letter bucket, which need not exist. */
export interface OssPlace {
  readonly bucket: string;
  /** `acs:oss:*:{account}:{bucket}`. */
  readonly resource: string;
  /**
   * Does `work`; `absent` are codes of errors that mean that the thing is not there: then it returns undefined.
   *
   * @throws Refusal
   */
  call<T>(
    action: string,
    work: (client: BucketClient) => Promise<T>,
    absent?: readonly string[],
  ): Promise<T | undefined>;
}

export interface OssAccess {
  readonly account: string;
  readonly bucket: string;
  readonly region: string;
  /** Host or address. */
  readonly endpoint: string;
  readonly credentials: Credentials;
}

/** What is asked of a bucket's settings is answered at once, or not at all. */
const TIMEOUT_MS = 20_000;

/** Opens OSS through its SDK. */
export function openOss(access: OssAccess): OssPlace {
  const { account, bucket, endpoint } = access;
  const client = openClient(access, TIMEOUT_MS) as unknown as BucketClient;
  const resource = `acs:oss:*:${account}:${bucket}`;
  return {
    bucket,
    resource,
    async call<T>(action: string, work: (client: BucketClient) => Promise<T>, absent: readonly string[] = []) {
      try {
        return await work(client);
      } catch (error) {
        if (absent.includes((error as OssError).code ?? '')) return undefined;
        throw refusalOf(error, { service: 'OSS', action: `oss:${action}`, resource, endpoint });
      }
    },
  };
}

/** A status below 0 stands for no answer. */
interface OssError extends Error {
  readonly code?: string;
  readonly status?: number;
}

function refusalOf(error: unknown, asked: Parameters<typeof refused>[0]): Refusal {
  const { code = '', status, message, name } = error as OssError;
  // The client itself turns down a rule of somebody else's that it cannot write back.
  if (status === undefined && code === '') return refused(asked, 'InvalidRequest', message);
  return status === undefined || status < 0 ? unanswered(asked, code || name) : refused(asked, code, message);
}

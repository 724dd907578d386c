import { isIPv4 } from 'node:net';
import OSS from 'ali-oss';
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

/** Opens OSS through its SDK. */
export function openOss(access: OssAccess): OssPlace {
  const { account, bucket, endpoint } = access;
  const client = openClient(access) as unknown as BucketClient;
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

function openClient({ bucket, region, endpoint, credentials }: OssAccess): OSS {
  const address = new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`);
  const { accessKeyId, accessKeySecret, securityToken: stsToken = '' } = credentials;
  const options: OSS.Options & { readonly authorizationV4: boolean; readonly sldEnable: boolean } = {
    accessKeyId,
    accessKeySecret,
    ...(stsToken && { stsToken }),
    // Without this, the client prints advice.
    refreshSTSTokenInterval: Number.POSITIVE_INFINITY,
    bucket,
    region: `oss-${region}`,
    endpoint: address.origin,
    authorizationV4: true,
    // Below an IP address no bucket resolves: there it is the first part of the path.
    sldEnable: isIPv4(address.hostname) || address.hostname === 'localhost',
    timeout: 20_000,
  };
  return new OSS(options);
}

import { isIPv4 } from 'node:net';
import OSS from 'ali-oss';
import { contradicts } from './etag.ts';
import type { BucketAccess, BucketEdge, Listing } from './open-bucket.ts';

/** Options that `ali-oss` 6.23 reads and its published types lack. */
interface Untyped {
  readonly authorizationV4: boolean;
  readonly sldEnable: boolean;
}

/** An OSS bucket through `ali-oss`. A file of its own, because the client alone is larger than all the rest. */
export function openEdge(access: BucketAccess): BucketEdge {
  const client = openClient(access);
  return {
    async put(key, body, timeout) {
      // The client adds Content-MD5, so that OSS refuses what was damaged on its way.
      const { res } = await client.put(key, Buffer.from(body), { mime: 'application/octet-stream', timeout });
      const { headers } = res as { headers: Record<string, unknown> };
      if (contradicts(headers, body))
        throw new Error(`OSS stored something else than was sent: its ETag is ${headers.etag}`);
    },
    async claim(key, body, timeout) {
      const headers = { 'x-oss-forbid-overwrite': 'true' };
      const put = client.put(key, Buffer.from(body), { mime: 'application/octet-stream', timeout, headers });
      return put.then(
        () => true,
        (error: unknown) => (codeOf(error) === 'FileAlreadyExists' ? false : Promise.reject(error)),
      );
    },
    async get(key, timeout) {
      const found = await client.get(key, { timeout }).catch(absent);
      return found && Buffer.from(found.content);
    },
    async delete(key, timeout) {
      await client.delete(key, { timeout }).catch(absent);
    },
    async list(prefix, after, timeout) {
      const query = { prefix, 'max-keys': '1000', 'continuation-token': after ?? '' };
      return listingOf((await client.listV2(query, { timeout })) as unknown as ListAnswer);
    },
  };
}

interface ListAnswer {
  readonly objects: readonly { readonly name: string; readonly size: number; readonly lastModified: string }[];
  readonly nextContinuationToken?: string | null;
}

function listingOf({ objects, nextContinuationToken: next }: ListAnswer): Listing {
  const listed = objects.map(({ name, size, lastModified }) => ({
    key: name,
    bytes: Number(size),
    modifiedAt: Date.parse(lastModified),
  }));
  return { objects: listed, ...(next && { next }) };
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

function absent(error: unknown): undefined {
  if (codeOf(error) !== 'NoSuchKey') throw error;
}

/** The client of a bucket. `timeout` is that of a request which names none, milliseconds. */
export function openClient({ bucket, region, endpoint, credentials }: BucketAccess, timeout = 60_000): OSS {
  const address = addressOf(endpoint ?? `oss-${region}-internal.aliyuncs.com`);
  // The client takes no IPv6 address.
  const byPath = isIPv4(address.hostname) || address.hostname === 'localhost';
  const { accessKeyId, accessKeySecret, securityToken: stsToken = '' } = credentials;
  const options: OSS.Options & Untyped = {
    accessKeyId,
    accessKeySecret,
    ...(stsToken && { stsToken }),
    // The credentials outlive the invocation; without this, the client prints advice to the function's log.
    refreshSTSTokenInterval: Number.POSITIVE_INFINITY,
    bucket,
    region: `oss-${region}`,
    endpoint: address.origin,
    authorizationV4: true,
    // Below an IP address no bucket resolves: there it is the first part of the path.
    sldEnable: byPath,
    timeout,
  };
  const client = new OSS(options);
  if (byPath) sendOwnHost(client, address.host);
  return client;
}

interface Requester {
  request(url: string, params: { headers: Record<string, string> }): Promise<unknown>;
}

/** For an IP address the client sends the bucket's public host name, and a server would look for the bucket twice. */
function sendOwnHost(client: OSS, host: string): void {
  const holder = client as unknown as { urllib: Requester };
  const { urllib } = holder;
  const request: Requester['request'] = (url, params) =>
    urllib.request(url, { ...params, headers: { ...params.headers, host } });
  holder.urllib = { request };
}

function addressOf(endpoint: string): URL {
  return new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`);
}

import { isIP } from 'node:net';
import OSS from 'ali-oss';
import type { LetterBox, LetterBoxAccess } from './box.ts';

const TIMEOUT_MS = 10_000;

/** Options that `ali-oss` 6.23 reads and its published types lack. */
interface Untyped {
  readonly authorizationV4: boolean;
  readonly sldEnable: boolean;
}

/** The dead-letter bucket through `ali-oss`. A file of its own, because the client alone is larger than all the rest. */
export function openBucket({ bucket, region, endpoint, credentials }: LetterBoxAccess): LetterBox {
  const address = addressOf(endpoint ?? `oss-${region}-internal.aliyuncs.com`);
  const byPath = isIP(address.hostname.replace(/^\[|\]$/g, '')) !== 0 || address.hostname === 'localhost';
  const { accessKeyId, accessKeySecret, securityToken: stsToken = '' } = credentials;
  const keys = { accessKeyId, accessKeySecret, ...(stsToken && { stsToken }) };
  const options: OSS.Options & Untyped = {
    ...keys,
    // The credentials outlive the invocation; without this, the client prints advice to the function's log.
    ...(stsToken && { refreshSTSToken: async () => ({ ...keys, stsToken }) }),
    bucket,
    region: `oss-${region}`,
    endpoint: address.origin,
    secure: address.protocol === 'https:',
    timeout: TIMEOUT_MS,
    authorizationV4: true,
    // Below an IP address no bucket resolves: there it is the first part of the path.
    sldEnable: byPath,
  };
  const client = new OSS(options);
  if (byPath) sendOwnHost(client, address.host);
  return {
    async put(key, body) {
      // The client adds Content-MD5, so that OSS refuses what was damaged on its way.
      await client.put(key, Buffer.from(body), { mime: 'application/gzip' });
    },
  };
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

import { isIP } from 'node:net';
import OSS from 'ali-oss';
import type { LetterBox, LetterBoxAccess } from './box.ts';

const TIMEOUT_MS = 10_000;

/** The dead-letter bucket through `ali-oss`. A file of its own, because the client alone is larger than all the rest. */
export function openBucket({ bucket, region, endpoint, credentials }: LetterBoxAccess): LetterBox {
  const address = addressOf(endpoint ?? `oss-${region}-internal.aliyuncs.com`);
  const byAddress = isIP(address.hostname.replace(/^\[|\]$/g, '')) !== 0 || address.hostname === 'localhost';
  const options: OSS.Options & { authorizationV4: boolean; sldEnable: boolean } = {
    bucket,
    region: `oss-${region}`,
    endpoint: address.origin,
    secure: address.protocol === 'https:',
    accessKeyId: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    ...(credentials.securityToken && { stsToken: credentials.securityToken }),
    authorizationV4: true,
    // Below an IP address no bucket resolves: there it is the first part of the path.
    sldEnable: byAddress,
    timeout: TIMEOUT_MS,
  };
  const client = new OSS(options);
  return {
    async put(key, body) {
      // The client adds Content-MD5, so that OSS refuses what was damaged on its way.
      await client.put(key, Buffer.from(body), { mime: 'application/gzip' });
    },
  };
}

function addressOf(endpoint: string): URL {
  return new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`);
}

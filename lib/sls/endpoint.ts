import { isIP } from 'node:net';

export type EndpointResolution =
  | { readonly kind: 'endpoint'; readonly url: URL }
  | { readonly kind: 'refused'; readonly message: string };

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const SLS_ENDPOINT = new RegExp(`^(?:(https?)://)?((?:${LABEL}\\.)+log\\.aliyuncs\\.com)(:80|:443)?/?$`);

/**
 * The endpoint to pull from. `configured` (SLS_ENDPOINT) is trusted whatever host it names; otherwise `offered`, which
 * came in with the trigger event, must be a host of SLS: the function's credentials are sent there.
 * Without a scheme it is https. Source: Simple Log Service "Endpoints".
 */
export function resolveEndpoint(offered: string, configured: string | undefined): EndpointResolution {
  if (configured !== undefined && configured !== '') return resolveConfigured(configured);
  // Matched as text, before a URL parser could fold other characters into an innocent host.
  const [, scheme = 'https', host, port = ''] = SLS_ENDPOINT.exec(offered.toLowerCase()) ?? [];
  if (host !== undefined) return { kind: 'endpoint', url: new URL(`${scheme}://${host}${port}`) };
  return refused(
    `The trigger event's endpoint ${quote(offered)} is not a host of SLS ({region}.log.aliyuncs.com). ` +
      'If it is right, set SLS_ENDPOINT to it.',
  );
}

function resolveConfigured(configured: string): EndpointResolution {
  const text = configured.includes('://') ? configured : `https://${configured}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isBare(url)) return { kind: 'endpoint', url };
  return refused(
    `SLS_ENDPOINT ${quote(url?.hostname ?? configured)} is not an endpoint. ` +
      'Set it to a host such as cn-hangzhou-intranet.log.aliyuncs.com, with http:// or https:// before it and no path.',
  );
}

function isBare({ protocol, username, password, pathname, search, hash }: URL): boolean {
  const isHttp = protocol === 'http:' || protocol === 'https:';
  return isHttp && `${username}${password}${search}${hash}` === '' && pathname === '/';
}

/**
 * The region in an SLS host name, such as `cn-hangzhou` of `cn-hangzhou-intranet.log.aliyuncs.com`, or undefined.
 * Source: the Go and Python SDKs.
 */
export function regionOf(host: string): string | undefined {
  const [, label] = /(?:^|\.)([a-z0-9-]+)\.log\.aliyuncs\.com(?::\d+)?$/i.exec(host) ?? [];
  return label?.toLowerCase().replace(/-(?:share|intranet|vpc|internal)$/, '');
}

export interface Address {
  /** Where to connect to. */
  readonly origin: URL;
  /** The Host header to send and to sign. */
  readonly host: string;
}

/**
 * How to reach a project: `{project}.{endpoint}`. Below an IP address or `localhost` no project resolves: there it is
 * named in the Host header alone, as the Python SDK does.
 */
export function addressOf(project: string, endpoint: URL): Address {
  const host = `${project}.${endpoint.host}`;
  const origin = isRawHost(endpoint.hostname) ? endpoint : new URL(`${endpoint.protocol}//${host}`);
  return { origin, host };
}

function isRawHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.startsWith('[') || isIP(hostname) !== 0;
}

function refused(message: string): EndpointResolution {
  return { kind: 'refused', message };
}

/** What came in from outside is shown short and on one line. A part before an @ could be a password. */
function quote(text: string): string {
  return JSON.stringify(text.replace(/^.*@/s, '...@').slice(0, 100));
}

import { type HttpResponse, request } from '../http.ts';
import type { Clock, Credentials } from '../types.ts';
import { addressOf } from './endpoint.ts';
import { rfc3986, signV1, signV4 } from './sign.ts';

/** How SLS is reached, and as whom. */
export interface SlsAccess {
  readonly credentials: Credentials;
  readonly region: string;
  /** As resolveEndpoint returned it. */
  readonly endpoint: URL;
  readonly signature: 'v4' | 'v1';
  readonly clock: Clock;
  /** An SPL pipeline that filters the logs on the server, such as `* | where route_name = 'chat'`. */
  readonly query?: string | undefined;
  /** Milliseconds for one whole answer; default 30000. */
  readonly timeoutMs?: number;
}

export interface SlsRequest {
  readonly project: string;
  /** Percent-encoded. */
  readonly path: string;
  /** Plain values. */
  readonly query: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Cap on the response body in bytes. */
  readonly maxBytes?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Sends one signed GET and returns the answer as soon as its headers are in, whatever its status; asks once only.
 * Rejects with HttpError. Source: Simple Log Service "PullLogs", "Request signatures".
 */
export function send(r: SlsRequest, access: SlsAccess, signal?: AbortSignal): Promise<HttpResponse> {
  const { origin, host } = addressOf(r.project, access.endpoint);
  return request({
    method: 'GET',
    url: new URL(`${r.path}?${queryText(r.query)}`, origin),
    headers: signed(r, access, host),
    timeoutMs: access.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
    ...(r.maxBytes === undefined ? {} : { maxBytes: r.maxBytes }),
  });
}

function signed(r: SlsRequest, access: SlsAccess, host: string): Record<string, string> {
  const headers = { Host: host, 'x-log-apiversion': '0.6.0', 'x-log-bodyrawsize': '0', ...r.headers };
  const input = { method: 'GET', path: r.path, query: r.query, headers };
  const now = access.clock.now();
  if (access.signature === 'v1') return signV1(input, access.credentials, now);
  return signV4(input, access.credentials, access.region, now);
}

function queryText(query: SlsRequest['query']): string {
  return Object.entries(query)
    .map(([key, value]) => `${rfc3986(key)}=${rfc3986(value)}`)
    .join('&');
}

import type { IncomingMessage } from 'node:http';

/** One request as the stand-in understood it. */
export interface SlsRequest {
  readonly method: string;
  /** As it came, percent-encoded. */
  readonly rawPath: string;
  readonly query: ReadonlyMap<string, string>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly project: string;
  readonly path: readonly string[];
}

export function readRequest(message: IncomingMessage): SlsRequest {
  const [rawPath = '/', search = ''] = (message.url ?? '/').split('?');
  const headers = Object.entries(message.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: message.method ?? '',
    rawPath,
    // Not URLSearchParams: a plus sign stands for itself here.
    query: new Map(search.split('&').filter(Boolean).map(readParameter)),
    headers: Object.fromEntries(headers),
    project: (message.headers.host ?? '').split('.')[0] ?? '',
    path: rawPath.split('/').filter(Boolean).map(decodeURIComponent),
  };
}

function readParameter(text: string): [string, string] {
  const [key = '', ...value] = text.split('=');
  return [decodeURIComponent(key), decodeURIComponent(value.join('='))];
}

import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A refusal as it is answered. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
}

/**
 * Sent with every answer. What a model wrote is hostile: no script but the page's own, nothing from elsewhere, and no
 * text becomes markup.
 */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * Why a request is not to be answered; `undefined` when it is the page's own. Another site's page can reach loopback: by
 * a name of its own that it points here (so the `Host` has to be one of ours), or blindly (so a change needs the token
 * that only our page was given).
 */
export function refusalOf(request: IncomingMessage, port: number, token: string): Refusal | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = '', origin } = request.headers;
  const own = `http://127.0.0.1:${port}/`;
  if (!hosts.includes(host)) return { status: 403, error: `This is the viewer of this machine only: open ${own}` };
  if (origin !== undefined && !hosts.some((name) => origin === `http://${name}`)) {
    return { status: 403, error: 'Only the viewer’s own page may ask.' };
  }
  const method = request.method ?? '';
  if (method === 'GET' || method === 'HEAD') return undefined;
  if (method !== 'POST') return { status: 405, error: `There is no ${method} here.` };
  const given = request.headers['x-viewer-token'];
  const known = typeof given === 'string' && sameText(given, token);
  return known ? undefined : { status: 403, error: 'The page is of an earlier run: reload it.' };
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

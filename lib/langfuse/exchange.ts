import { HttpError, request } from '../http.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Failure } from './sink.ts';

/** How to reach a project of a Langfuse server, and what is said of every call sent there. */
export interface LangfuseAccess {
  /** Without a slash at its end. */
  readonly host: string;
  readonly publicKey: string;
  readonly secretKey: string;
  readonly timeoutMs: number;
  readonly environment?: string;
  readonly release?: string;
}

/** An answer with its JSON object, if it was one, or why there was none. */
export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly json?: Record<string, unknown>;
      /** What the answer says of itself, short, for a log line or a letter. */
      readonly message: string;
      readonly retryAfter?: { readonly retryAfterMs: number };
    }
  | { readonly kind: 'failed'; readonly failure: Failure };

const MAX_ANSWER = 8 << 20;

/** One request to Langfuse and its whole answer. Never rejects. */
export async function exchange(
  access: LangfuseAccess,
  method: 'GET' | 'POST',
  path: string,
  signal: AbortSignal,
  content: { headers?: Record<string, string>; body?: Uint8Array; timeoutMs?: number } = {},
): Promise<Exchange> {
  try {
    const url = new URL(`${access.host}${path}`);
    const headers = { authorization: basicAuth(access), accept: 'application/json', ...content.headers };
    const timeoutMs = content.timeoutMs ?? access.timeoutMs;
    const body = content.body && { body: content.body };
    const response = await request({ method, url, headers, ...body, timeoutMs, signal, maxBytes: MAX_ANSWER });
    const after = retryAfterMs(response.headers['retry-after'], Date.now());
    const text = (await response.body()).toString('utf8');
    const json = objectIn(text);
    return {
      kind: 'answer',
      status: response.status,
      ...(json && { json }),
      message: `HTTP ${response.status} ${summary(json, text)}`.trim(),
      ...(after !== undefined && { retryAfter: { retryAfterMs: after } }),
    };
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

function basicAuth({ publicKey, secretKey }: LangfuseAccess): string {
  return `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString('base64')}`;
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What the body says went wrong. Langfuse's messages name fields and ids; the details, which may quote, are left out. */
function summary(json: Record<string, unknown> | undefined, text: string): string {
  const said = json ? (json.message ?? json.error) : /^\s*</.test(text) ? '(an HTML page)' : text;
  return typeof said === 'string' ? said.slice(0, 300).toWellFormed() : '';
}

function failureOf(error: unknown): Failure {
  if (error instanceof HttpError && (error.code === 'timeout' || error.code === 'aborted')) {
    return { kind: 'timeout', message: `no answer from Langfuse: ${error.message}` };
  }
  return {
    kind: 'network',
    message: `Langfuse not reached: ${error instanceof Error ? error.message : String(error)}`,
  };
}

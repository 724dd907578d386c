import { HttpError, type HttpResponse } from '../http.ts';
import type { Credentials } from '../types.ts';
import { adviceFor } from './advice.ts';

/** Whether to ask again: after a short wait, after a long one, a few times only (the answer itself is bad), or not. */
export type Retry = 'soon' | 'late' | 'few' | 'no';

/** One attempt that brought no page. */
export interface Failure {
  readonly kind: 'failure';
  readonly retry: Retry;
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
  /** Names no credential and no signature. */
  readonly message: string;
}

const RETRIED_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
const QUOTA_CODES: ReadonlySet<string> = new Set(['ReadQuotaExceed', 'ShardReadQuotaExceed']);
/** Their messages may repeat the signature or the access key. */
const QUIET_CODES: ReadonlySet<string> = new Set(['SignatureNotMatch', 'InvalidAccessKeyId']);
const MAX_MESSAGE = 300;

/** The failure behind an exchange that did not come to its end. Rethrows what is no HttpError. */
export function failureOfExchange(error: unknown): Failure {
  if (!(error instanceof HttpError)) throw error;
  const { message } = error;
  if (error.code === 'aborted') return { kind: 'failure', retry: 'no', code: 'Aborted', message };
  if (error.code === 'too-large') return { kind: 'failure', retry: 'few', code: 'Unreadable', message };
  const code = error.code === 'timeout' ? 'Timeout' : 'Network';
  return { kind: 'failure', retry: 'soon', code, message: `${message}. ${adviceFor(code, undefined)}` };
}

/** An answer with status 200 that cannot be used: asked for again a few times, since another server may give a good one. */
export function unreadable(code: string, message: string, requestId: string | undefined): Failure {
  return {
    kind: 'failure',
    retry: 'few',
    code,
    status: 200,
    message,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/**
 * Reads an answer other than 200: JSON `{errorCode, errorMessage}`, or whatever a proxy put there instead.
 * Source: Simple Log Service "Common error codes".
 */
export async function failureOfAnswer(response: HttpResponse, credentials: Credentials): Promise<Failure> {
  const { status } = response;
  const { errorCode, errorMessage } = await readError(response);
  const code = errorCode ?? `Http${status}`;
  const said =
    errorMessage !== undefined && isQuotable(code, errorMessage, credentials) ? ` SLS says: ${errorMessage}.` : '';
  const requestId = header(response, 'x-log-requestid');
  return {
    kind: 'failure',
    retry: retryOf(status, code),
    code,
    status,
    message: `SLS answered ${status} ${code}.${said} ${adviceFor(code, status)}`,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** A header that came once, or undefined when it is absent or empty. */
export function header(response: HttpResponse, name: string): string | undefined {
  const value = response.headers[name];
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined || text === '' ? undefined : text;
}

function retryOf(status: number, code: string): Retry {
  if (QUOTA_CODES.has(code)) return 'late';
  return RETRIED_STATUS.has(status) ? 'soon' : 'no';
}

interface SlsError {
  errorCode?: string;
  errorMessage?: string;
}

async function readError(response: HttpResponse): Promise<SlsError> {
  try {
    const parsed: unknown = JSON.parse((await response.body()).toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null) return {};
    const { errorCode, errorMessage } = parsed as Record<string, unknown>;
    return {
      ...(typeof errorCode === 'string' && /^\w{1,64}$/.test(errorCode) ? { errorCode } : {}),
      ...(typeof errorMessage === 'string' ? { errorMessage: oneLine(errorMessage) } : {}),
    };
  } catch {
    // Neither a body that is no JSON nor one that is cut changes what the status says.
    return {};
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE).replace(/\.$/, '');
}

function isQuotable(
  code: string,
  message: string,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
): boolean {
  const secrets = [accessKeyId, accessKeySecret, securityToken ?? ''].filter((secret) => secret !== '');
  return message !== '' && !QUIET_CODES.has(code) && !secrets.some((secret) => message.includes(secret));
}

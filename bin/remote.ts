import type FcClient from '@alicloud/fc2';
import type { FcResponse } from '@alicloud/fc2';
import type { Credentials } from '../lib/types.ts';

/** A deployed function, and how long to wait for it. */
export interface RemoteFunction {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly credentials: Credentials;
  /** Host or address instead of the account's own in the region. */
  readonly endpoint?: string;
  readonly timeoutMs: number;
}

export type RemoteFailure =
  | { readonly kind: 'threw'; readonly errorType: string; readonly errorMessage: string; readonly log?: string }
  /** Function Compute did not run it. `status` is HTTP's. */
  | { readonly kind: 'refused'; readonly status: number; readonly requestId: string }
  | { readonly kind: 'unanswered'; readonly message: string };

/** `log`: the last 4 KB that the function printed. */
export type RemoteAnswer =
  | { readonly kind: 'returned'; readonly result: string; readonly log?: string }
  | RemoteFailure;

/**
 * Invokes a deployed function and waits for it. Function Compute 3.0 "InvokeFunction" (version 2023-03-30): a function
 * that failed is answered with 200 and X-Fc-Error-Type.
 */
export async function invokeRemote(target: RemoteFunction, event: string): Promise<RemoteAnswer> {
  const client = await openClient(target);
  const path = `/functions/${encodeURIComponent(target.name)}/invocations`;
  const headers = { 'x-fc-invocation-type': 'Sync', 'x-fc-log-type': 'Tail' };
  try {
    return answerOf(await client.post(path, event, headers, { qualifier: 'LATEST' }));
  } catch (error) {
    return rejectionOf(error as Error);
  }
}

/** A client of Function Compute 3.0 (version 2023-03-30). */
export async function openClient(target: Omit<RemoteFunction, 'name'>): Promise<FcClient> {
  const { default: Client } = await import('@alicloud/fc2');
  const client = new Client(target.account, optionsFor(target));
  // The client is made for Function Compute 2.0, where functions lie below services.
  client.version = '2023-03-30';
  return client;
}

function optionsFor({ credentials, region, endpoint, timeoutMs }: Omit<RemoteFunction, 'name'>) {
  const { accessKeyId: accessKeyID, accessKeySecret, securityToken } = credentials;
  const address = endpoint?.includes('://') === false ? `https://${endpoint}` : endpoint;
  return {
    accessKeyID,
    accessKeySecret,
    region,
    secure: true,
    timeout: timeoutMs,
    ...(address && { endpoint: address }),
    // By itself the client sends the token only with a key id that begins with STS.
    ...(securityToken && { securityToken, headers: { 'x-fc-security-token': securityToken } }),
  };
}

function answerOf({ headers, data }: FcResponse): RemoteAnswer {
  const tail = headers['x-fc-log-result'];
  const log = tail && { log: Buffer.from(tail, 'base64').toString('utf8') };
  const type = headers['x-fc-error-type'];
  if (type) return { kind: 'threw', ...errorIn(data, type), ...log };
  return { kind: 'returned', result: typeof data === 'string' ? data : JSON.stringify(data), ...log };
}

/** The body of a failed function, which is JSON whatever its content type says. */
function errorIn(data: unknown, type: string): { errorType: string; errorMessage: string } {
  const { errorType, errorMessage } = (typeof data === 'string' ? parsed(data) : data) as Record<string, unknown>;
  return { errorType: String(errorType ?? type), errorMessage: String(errorMessage ?? type) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Of an answer that is not 2xx the client keeps status and request id, and both only in its message. */
export function rejectionOf({ message }: Error): Exclude<RemoteFailure, { kind: 'threw' }> {
  const [, status, requestId] = / failed with (\d{3})\. requestid: (\S*),/.exec(message) ?? [];
  if (status !== undefined) return { kind: 'refused', status: Number(status), requestId: requestId ?? '' };
  return { kind: 'unanswered', message };
}

const ADVICE: Readonly<Record<number, string>> = {
  403: 'Check the ALIBABA_CLOUD_* credentials and that they allow fc:InvokeFunction on it.',
  404: 'Check ACCOUNT_ID, REGION and REPLAY_FUNCTION, and that it is deployed (npm run deploy).',
  429: 'It is running already, by its timer or for somebody else; try again when that is over.',
};

/** What went wrong with a function, and the next step. */
export function failureOf(failure: RemoteFailure, name: string): string {
  switch (failure.kind) {
    case 'threw':
      return `${name} threw ${failure.errorType}: ${failure.errorMessage}`;
    case 'refused': {
      const { status, requestId } = failure;
      const next = ADVICE[status] ?? (status >= 500 ? 'Try again later.' : 'Check ACCOUNT_ID, REGION and FC_ENDPOINT.');
      return `Function Compute did not run ${name}: status ${status}, request id ${requestId}. ${next}`;
    }
    case 'unanswered': {
      const next = 'It may be running all the same: look at its log, and check REGION and FC_ENDPOINT.';
      return `${name} gave no answer: ${failure.message} ${next}`;
    }
  }
}

import { createHash, createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Credentials } from '../../lib/types.ts';
import type { Invocation } from './fc.ts';
import { type Listening, listen } from './listen.ts';

export interface FcApiOptions {
  readonly account: string;
  readonly credentials: Credentials;
  /** The deployed functions by name: each gets the event, and answers as its instance does. */
  readonly functions: Readonly<Record<string, (event: Buffer) => Promise<Invocation>>>;
  /** What GetFunction and ListTriggers tell of the deployed functions, by name. */
  readonly deployed?: Readonly<Record<string, Deployed>>;
  /** What the functions print, answered to a request for the log's tail. */
  readonly printed?: string;
}

/** A function as it is deployed: its attributes, and its triggers with their configuration as an object. */
export interface Deployed {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly triggers: readonly Readonly<Record<string, unknown>>[];
}

/** `silence` answers nothing and leaves the request open. */
export type FcApiFault = { readonly status: number; readonly code: string } | 'silence';

export interface FcApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FcApiStandIn extends Listening {
  readonly requests: readonly FcApiRequest[];
  /** Asked for each request that is signed right; undefined runs the function. */
  fault: (() => FcApiFault | undefined) | undefined;
}

/** Of version 2023-03-30, the one that knows functions without services. */
const INVOCATION = /^\/2023-03-30\/functions\/([^/?]+)\/invocations(?:\?qualifier=LATEST)?$/;
const DESCRIPTION = /^\/2023-03-30\/functions\/([^/?]+)(\/triggers)?(?:\?limit=\d+)?$/;

/**
 * The HTTP API of Function Compute 3.0, on loopback, for synchronous invocations, GetFunction and ListTriggers: signatures
 * verified (Function Compute "Signature authentication"), a failed function answered with 200 and X-Fc-Error-Type
 * ("InvokeFunction").
 */
export async function startFcApi(options: FcApiOptions): Promise<FcApiStandIn> {
  const requests: FcApiRequest[] = [];
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const standIn: FcApiStandIn = { ...(await listen(server)), requests, fault: undefined };
  return standIn;

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = '', url = '', headers } = incoming;
    requests.push({ method, url, headers, body: body.toString('utf8') });
    const refusal = refusalOf(incoming, body, options) ?? standIn.fault?.();
    if (refusal === 'silence') return;
    const described = refusal || method !== 'GET' ? undefined : description(url, options);
    if (described) return tell(response, described);
    const run = options.functions[decodeURIComponent(INVOCATION.exec(url)?.[1] ?? '')];
    if (refusal) return refuse(response, refusal);
    if (!run || method !== 'POST') return refuse(response, { status: 404, code: 'FunctionNotFound' });
    answer(response, await run(body), headers['x-fc-log-type'] === 'Tail' ? options.printed : undefined);
  }
}

function refuse(response: ServerResponse, { status, code }: { status: number; code: string }): void {
  const requestId = randomUUID();
  response.writeHead(status, { 'content-type': 'application/json', 'x-fc-request-id': requestId });
  // As Function Compute 3.0 names them; version 2 said ErrorCode and ErrorMessage.
  response.end(JSON.stringify({ RequestId: requestId, Code: code, Message: 'Asked for by the test.' }));
}

/** What a GET is answered; `undefined` for a function that is not deployed. A trigger's configuration is JSON in a text. */
function description(url: string, { deployed = {} }: FcApiOptions): unknown {
  const [, name = '', triggers] = DESCRIPTION.exec(url) ?? [];
  const found = deployed[decodeURIComponent(name)];
  if (!found || triggers === undefined) return found && { functionName: name, ...found.attributes };
  const listed = found.triggers.map(({ triggerConfig, ...trigger }) => ({
    ...trigger,
    triggerConfig: JSON.stringify(triggerConfig),
  }));
  return { triggers: listed };
}

function tell(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json', 'x-fc-request-id': randomUUID() });
  response.end(JSON.stringify(value));
}

function answer(response: ServerResponse, invocation: Invocation, printed: string | undefined): void {
  const { requestId } = invocation;
  const tail = printed === undefined ? {} : { 'x-fc-log-result': Buffer.from(printed).toString('base64') };
  const headers = { 'content-type': 'application/octet-stream', 'x-fc-request-id': requestId, ...tail };
  if (invocation.ok) response.writeHead(200, headers).end(invocation.result);
  else {
    response.writeHead(200, { ...headers, 'x-fc-error-type': 'UnhandledInvocationError' });
    response.end(JSON.stringify(invocation.error));
  }
}

function refusalOf(request: IncomingMessage, body: Buffer, options: FcApiOptions): FcApiFault | undefined {
  const { headers } = request;
  const { accessKeyId, accessKeySecret, securityToken } = options.credentials;
  const digest = Buffer.from(createHash('md5').update(body).digest('hex')).toString('base64');
  if (body.length > 0 && headers['content-md5'] !== digest) return { status: 400, code: 'InvalidArgument' };
  if (headers['x-fc-account-id'] !== options.account) return { status: 403, code: 'AccessDenied' };
  if (headers['x-fc-security-token'] !== securityToken) return { status: 403, code: 'AccessDenied' };
  const signature = createHmac('sha256', accessKeySecret).update(signedText(request)).digest('base64');
  const signed = headers.authorization === `FC ${accessKeyId}:${signature}`;
  return signed ? undefined : { status: 403, code: 'SignatureNotMatch' };
}

/** Method, digest, type, date, the x-fc- headers in order, and the path without its query. */
function signedText({ method = '', url = '', headers }: IncomingMessage): string {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-fc-'));
  const lines = own.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}\n`);
  const [path = ''] = url.split('?');
  const head = [method, headers['content-md5'] ?? '', headers['content-type'] ?? '', headers.date ?? ''];
  return `${head.join('\n')}\n${lines.join('')}${path}`;
}

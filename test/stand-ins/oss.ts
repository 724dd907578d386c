import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from './listen.ts';
import { type Bucket, type Operation, operate } from './oss/operations.ts';
import { type Verifier, verify } from './oss/signature.ts';
import { queryOf, type Target, targetsOf } from './oss/target.ts';
import {
  type BucketSettings,
  type OssAnswer,
  type OssFault,
  type OssFaultRequest,
  type OssOptions,
  type OssRequest,
  type OssStandIn,
  ossError,
  type StoredObject,
} from './oss/types.ts';
import { document } from './oss/xml.ts';

export type { OssFault, OssFaultRequest, OssOptions, OssRequest, OssStandIn, StoredObject } from './oss/types.ts';

interface State {
  readonly requests: OssRequest[];
  readonly bucket: Bucket;
  readonly verifier: Verifier;
  fault: ((request: OssFaultRequest) => OssFault | undefined) | undefined;
}

/** `none` leaves the request open, `reset` destroys its connection. */
type Reply = OssAnswer | { readonly kind: 'none' } | { readonly kind: 'reset' };

/**
 * An OSS server with one bucket on loopback: path-style and host-style requests, signatures of version 1 and 4 verified.
 * Rejects when the port is taken.
 */
export async function startOss(options: OssOptions): Promise<OssStandIn> {
  const state = openBucket(options);
  const server = createServer((request, response) => {
    // A client that goes away in mid-request is its own affair.
    serve(request, response, state).catch(() => response.destroy());
  });
  const { url, close } = await listen(server, options.port);
  return {
    url,
    close,
    objects: state.bucket.objects,
    settings: state.bucket.settings,
    requests: state.requests,
    get fault() {
      return state.fault;
    },
    set fault(fault) {
      state.fault = fault;
    },
  };
}

function openBucket({ credentials, bucket: name, region: of = 'cn-hangzhou', now = Date.now }: OssOptions): State {
  const region = of.replace(/^oss-/, '');
  const settings: BucketSettings = { exists: true, acl: 'private' };
  return {
    requests: [],
    bucket: { name, objects: new Map<string, StoredObject>(), settings, region, now },
    verifier: { credentials, region, now },
    fault: undefined,
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { reply, record } = await replyTo(read(request, Buffer.concat(chunks)), state);
  if (reply.kind === 'none') return;
  if (reply.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  record.status = reply.status;
  if (reply.kind === 'error') record.code = reply.code;
  send(response, reply, request.method === 'HEAD');
}

interface Incoming extends Omit<Operation, 'target'> {
  readonly targets: readonly Target[];
}

function read(request: IncomingMessage, body: Buffer): Incoming {
  const [path = '/', search = ''] = (request.url ?? '/').split(/\?(.*)/s);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]);
  return {
    method: request.method ?? 'GET',
    targets: targetsOf(request.headers.host ?? '', path),
    query: queryOf(search),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body,
  };
}

async function replyTo(incoming: Incoming, state: State): Promise<{ reply: Reply; record: OssRequest }> {
  const verdict = verify(incoming, state.verifier);
  const likely = incoming.targets[0] ?? { bucket: '', key: '' };
  const record = recordOf(incoming, verdict.kind === 'signed' ? verdict.target : likely, state);
  state.requests.push(record);
  if (verdict.kind === 'refused') return { reply: verdict.answer, record };
  const { method, key, query, number } = record;
  const fault = state.fault?.({ method, key, query, number });
  const behave = () => operate({ ...incoming, target: verdict.target }, state.bucket);
  return { reply: fault === undefined ? behave() : await applyFault(fault, behave), record };
}

function recordOf(incoming: Incoming, target: Target, state: State): OssRequest {
  const { method, query, headers, body } = incoming;
  const number = state.requests.length + 1;
  return { method, ...target, query, headers, bytes: body.length, number, startedAt: state.bucket.now() };
}

async function applyFault(fault: OssFault, behave: () => OssAnswer): Promise<Reply> {
  switch (fault.kind) {
    case 'status':
      return ossError(fault.status, fault.code, fault.message ?? 'Asked for by the test.');
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, fault.ms).unref());
      return behave();
    case 'hang':
      return { kind: 'none' };
    case 'reset':
      return { kind: 'reset' };
    case 'stored-then-hang':
    case 'stored-then-reset':
      behave();
      return { kind: fault.kind === 'stored-then-hang' ? 'none' : 'reset' };
  }
}

/** A HEAD has no body: its error travels in `x-oss-err`. */
function send(response: ServerResponse, answer: OssAnswer, head: boolean): void {
  const requestId = randomBytes(12).toString('hex').toUpperCase();
  response.setHeader('x-oss-request-id', requestId);
  response.setHeader('server', 'AliyunOSS');
  if (answer.kind === 'ok') {
    const body = Buffer.from(answer.body ?? '');
    if (![204, 304].includes(answer.status)) response.setHeader('content-length', body.length);
    response.writeHead(answer.status, answer.headers).end(head ? undefined : body);
    return;
  }
  const { status, code, message } = answer;
  const xml = document('Error', { Code: code, Message: message, RequestId: requestId, HostId: 'stand-in' });
  if (head) response.setHeader('x-oss-err', Buffer.from(xml).toString('base64'));
  response.writeHead(status, { 'content-type': 'application/xml' }).end(head ? undefined : xml);
}

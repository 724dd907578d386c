import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Credentials } from '../../lib/types.ts';
import { listen } from './listen.ts';
import { type Fault, type Faults, nextFault } from './sls/fault.ts';
import { isOnLogstores, type Logstores, onLogstores } from './sls/logstores.ts';
import {
  type Answer,
  getCursor,
  getCursorTime,
  listShards,
  type PullRules,
  pullLogs,
  refusal,
  type Verdict,
} from './sls/operations.ts';
import { readRequest, type SlsRequest } from './sls/request.ts';
import { checkSignature } from './sls/signature.ts';
import { cursorOf, Shard, type SlsGroup, type SlsLog } from './sls/store.ts';

export type { Fault, Faults } from './sls/fault.ts';
export type { SlsRequest } from './sls/request.ts';
export { cursorOf, FIRST_POSITION, positionOf, type SlsGroup, type SlsLog } from './sls/store.ts';

export interface SlsOptions {
  readonly credentials: Credentials;
  /** Default cn-hangzhou. */
  readonly region?: string;
  /** Log groups in one page at most; default 1000, as SLS. */
  readonly groupsPerPage?: number;
  /** Default any free one. */
  readonly port?: number;
  /** Unix milliseconds, for the check of the request's date. */
  readonly now?: () => number;
  /** What the SPL of any `query` makes of a log; default: it keeps all. */
  readonly spl?: (log: SlsLog) => Verdict;
}

export interface RecordedRequest extends SlsRequest {
  /** What was answered; undefined while it was not. */
  status: number | undefined;
  /** Whether the whole answer was handed to the connection. */
  finished: boolean;
  /** Whether the connection closed before that. */
  aborted: boolean;
}

export interface SlsStandIn {
  readonly url: string;
  /** Every request in the order of arrival. */
  readonly requests: RecordedRequest[];
  /** May be replaced at any time; touches PullLogs only. */
  faults: Faults;
  /** Those that were made, and not by loading logs. */
  readonly logstores: Logstores;
  /** Asked for each request that is signed right: whether RAM does not allow it. */
  denied: ((request: SlsRequest) => boolean) | undefined;
  close(): Promise<void>;
  /** Appends groups to a shard, which it creates, and returns the cursor range that holds them. */
  load(
    project: string,
    logstore: string,
    shard: number,
    groups: readonly SlsGroup[],
    at?: bigint,
    step?: bigint,
  ): { begin: string; end: string };
}

/** An SLS server on loopback: PullLogs, GetCursor, GetCursorTime, ListShards, and logstores; signatures checked. */
export async function startSls(options: SlsOptions): Promise<SlsStandIn> {
  const shards = new Shards();
  const requests: RecordedRequest[] = [];
  const server = createServer((message, response) => {
    const request: RecordedRequest = { ...readRequest(message), status: undefined, finished: false, aborted: false };
    requests.push(request);
    response.on('finish', () => {
      request.finished = true;
    });
    response.on('close', () => {
      request.aborted = !request.finished;
    });
    answer(request, message, response).catch(() => response.destroy());
  });
  let pulls = 0;

  async function answer(request: RecordedRequest, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const isPull = /^logs?$/.test(request.query.get('type') ?? '');
    const fault = isPull ? nextFault(standIn.faults, request, ++pulls) : undefined;
    const now = (options.now ?? Date.now)();
    const denied = checkSignature(request, options.credentials, options.region ?? 'cn-hangzhou', now);
    const body = await bodyOf(message);
    const usual: Answer = denied
      ? { kind: 'refusal', ...denied }
      : standIn.denied?.(request)
        ? refusal(401, 'Unauthorized', 'denied by sts or ram')
        : isOnLogstores(request)
          ? onLogstores(request, body, standIn.logstores, shards.has(request))
          : shards.answer(request, {
              pageLimit: options.groupsPerPage ?? 1000,
              fault,
              spl: options.spl ?? (() => 'keep'),
            });
    await reply(request, response, usual, fault);
  }

  const { url, close } = await listen(server, options.port ?? 0);
  const standIn: SlsStandIn = {
    url,
    close,
    requests,
    faults: [],
    logstores: new Map(),
    denied: undefined,
    load: (project, logstore, shard, groups, at, step) => {
      const { begin, end } = shards.open(project, logstore, shard).append(groups, at, step);
      return { begin: cursorOf(begin), end: cursorOf(end) };
    },
  };
  return standIn;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

class Shards {
  readonly #projects = new Map<string, Map<string, Map<number, Shard>>>();

  open(project: string, logstore: string, id: number): Shard {
    const logstores = this.#projects.get(project) ?? new Map<string, Map<number, Shard>>();
    this.#projects.set(project, logstores);
    const shards = logstores.get(logstore) ?? new Map<number, Shard>();
    logstores.set(logstore, shards);
    const shard = shards.get(id) ?? new Shard();
    shards.set(id, shard);
    return shard;
  }

  /** Whether logs were put into the logstore that a request names. */
  has({ project, path: [, logstore = ''] }: SlsRequest): boolean {
    return this.#projects.get(project)?.has(logstore) ?? false;
  }

  answer(r: SlsRequest, rules: PullRules): Answer {
    const [logstores, logstore = '', isShards, id] = r.path;
    if (r.headers['x-log-apiversion'] !== '0.6.0')
      return refusal(400, 'MissApiVersion', 'x-log-apiversion is missing.');
    if (r.headers['x-log-bodyrawsize'] !== '0') return refusal(400, 'MissBodyRawSize', 'x-log-bodyrawsize is missing.');
    if (r.method !== 'GET' || logstores !== 'logstores' || isShards !== 'shards') {
      return refusal(404, 'InvalidPath', 'There is no such operation here.');
    }
    const project = this.#projects.get(r.project);
    if (project === undefined) return refusal(404, 'ProjectNotExist', `The Project does not exist : ${r.project}`);
    const shards = project.get(logstore);
    if (shards === undefined) return refusal(404, 'LogStoreNotExist', `logstore ${logstore} does not exist`);
    if (id === undefined) return listShards([...shards.keys()]);
    const shard = shards.get(Number(id));
    if (shard === undefined) return refusal(400, 'ShardNotExist', `shard ${id} does not exist`);
    return operate(r, shard, rules);
  }
}

function operate(r: SlsRequest, shard: Shard, rules: PullRules): Answer {
  const type = r.query.get('type');
  if (type === 'log' || type === 'logs') return pullLogs(r, shard, rules);
  if (type === 'cursor') return getCursor(r, shard);
  if (type === 'cursor_time') return getCursorTime(r, shard);
  return refusal(400, 'ParameterInvalid', 'type is log, logs, cursor or cursor_time.');
}

async function reply(
  request: RecordedRequest,
  response: ServerResponse,
  usual: Answer,
  fault: Fault | undefined,
): Promise<void> {
  if (fault?.kind === 'drop') {
    response.socket?.destroy();
    return;
  }
  if (fault?.kind === 'hold') await fault.headers;
  if (fault?.kind === 'delay') await delay(fault.headersMs ?? 0);
  const requestId = randomBytes(12).toString('hex').toUpperCase();
  const { status, headers, body } = render(usual, fault);
  request.status = status;
  response.writeHead(status, { ...headers, 'Content-Length': body.length, 'x-log-requestid': requestId });
  response.flushHeaders();
  if (fault?.kind === 'hold') await fault.body;
  if (fault?.kind === 'delay') await delay(fault.bodyMs ?? 0);
  if (fault?.kind !== 'cut') response.end(body);
  else response.write(body.subarray(0, body.length >> 1), () => response.socket?.destroy());
}

interface Rendered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function render(usual: Answer, fault: Fault | undefined): Rendered {
  if (fault?.kind === 'error') {
    if (fault.body !== undefined) return { status: fault.status, headers: {}, body: Buffer.from(fault.body) };
    return renderError(fault.status, fault.code ?? 'InternalServerError', fault.message ?? 'injected');
  }
  if (usual.kind === 'refusal') return renderError(usual.status, usual.code, usual.message);
  const { headers, body } = usual;
  if (fault?.kind === 'garbage') return { status: 200, headers, body: Buffer.alloc(body.length, 0xff) };
  if (fault?.kind === 'headers') return { status: 200, headers: merged(headers, fault.set), body };
  return { status: 200, headers, body };
}

function renderError(status: number, errorCode: string, errorMessage: string): Rendered {
  const body = Buffer.from(JSON.stringify({ errorCode, errorMessage }));
  return { status, headers: { 'Content-Type': 'application/json' }, body };
}

function merged(
  headers: Rendered['headers'],
  set: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const all = Object.entries({ ...headers, ...set });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

import { setMaxListeners } from 'node:events';
import http, { type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { AnswerBody } from './answer-body.ts';
import { agentFor } from './http-agent.ts';
import type { Take } from './pool.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Sent as they are; a `Host` given here replaces the one of the URL. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Milliseconds for the whole exchange, the response body included. */
  readonly timeoutMs: number;
  /** Milliseconds until the connection stands (TLS included); default 3000. */
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Cap on the response body in bytes; default 64 MiB. */
  readonly maxBytes?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /**
   * The whole body, the same promise each time; rejects with HttpError. Need not be awaited. The first call may say where
   * the memory for a body of announced length comes from; default: new memory.
   */
  body(take?: Take): Promise<Buffer>;
  /** Gives up the body and its connection. */
  discard(): void;
}

export type HttpErrorCode = 'timeout' | 'aborted' | 'network' | 'too-large';

/** The exchange did not come to its end. The message names the address, never a query, a header or a body. */
export class HttpError extends Error {
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'HttpError';
    this.code = code;
  }
}

const DEFAULT_CONNECT_MS = 3_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Sends one request and resolves as soon as the response headers are in, whatever the status; follows no redirect.
 * Rejects with HttpError. A GET that a kept-alive connection lost before any answer is sent once more on a fresh one;
 * a POST is not, since the server may have taken it.
 */
export function request(r: HttpRequest): Promise<HttpResponse> {
  const guard = new Guard(r);
  return new Promise((resolve, reject) => open(r, guard, agentFor(r.url), resolve, reject));
}

function open(
  r: HttpRequest,
  guard: Guard,
  agent: Agent | false,
  resolve: (response: HttpResponse) => void,
  reject: (error: HttpError) => void,
): void {
  guard.onFail = reject;
  if (guard.failure !== undefined) {
    reject(guard.failure);
    return;
  }
  const client = r.url.protocol === 'https:' ? https : http;
  const req = client.request(r.url, { method: r.method, headers: { ...r.headers }, agent });
  let answered = false;
  guard.watch(req);
  limitConnecting(req, r, guard);
  req.once('response', (res) => {
    answered = true;
    resolve(respond(res, r, guard));
  });
  req.on('error', (cause) => {
    const lost = !answered && guard.failure === undefined;
    if (lost && agent !== false && isStale(req, cause)) open(r, guard, false, resolve, reject);
    else reject(guard.settle(() => networkError(r, 'the connection failed before an answer', cause)));
  });
  req.end(r.body);
}

function respond(res: IncomingMessage, r: HttpRequest, guard: Guard): HttpResponse {
  let whole: Promise<Buffer> | undefined;
  guard.watch(res);
  // Without a listener an error on a body that nobody reads would end the process.
  res.on('error', () => {});
  const body = (take?: Take): Promise<Buffer> => {
    if (whole === undefined) {
      whole = collect(res, r, guard, take);
      whole.catch(() => {});
    }
    return whole;
  };
  const discard = (): void => guard.fail(new HttpError('aborted', `${where(r)}: the answer was discarded`));
  return { status: res.statusCode ?? 0, headers: res.headers, body, discard };
}

function collect(res: IncomingMessage, r: HttpRequest, guard: Guard, take?: Take): Promise<Buffer> {
  const max = r.maxBytes ?? DEFAULT_MAX_BYTES;
  const announced = Number(res.headers['content-length'] ?? 0);
  return new Promise((resolve, reject) => {
    guard.onFail = reject;
    const cut = (cause?: unknown): void =>
      reject(guard.settle(() => networkError(r, 'the connection was cut in the middle of the answer', cause)));
    const fits = (bytes: number): boolean => {
      if (bytes > max) guard.fail(new HttpError('too-large', `${where(r)}: the answer is larger than ${max} bytes`));
      return bytes <= max;
    };
    if (!fits(announced) || res.destroyed) return cut();
    const body = new AnswerBody(announced, take);
    res.on('data', (chunk: Buffer) => {
      if (fits(body.size + chunk.length)) body.add(chunk);
    });
    res.on('end', () => {
      if (!res.complete) return cut();
      guard.release();
      resolve(body.whole());
    });
    res.on('error', cut);
    res.on('close', () => cut());
  });
}

/** Holds the time limit and the abort signal over one exchange, and what ended it first. */
class Guard {
  failure: HttpError | undefined;
  /** Told at once: a request that still waits for a socket reports its own destruction only when it gets one. */
  onFail: (error: HttpError) => void = () => {};
  #watched: ClientRequest | IncomingMessage | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;

  constructor(r: HttpRequest) {
    this.#signal = r.signal;
    this.#onAbort = () => this.fail(new HttpError('aborted', `${where(r)}: aborted by the caller`));
    const late = (): void => this.fail(new HttpError('timeout', `${where(r)}: no whole answer in ${r.timeoutMs} ms`));
    this.#timer = setTimeout(late, r.timeoutMs);
    if (r.signal?.aborted) this.#onAbort();
    else if (r.signal !== undefined) this.#listen(r.signal);
  }

  #listen(signal: AbortSignal): void {
    // One signal rightly serves every request of an invocation: more than ten listeners are no leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  watch(part: ClientRequest | IncomingMessage): void {
    this.#watched = part;
  }

  /** Ends the exchange; the first reason stays. */
  fail(error: HttpError): void {
    const first = this.settle(() => error);
    this.#watched?.destroy(first);
    this.onFail(first);
  }

  /** Returns the reason the exchange ended with, which is `otherwise()` when there was none yet. */
  settle(otherwise: () => HttpError): HttpError {
    this.failure ??= otherwise();
    this.release();
    return this.failure;
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

function limitConnecting(req: ClientRequest, r: HttpRequest, guard: Guard): void {
  const ms = r.connectTimeoutMs ?? DEFAULT_CONNECT_MS;
  req.once('socket', (socket: Socket) => {
    if (!socket.connecting) return;
    const late = (): void => guard.fail(new HttpError('timeout', `${where(r)}: not connected in ${ms} ms`));
    const timer = setTimeout(late, ms);
    socket.once(r.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  });
}

function isStale(req: ClientRequest, cause: NodeJS.ErrnoException): boolean {
  return req.method === 'GET' && req.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
}

function networkError(r: HttpRequest, what: string, cause: unknown): HttpError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return new HttpError('network', `${where(r)}: ${what}${code === undefined ? '' : ` (${code})`}`, cause);
}

function where(r: HttpRequest): string {
  return `${r.method} ${r.url.origin}${r.url.pathname}`;
}

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../../lib/types.ts';
import { answer } from './api.ts';
import type { Board } from './board.ts';
import { Events } from './events.ts';
import { type PageFile, pageFiles } from './files.ts';
import { HEADERS, refusalOf } from './guard.ts';

/** A page on loopback. */
export interface ViewerServer {
  readonly url: string;
  close(): Promise<void>;
}

/** How often the sources are looked at for changes while a page is open. */
const LOOK_MS = 400;
const MOST_BODY = 4096;

interface Site {
  readonly board: Board;
  readonly token: string;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly events: Events;
  port: number;
}

/** Serves the board on 127.0.0.1; port 0 means any free one. Rejects when the port is taken. */
export async function serve(board: Board, port = 0): Promise<ViewerServer> {
  const token = randomBytes(24).toString('base64url');
  const site: Site = { board, token, files: pageFiles(token), events: new Events(), port };
  const server = createServer((request, response) => {
    // A page that goes away in mid-request is its own affair.
    handle(site, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  site.port = (server.address() as AddressInfo).port;
  const timer = setInterval(() => void look(site), LOOK_MS).unref();
  const close = async () => {
    clearInterval(timer);
    site.events.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${site.port}`, close };
}

async function look({ board, events }: Site): Promise<void> {
  if (!events.heard) return;
  await board.refresh();
  events.tell(board.version);
}

async function handle(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refusal = refusalOf(request, site.port, site.token);
  if (refusal) return sendJson(response, refusal.status, { error: refusal.error });
  const method = request.method ?? 'GET';
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://viewer');
  if (path === '/api/events') return site.events.add(response, HEADERS, site.board.version);
  const file = method === 'POST' ? undefined : site.files.get(path);
  if (file) return send(response, 200, file.type, file.body);
  const body = method === 'POST' ? await bodyOf(request) : undefined;
  if (body === 'unreadable') return sendJson(response, 400, { error: 'The body is no JSON, or too long.' });
  const { status, json } = await answer(site.board, { method, path, query, body: body?.json });
  sendJson(response, status, json);
}

async function bodyOf(request: IncomingMessage): Promise<{ json: Json } | 'unreadable'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY) return 'unreadable';
    chunks.push(chunk);
  }
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json };
  } catch {
    return 'unreadable';
  }
}

function sendJson(response: ServerResponse, status: number, json: unknown): void {
  send(response, status, 'application/json; charset=utf-8', Buffer.from(JSON.stringify(json)));
}

function send(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type, 'content-length': body.length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

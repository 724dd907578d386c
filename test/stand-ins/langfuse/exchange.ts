import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** An answer before it is sent; `close` destroys the connection instead, `hang` never answers. */
export type Answer =
  | {
      readonly kind: 'send';
      readonly status: number;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Sends the headers and half of the body, then nothing more. */
      readonly stall?: boolean;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'close' };

export interface Received {
  /** As sent. */
  readonly raw: Buffer;
  /** After gunzip; undefined when the body says gzip and is none. */
  readonly body: Buffer | undefined;
  readonly gzip: boolean;
}

/** The whole request body; rejects when the client goes away in the middle. */
export async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const gzip = request.headers['content-encoding'] === 'gzip';
  return { raw, gzip, body: gzip ? unzip(raw) : raw };
}

function unzip(raw: Buffer): Buffer | undefined {
  try {
    return gunzipSync(raw);
  } catch {
    return undefined;
  }
}

export function json(status: number, body: unknown): Answer {
  return { kind: 'send', status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

export function text(status: number, body: string, type = 'text/plain'): Answer {
  return { kind: 'send', status, body, headers: { 'content-type': type } };
}

/** Puts the answer on the wire; a stalled one says the whole length and sends half. */
export function send(response: ServerResponse, answer: Answer): void {
  if (answer.kind === 'hang') return;
  if (answer.kind === 'close') {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
  if (answer.stall) response.write(body.subarray(0, Math.ceil(body.length / 2)));
  else response.end(body);
}

/** Headers with one value a name, as most of them have. */
export function plainHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]));
}

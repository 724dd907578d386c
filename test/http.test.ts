import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpError, type HttpRequest, request } from '../lib/http.ts';
import { gate } from './sls/gate.ts';
import { type Listening, listen } from './stand-ins/listen.ts';

const open: Pick<Listening, 'close'>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(listener: RequestListener): Promise<string> {
  const server = await listen(createServer(listener));
  open.push(server);
  return server.url;
}

/** A server that speaks for itself, byte by byte. */
async function serveRaw(onSocket: (socket: Socket, number: number) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    onSocket(socket, sockets.push(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  open.push({ close });
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const get = (url: string, more: Partial<HttpRequest> = {}) =>
  request({ method: 'GET', url: new URL(url), headers: {}, timeoutMs: 5000, ...more });
const post = (url: string, body: string, more: Partial<HttpRequest> = {}) =>
  get(url, { method: 'POST', body: Buffer.from(body), ...more });

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof HttpError ? error.code : error),
  );

async function read(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += chunk;
  return text;
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('an exchange', () => {
  it.each([
    ['announced', { 'content-length': '300000' }],
    ['not announced', {}],
  ])('gives the whole body, in the memory that was given where its length was %s', async (_, headers) => {
    // More than one read of the socket gives.
    const text = Array.from({ length: 50_000 }, (_, i) => `${i}`.padStart(6)).join('');
    const memory = Buffer.alloc(400_000);
    const asked: number[] = [];
    const url = await serve((_message, response) => {
      response.writeHead(200, headers);
      response.end(text);
    });
    const take = (bytes: number) => {
      asked.push(bytes);
      return memory;
    };
    const body = await (await get(url)).body(take);
    expect(body.toString()).toBe(text);
    const isAnnounced = 'content-length' in headers;
    expect(asked).toEqual(isAnnounced ? [300_000] : []);
    expect(body.buffer === memory.buffer).toBe(isAnnounced);
  });

  it('carries method, path, query, headers and body there and the answer back', async () => {
    const url = await serve(async (message, response) => {
      const body = await read(message);
      response.writeHead(207, { 'x-answer': 'yes' });
      response.end(JSON.stringify([message.method, message.url, message.headers.host, message.headers['x-a'], body]));
    });
    const response = await post(`${url}/p?q=a%3D`, 'hello', { headers: { Host: 'other.example:1', 'X-A': 'b' } });
    expect([response.status, response.headers['x-answer']]).toEqual([207, 'yes']);
    expect(JSON.parse(String(await response.body()))).toEqual(['POST', '/p?q=a%3D', 'other.example:1', 'b', 'hello']);
  });

  it('resolves with the headers while the body is still to come', async () => {
    let finish: () => void = () => {};
    const url = await serve((_, response) => {
      response.write('a');
      finish = () => response.end('b');
    });
    const response = await get(url);
    finish();
    expect(String(await response.body())).toBe('ab');
    expect(response.body()).toBe(response.body());
  });

  it('follows no redirect', async () => {
    const url = await serve((_, response) => {
      response.writeHead(302, { Location: '/elsewhere' }).end();
    });
    expect((await get(url)).status).toBe(302);
  });

  it('uses a connection again', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((message, response) => {
      ports.add(message.socket.remotePort);
      response.end('ok');
    });
    for (let i = 0; i < 3; i++) await (await get(url)).body();
    expect(ports.size).toBe(1);
  });

  it('opens at most 64 connections at once', async () => {
    let busy = 0;
    let peak = 0;
    const waiting: ServerResponse[] = [];
    const url = await serve((_, response) => {
      peak = Math.max(peak, ++busy);
      waiting.push(response);
      if (waiting.length < 64) return;
      for (const held of waiting.splice(0)) held.end('ok', () => busy--);
    });
    const exchange = async () => (await get(url)).body();
    await Promise.all(Array.from({ length: 128 }, exchange));
    expect(peak).toBe(64);
  });
});

describe('what can go wrong', () => {
  it('is a network error when nobody listens', async () => {
    const url = await serve(() => {});
    await open.pop()?.close();
    expect(await codeOf(get(url))).toBe('network');
  });

  it.each([
    ['before the headers', ''],
    ['in the middle of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
  ])('is a timeout when the answer stalls %s', async (_, part) => {
    const url = await serveRaw((socket) => socket.on('data', () => socket.write(part)));
    const exchange = async () => (await get(url, { timeoutMs: 60 })).body();
    expect(await codeOf(exchange())).toBe('timeout');
  });

  it('is a timeout when the connection does not come to stand', async () => {
    const url = await serveRaw(() => {});
    const exchange = get(url.replace('http:', 'https:'), { connectTimeoutMs: 40 });
    await expect(exchange).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('not connected'),
    });
  });

  it.each([
    ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('is a network error when a body %s is cut', async (_, part) => {
    const url = await serveRaw((socket) => socket.on('data', () => socket.end(part)));
    const exchange = async () => (await get(url)).body();
    expect(await codeOf(exchange())).toBe('network');
  });

  it.each([
    ['announced', 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n'],
    ['sent', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n'],
  ])('is too large when more is %s than is wanted', async (_, part) => {
    const url = await serveRaw((socket) => socket.on('data', () => socket.write(part)));
    const exchange = async () => (await get(url, { maxBytes: 10 })).body();
    expect(await codeOf(exchange())).toBe('too-large');
  });

  it('is an abort before, during and after the headers', async () => {
    const url = await serve((message, response) => {
      if (message.url === '/half') response.write('half');
    });
    expect(await codeOf(get(url, { signal: AbortSignal.abort() }))).toBe('aborted');
    const early = new AbortController();
    const exchange = get(url, { signal: early.signal });
    early.abort();
    expect(await codeOf(exchange)).toBe('aborted');
    const late = new AbortController();
    const response = await get(`${url}/half`, { signal: late.signal });
    late.abort();
    expect(await codeOf(response.body())).toBe('aborted');
  });

  it('aborts at once a request that still waits for a connection', async () => {
    const url = await serve(() => {});
    const all = new AbortController();
    const held = Array.from({ length: 64 }, () => codeOf(get(url, { signal: all.signal })));
    const one = new AbortController();
    const waiting = codeOf(get(url, { signal: one.signal }));
    one.abort();
    expect(await waiting).toBe('aborted');
    all.abort();
    expect(new Set(await Promise.all(held))).toEqual(new Set(['aborted']));
  });

  it('stays quiet when nobody awaits the body', async () => {
    const seen: unknown[] = [];
    const note = (reason: unknown) => seen.push(reason);
    process.on('unhandledRejection', note);
    const closed = gate();
    const url = await serveRaw((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
      socket.on('close', () => closed.open());
    });
    const response = await get(url);
    void response.body();
    await closed.opened;
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect(seen).toEqual([]);
    expect(await codeOf(response.body())).toBe('network');
  });

  it('names neither query nor headers', async () => {
    const url = await serveRaw((socket) => socket.destroy());
    const error = await get(`${url}/p?token=secret`, { headers: { Authorization: 'hidden' } }).catch((e: unknown) => e);
    expect(String(error)).toContain('/p');
    expect(String(error)).not.toMatch(/secret|hidden/);
  });
});

describe('a discarded answer', () => {
  it('closes its connection and rejects its body', async () => {
    const closed = gate();
    const url = await serve((_, response) => {
      response.on('close', () => closed.open());
      response.write('endless');
    });
    const response = await get(url);
    response.discard();
    await closed.opened;
    expect(await codeOf(response.body())).toBe('aborted');
  });
});

describe('a kept connection that the server closed', () => {
  /** Answers the first request of each connection and drops the connection at its second. */
  const dropSecond = () => {
    let requests = 0;
    const onSocket = (socket: Socket) => {
      let first = true;
      socket.on('data', () => {
        requests++;
        if (first) socket.write(ok);
        else socket.destroy();
        first = false;
      });
    };
    return { onSocket, count: () => requests };
  };

  it('is replaced once for a GET', async () => {
    const server = dropSecond();
    const url = await serveRaw(server.onSocket);
    await (await get(url)).body();
    expect(String(await (await get(url)).body())).toBe('ok');
    expect(server.count()).toBe(3);
  });

  it('is a network error for a POST, which may have been taken', async () => {
    const server = dropSecond();
    const url = await serveRaw(server.onSocket);
    await (await get(url)).body();
    expect(await codeOf(post(url, 'x'))).toBe('network');
    expect(server.count()).toBe(2);
  });

  it('is not tried a third time', async () => {
    let requests = 0;
    const url = await serveRaw((socket) => {
      socket.on('data', () => (++requests === 1 ? socket.write(ok) : socket.destroy()));
    });
    await (await get(url)).body();
    expect(await codeOf(get(url))).toBe('network');
    expect(requests).toBe(3);
  });

  it('is not used again after it was idle for long', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((message, response) => {
      ports.add(message.socket.remotePort);
      response.end('ok');
    });
    await (await get(url)).body();
    const now = Date.now;
    Date.now = () => now() + 5_000;
    try {
      await (await post(url, 'x')).body();
    } finally {
      Date.now = now;
    }
    expect(ports.size).toBe(2);
  });
});

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Listening, listen } from '../../test/stand-ins/listen.ts';
import { lz4Block } from '../../test/stand-ins/sls/encode.ts';
import { cursorAt, indexAt } from './cursor.ts';
import { EndlessShard, type ShardOptions } from './shard.ts';

export interface SlsOptions extends ShardOptions {
  /** Milliseconds before each answer. */
  readonly latencyMs: number;
  /** Log groups in a page at most, however many are asked for. */
  readonly groupsPerPage?: number;
}

export interface SlsCounts {
  /** When the first request since the last count came, Unix milliseconds. */
  readonly firstAt?: number;
}

/** An SLS that serves pages as PullLogs does and checks nothing: it has to cost as little as possible. */
export async function startPages(options: SlsOptions): Promise<Listening & { readonly counts: () => SlsCounts }> {
  const shard = new EndlessShard(options);
  let firstAt: number | undefined;
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    firstAt ??= performance.timeOrigin + performance.now();
    serve(request, response, shard, options).catch(() => response.destroy());
  });
  const counts = (): SlsCounts => {
    const counted = firstAt === undefined ? {} : { firstAt };
    firstAt = undefined;
    return counted;
  };
  return { ...(await listen(server)), counts };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  shard: EndlessShard,
  { latencyMs, groupsPerPage = 1000 }: SlsOptions,
): Promise<void> {
  const due = latencyMs > 0 ? delay(latencyMs) : undefined;
  const query = new URL(request.url ?? '', 'http://localhost').searchParams;
  const from = indexAt(query.get('cursor') ?? '');
  const wanted = Math.min(Number(query.get('count')), groupsPerPage);
  const count = Math.max(0, Math.min(wanted, indexAt(query.get('end_cursor') ?? '') - from));
  const raw = shard.read(from, count);
  const body = raw.length > 0 ? lz4Block(raw) : raw;
  await due;
  response.writeHead(200, {
    'content-type': 'application/x-protobuf',
    'content-length': body.length,
    'x-log-cursor': cursorAt(from + count),
    'x-log-count': String(count),
    'x-log-bodyrawsize': String(raw.length),
    'x-log-compresstype': 'lz4',
    'x-log-requestid': 'bench',
  });
  response.end(body);
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type Listening, listen } from '../../test/stand-ins/listen.ts';
import { Counter } from './counter.ts';
import { Turnstile } from './turnstile.ts';

export interface LangfuseOptions {
  /** Milliseconds before each answer. */
  readonly latencyMs: number;
  /** How many calls a second it can take; absent: any number. */
  readonly callsPerSecond?: number;
  /** Seconds of work that it holds in its queue before it turns requests away with 503. */
  readonly queueSeconds?: number;
}

export interface LangfuseCounts {
  requests: number;
  /** Of request bodies, as sent. */
  bytes: number;
  /** Calls that were answered with success. */
  calls: number;
  turnedAway: number;
  /** Requests that the client gave up before they were answered. */
  abandoned: number;
  /** Milliseconds since the server's start and the requests open then, one pair at each change. */
  readonly open: [number, number][];
}

const OK = '{}';

/**
 * A Langfuse that takes what it is sent and keeps none of it. Counting is put off until somebody asks, so that it costs
 * nothing beside what is measured.
 */
export async function startSink(options: LangfuseOptions): Promise<Listening & { counts(): LangfuseCounts }> {
  const counter = new Counter();
  const turnstile = options.callsPerSecond === undefined ? undefined : new Turnstile(options.callsPerSecond, options.queueSeconds ?? 60);
  const counts: LangfuseCounts = { requests: 0, bytes: 0, calls: 0, turnedAway: 0, abandoned: 0, open: [] };
  const startedAt = Date.now();
  let open = 0;
  const changed = (by: number) => {
    open += by;
    counts.open.push([Date.now() - startedAt, open]);
  };
  const server = createServer((request, response) => {
    if (request.method === 'GET') return tell(response, 200, '{"status":"OK","version":"3.225.4"}');
    changed(1);
    response.once('close', () => {
      changed(-1);
      if (!response.writableFinished) counts.abandoned++;
    });
    take(request, response).catch(() => response.destroy());
  });

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    counts.requests++;
    counts.bytes += body.length;
    if (options.latencyMs > 0) await delay(options.latencyMs);
    if (request.url?.endsWith('/ingestion')) {
      const answer = ingested(body);
      counts.calls += answer.generations;
      return tell(response, 207, answer.text);
    }
    if (turnstile && !(await turnstile.pass(spansIn(body)))) {
      counts.turnedAway++;
      return tell(response, 503, '{"message":"too many requests in the queue"}');
    }
    if (response.destroyed) return;
    counter.add(body);
    tell(response, 200, OK);
  }

  return {
    ...(await listen(server)),
    counts: () => {
      counts.calls += counter.take();
      return counts;
    },
  };
}

function tell(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function spansIn(body: Buffer): number {
  const counter = new Counter();
  counter.add(body);
  return counter.take();
}

/** The answer of the ingestion API: each event by its id. */
function ingested(body: Buffer): { text: string; generations: number } {
  const plain = body[0] === 0x1f ? gunzipSync(body) : body;
  const { batch } = JSON.parse(plain.toString('utf8')) as { batch: { id: string; type: string }[] };
  const successes = batch.map(({ id }) => ({ id, status: 201 }));
  return {
    text: JSON.stringify({ successes, errors: [] }),
    generations: batch.filter(({ type }) => type === 'generation-create').length,
  };
}

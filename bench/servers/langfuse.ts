import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type Listening, listen } from '../../test/stand-ins/listen.ts';
import { Counter } from './counter.ts';
import { Turnstile } from './turnstile.ts';

export interface LangfuseOptions {
  /** Milliseconds before each answer. */
  readonly latencyMs: number;
  /** How many calls a second it can take by OTLP; absent: any number. */
  readonly callsPerSecond?: number;
  /** The same by the ingestion API. */
  readonly ingestedPerSecond?: number;
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

/**
 * A Langfuse that takes what it is sent and keeps none of it. Counting is put off until somebody asks, so that it costs
 * nothing beside what is measured.
 */
export async function startSink(options: LangfuseOptions): Promise<Listening & { counts(): LangfuseCounts }> {
  const sink = new Sink(options);
  // A connection closed at the moment of its next request would end the floor, which repeats nothing.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => sink.serve(request, response));
  return { ...(await listen(server)), counts: () => sink.counted() };
}

class Sink {
  readonly #counts: LangfuseCounts = { requests: 0, bytes: 0, calls: 0, turnedAway: 0, abandoned: 0, open: [] };
  readonly #counter = new Counter();
  readonly #turnstile: Turnstile | undefined;
  readonly #ingestion: Turnstile | undefined;
  readonly #latencyMs: number;
  readonly #startedAt = Date.now();
  #open = 0;

  constructor({ latencyMs, callsPerSecond, ingestedPerSecond, queueSeconds = 60 }: LangfuseOptions) {
    this.#latencyMs = latencyMs;
    this.#turnstile = callsPerSecond === undefined ? undefined : new Turnstile(callsPerSecond, queueSeconds);
    this.#ingestion = ingestedPerSecond === undefined ? undefined : new Turnstile(ingestedPerSecond, queueSeconds);
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') {
      tell(response, 200, '{"status":"OK","version":"3.225.4"}');
      return;
    }
    this.#changed(1);
    response.once('close', () => {
      this.#changed(-1);
      if (!response.writableFinished) this.#counts.abandoned++;
    });
    this.#take(request, response).catch(() => response.destroy());
  }

  counted(): LangfuseCounts {
    this.#counts.calls += this.#counter.take();
    return this.#counts;
  }

  #changed(by: number): void {
    this.#open += by;
    this.#counts.open.push([Date.now() - this.#startedAt, this.#open]);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.#counts.requests++;
    this.#counts.bytes += body.length;
    if (this.#latencyMs > 0) await delay(this.#latencyMs);
    if (request.url?.endsWith('/ingestion')) await this.#ingest(body, response);
    else await this.#export(body, response);
  }

  async #export(body: Buffer, response: ServerResponse): Promise<void> {
    if (!(await this.#admitted(this.#turnstile, () => spansIn(body), response))) return;
    this.#counter.add(body);
    tell(response, 200, '{}');
  }

  async #ingest(body: Buffer, response: ServerResponse): Promise<void> {
    const { text, generations } = ingested(body);
    if (!(await this.#admitted(this.#ingestion, () => generations, response))) return;
    this.#counts.calls += generations;
    tell(response, 207, text);
  }

  /** `false` for what was turned away, or is waited for no more: nobody is told that it was taken. */
  async #admitted(turnstile: Turnstile | undefined, calls: () => number, response: ServerResponse): Promise<boolean> {
    if (turnstile && !(await turnstile.pass(calls()))) {
      this.#counts.turnedAway++;
      tell(response, 503, '{"message":"too many requests in the queue"}');
      return false;
    }
    return !response.destroyed;
  }
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

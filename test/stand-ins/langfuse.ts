import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Answer, plainHeaders, type Received, receive, send } from './langfuse/exchange.ts';
import { applyFault } from './langfuse/faults.ts';
import { answer, type Call, carried, type House, transportOf } from './langfuse/routes.ts';
import { Store } from './langfuse/store.ts';
import type { Fault, FaultRequest, LangfuseOptions, LangfuseStandIn, RecordedRequest } from './langfuse/types.ts';
import { dialectOf } from './langfuse/version.ts';
import { listen } from './listen.ts';

export type {
  Fault,
  FaultRequest,
  LangfuseMode,
  LangfuseOptions,
  LangfuseStandIn,
  RecordedRequest,
  StoredObservation,
  StoredTrace,
  Transport,
} from './langfuse/types.ts';

/** What changes while the server runs. */
interface State {
  readonly requests: RecordedRequest[];
  fault: ((request: FaultRequest) => Fault | undefined) | undefined;
  open: number;
  peak: number;
  poisoned: number;
  ingestions: number;
}

/**
 * A Langfuse server on loopback, as its delivery contract describes it: both ingestion transports, the health route and
 * the read API of the version it plays. Rejects when the port is taken.
 */
export async function startLangfuse(options: LangfuseOptions = {}): Promise<LangfuseStandIn> {
  const state: State = { requests: [], fault: undefined, open: 0, peak: 0, poisoned: 0, ingestions: 0 };
  const house = openHouse(options, state);
  const server = createServer((request, response) => {
    // A client that goes away in mid-request is its own affair.
    serve(request, response, house, state).catch(() => response.destroy());
  });
  const { url, close } = await listen(server, options.port);
  return face({ url, close }, house, state);
}

function openHouse(options: LangfuseOptions, state: State): House {
  const dialect = dialectOf(options.version ?? '3.225.4', options.mode);
  return {
    dialect,
    store: new Store(dialect.mode),
    publicKey: options.publicKey ?? 'pk-lf-stand-in',
    secretKey: options.secretKey ?? 'sk-lf-stand-in',
    storeDelayMs: options.storeDelayMs ?? 0,
    now: options.now ?? Date.now,
    onPoison: () => {
      state.poisoned += 1;
    },
  };
}

function face(at: Pick<LangfuseStandIn, 'url' | 'close'>, house: House, state: State): LangfuseStandIn {
  const { store, publicKey, secretKey } = house;
  return {
    ...at,
    publicKey,
    secretKey,
    observations: () => store.observations(),
    traces: () => store.traces(),
    rows: () => store.rows(),
    clear: () => store.clear(),
    requests: state.requests,
    get peakConcurrency() {
      return state.peak;
    },
    get poisoned() {
      return state.poisoned;
    },
    get fault() {
      return state.fault;
    },
    set fault(fault) {
      state.fault = fault;
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, house: House, state: State): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://stand-in');
  const startedAt = house.now();
  if (transportOf(request.method ?? '', pathname) !== undefined) countOpen(response, state);
  const received = await receive(request);
  const call = callOf(request, received);
  const record = recordOf(call, received, startedAt, state);
  state.requests.push(record);
  response.on('close', () => {
    record.endedAt = house.now();
  });
  const reply = await replyTo(call, record, house, state);
  if (reply.kind === 'send') record.status = reply.status;
  send(response, reply);
}

function countOpen(response: ServerResponse, state: State): void {
  state.open += 1;
  state.peak = Math.max(state.peak, state.open);
  response.on('close', () => {
    state.open -= 1;
  });
}

async function replyTo(call: Call, record: RecordedRequest, house: House, state: State): Promise<Answer> {
  const { path, method, number, ids } = record;
  const fault = state.fault?.({ path, method, number, ids });
  if (fault === undefined) return answer(call, house, []);
  return applyFault(fault, (rejectIds) => answer(call, house, rejectIds));
}

function callOf(request: IncomingMessage, { body }: Received): Call {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: plainHeaders(request),
    body,
    parsed: parse(body),
  };
}

function parse(body: Buffer | undefined): unknown {
  try {
    return body === undefined ? undefined : (JSON.parse(body.toString()) as unknown);
  } catch {
    return undefined;
  }
}

function recordOf(call: Call, received: Received, startedAt: number, state: State): RecordedRequest {
  const { method, path, query, headers } = call;
  const transport = transportOf(method, path);
  if (transport !== undefined) state.ingestions += 1;
  const { ids, eventIds } = carried(transport, call.parsed);
  return {
    ...{ method, path, query, headers, ids, eventIds, startedAt },
    ...(transport === undefined ? {} : { transport }),
    bytes: received.raw.length,
    gzip: received.gzip,
    number: transport === undefined ? 0 : state.ingestions,
    count: ids.length,
  };
}

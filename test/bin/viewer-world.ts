import { openStage, type Stage } from '../../bin/stage.ts';
import { openViewer, type Viewer } from '../../bin/viewer/viewer.ts';
import { encodeLetters } from '../../lib/letters/encode.ts';
import type { Json, Letter, Receipt } from '../../lib/types.ts';
import type { Invocation } from '../stand-ins/fc.ts';
import { recordOf } from '../support/records.ts';

/** 2026-11-21, noon in UTC. */
export const NOON = Date.UTC(2026, 10, 21, 12);
export const WINDOW = { from: NOON - 3_600_000, to: NOON + 3_600_000 };
export const KEY = 'sls-langfuse/v1/proj/store/0/2026/11/21/1-a.ndjson.gz';

/** A stage with its page; nothing is on it yet. */
export interface World {
  readonly stage: Stage;
  readonly viewer: Viewer;
  /** Sends spans to the Langfuse stand-in, as the function would. */
  send(...spans: readonly Span[]): Promise<void>;
  store(key: string, letters: readonly Letter[]): void;
  close(): Promise<void>;
}

/** What a test says of a call; times are milliseconds after noon. */
export interface Span {
  readonly n: number;
  readonly parent?: number;
  readonly trace?: number;
  readonly name?: string;
  readonly user?: string;
  readonly model?: string;
  readonly level?: string;
  readonly at?: number;
  readonly ms?: number;
  readonly first?: number;
  readonly input?: Json;
  readonly output?: Json;
  readonly usage?: Json;
  readonly cost?: Json;
}

export const traceId = (n: number) => n.toString(16).padStart(32, '0');
export const spanId = (n: number) => n.toString(16).padStart(16, '0');

export async function openWorld(): Promise<World> {
  const stage = await openStage({}, undefined, false);
  const viewer = await openViewer(stage, WINDOW);
  return {
    stage,
    viewer,
    send: (...spans) => sendSpans(stage, spans),
    store(key, letters) {
      const body = encodeLetters(letters);
      stage.oss?.objects.set(key, { body, etag: `"${body.length}"`, lastModified: new Date(), headers: {} });
    },
    async close() {
      await viewer.close();
      await stage.close();
    },
  };
}

/** Sends spans to the Langfuse of a stage. */
export async function sendSpans({ env }: Pick<Stage, 'env'>, spans: readonly Span[]): Promise<void> {
  const keys = Buffer.from(`${env.LANGFUSE_PUBLIC_KEY}:${env.LANGFUSE_SECRET_KEY}`).toString('base64');
  const response = await fetch(`${env.LANGFUSE_HOST}/api/public/otel/v1/traces`, {
    method: 'POST',
    headers: { authorization: `Basic ${keys}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [{ resource: {}, scopeSpans: [{ scope: { name: 'langfuse-sdk' }, spans: spans.map(wire) }] }],
    }),
  });
  if (!response.ok) throw new Error(`The stand-in answered ${response.status}: ${await response.text()}`);
}

function wire({ n, trace = n, parent, name = `call ${n}`, at = n * 1000, ms = 500, first, ...said }: Span): Json {
  const nanos = (time: number) => `${NOON + time}000000`;
  const texts: [string, Json | undefined][] = [
    ['langfuse.observation.type', 'generation'],
    ['langfuse.trace.name', name],
    ['langfuse.user.id', said.user],
    ['langfuse.observation.level', said.level],
    ['langfuse.observation.model.name', said.model],
    ['langfuse.observation.input', said.input],
    ['langfuse.observation.output', said.output],
    ['langfuse.observation.usage_details', said.usage],
    ['langfuse.observation.cost_details', said.cost],
    [
      'langfuse.observation.completion_start_time',
      first === undefined ? undefined : new Date(NOON + at + first).toISOString(),
    ],
  ];
  return {
    traceId: traceId(trace),
    spanId: spanId(n),
    ...(parent !== undefined && { parentSpanId: spanId(parent) }),
    name,
    kind: 3,
    startTimeUnixNano: nanos(at),
    endTimeUnixNano: nanos(at + ms),
    attributes: texts.flatMap(([key, value]) => {
      if (value === undefined) return [];
      return [{ key, value: { stringValue: typeof value === 'string' ? value : JSON.stringify(value) } }];
    }),
  };
}

/** A letter of a call that Langfuse refused once, and would take now. */
export function recordLetter(n: number): Letter {
  const at = NOON + n;
  const base = { requestId: 'request-1', replays: 0, firstFailedAt: at, lastFailedAt: at };
  const rejection = { why: 'refused', message: 'model: too long', status: 413, attempts: 2 } as const;
  const origin = { project: 'proj', logstore: 'store', shard: 0 };
  return { kind: 'record', ...base, rejection, origin, record: recordOf(n) };
}

/** An invocation that returned a receipt, as Function Compute hands it over. */
export function returned(change: Partial<Receipt> = {}): Invocation {
  const counts = { read: 3, delivered: 1, skipped: { non_ai: 1 }, lettered: { refused: 1 }, ranges: 0, pages: 1 };
  const receipt: Receipt = { ...counts, bytes: 2048, lagMs: 1500, ms: 40, requestId: 'request-1', ...change };
  return { ok: true, requestId: 'request-1', result: JSON.stringify(receipt) };
}

export function threw(): Invocation {
  const error = { errorType: 'InvocationError', errorMessage: 'SLS refused', stackTrace: [] };
  return { ok: false, requestId: 'request-2', error };
}

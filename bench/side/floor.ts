import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { uncompressSync } from 'lz4-napi';
import { countAfter, FIRST_COUNT } from '../../lib/sls/page-size.ts';
import type { AiLog } from '../gateway-log.ts';
import { cursorAt, indexAt } from '../servers/cursor.ts';
import { exchange } from './post.ts';
import { type Values, Walk } from './walk.ts';

export interface FloorOptions {
  readonly sls: string;
  readonly langfuse: string;
  readonly groups: number;
  /** Whether the fields that the forwarder keeps as metadata are read and written as well. */
  readonly metadata: boolean;
}

export interface FloorResult {
  readonly cpuMs: number;
  readonly ms: number;
}

/** What a call cannot be shown without. */
const WANTED = [
  ...['ai_log', 'trace_id', 'request_id', 'start_time', 'duration', 'route_name', 'response_code'],
  ...['response_code_details', 'response_flags', 'path'],
];
/** What the forwarder keeps beside it. */
const METADATA = [
  ...['authority', 'bytes_received', 'bytes_sent', 'downstream_local_address', 'downstream_remote_address'],
  ...['requested_server_name', 'method', 'protocol', 'request_duration', 'response_tx_duration', 'user_agent'],
  ...['x_forwarded_for', 'upstream_cluster', 'upstream_host', 'upstream_local_address', 'upstream_protocol'],
  ...['upstream_service_time'],
];
/** Metadata of every span. */
const SHOWN = new Set(['response_code_details', 'response_flags', 'path']);
const AI_METADATA = [
  ...['api', 'api_type', 'chat_id', 'chat_round', 'consumer', 'llm_first_token_duration', 'llm_service_duration'],
  ...['response_type', 'user_id'],
];
const CALLS = 500;
const REQUESTS_AT_ONCE = 4;

const gzipped = promisify(gzip);

/** The work that nobody can avoid: the same pages, unpacked, walked, parsed, written and packed; no check, no rule. */
async function run({ sls, langfuse, groups, metadata }: FloorOptions): Promise<void> {
  const names = metadata ? [...WANTED, ...METADATA] : WANTED;
  const walk = new Walk(names);
  const open = new Set<Promise<void>>();
  let spans: unknown[] = [];
  let page = pull(sls, 0, FIRST_COUNT, groups);
  for (let count = FIRST_COUNT; ; ) {
    const { headers, body } = await page;
    const next = indexAt(String(headers['x-log-cursor']));
    const size = Number(headers['x-log-bodyrawsize']);
    count = countAfter(count, { groups: Number(headers['x-log-count']), bytes: size });
    if (next < groups) page = pull(sls, next, count, groups);
    walk.each(unpacked(body, size), (values) => spans.push(spanOf(values, names)));
    while (spans.length >= CALLS || (next >= groups && spans.length > 0)) {
      while (open.size >= REQUESTS_AT_ONCE) await Promise.race(open);
      const sent = send(langfuse, spans.slice(0, CALLS));
      open.add(sent);
      void sent.then(() => open.delete(sent));
      spans = spans.slice(CALLS);
    }
    if (next >= groups) break;
  }
  await Promise.all(open);
}

function pull(sls: string, from: number, count: number, end: number) {
  const cursor = encodeURIComponent(cursorAt(from));
  return exchange(
    `${sls}/logstores/x/shards/0?cursor=${cursor}&count=${count}&end_cursor=${encodeURIComponent(cursorAt(end))}`,
  );
}

/** The library wants the length before the block. */
function unpacked(body: Buffer, size: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(size);
  return uncompressSync(Buffer.concat([length, body]));
}

async function send(langfuse: string, spans: readonly unknown[]): Promise<void> {
  const payload = JSON.stringify({
    resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 'langfuse-sdk-bench' }, spans }] }],
  });
  const body = await gzipped(payload, { level: 1 });
  await exchange(
    `${langfuse}/api/public/otel/v1/traces`,
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body,
  );
}

function spanOf(values: Values, names: readonly string[]): unknown {
  const [aiLog = '{}', traceId = '', requestId = '', startTime = '', duration, route = '', code, details, flags, path] =
    values;
  const ai = JSON.parse(aiLog) as AiLog;
  const start = Date.parse(startTime);
  const metadata: Record<string, unknown> = { response_code_details: details, response_flags: flags, path };
  if (names.length > WANTED.length) addRest(metadata, ai, values, names);
  const usage = { input: ai.input_token, output: ai.output_token, total: ai.total_token };
  const attributes = [
    text('langfuse.observation.type', 'generation'),
    text('langfuse.trace.name', route),
    text('langfuse.user.id', ai.consumer),
    text('langfuse.session.id', ai.session_id),
    text('langfuse.observation.model.name', ai.model),
    text('langfuse.observation.input', JSON.stringify(ai.messages)),
    text('langfuse.observation.output', ai.answer),
    text('langfuse.observation.usage_details', JSON.stringify(usage)),
    text('langfuse.observation.level', Number(code) >= 400 ? 'ERROR' : 'DEFAULT'),
    text('langfuse.observation.completion_start_time', new Date(start + ai.llm_first_token_duration).toISOString()),
    text('langfuse.observation.metadata', JSON.stringify(metadata)),
  ];
  return {
    traceId,
    spanId: requestId.slice(0, 8) + requestId.slice(24, 32),
    name: route,
    kind: 3,
    startTimeUnixNano: `${start}000000`,
    endTimeUnixNano: `${start + Number(duration)}000000`,
    status: {},
    attributes,
  };
}

/** What else the log says, as the forwarder keeps it. */
function addRest(metadata: Record<string, unknown>, ai: AiLog, values: Values, names: readonly string[]): void {
  for (let i = 2; i < names.length; i++) {
    const name = names[i] ?? '';
    if (!SHOWN.has(name)) metadata[name] = values[i];
  }
  for (const key of AI_METADATA) metadata[key] = ai[key];
}

function text(key: string, stringValue: string): unknown {
  return { key, value: { stringValue } };
}

const cpu = process.cpuUsage();
const at = performance.now();
await run(JSON.parse(process.argv[2] ?? '{}') as FloorOptions);
const { user, system } = process.cpuUsage(cpu);
const result: FloorResult = { cpuMs: (user + system) / 1000, ms: performance.now() - at };
process.send?.(result, () => process.disconnect());

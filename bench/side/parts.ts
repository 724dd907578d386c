import { gzipSync } from 'node:zlib';
import { uncompressSync } from 'lz4-napi';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { contentOf, hash32, observationIdOf } from '../../lib/identity.ts';
import { otlpSink } from '../../lib/langfuse/otlp.ts';
import { fromFlat, toFlat } from '../../lib/record.ts';
import { createRedactor } from '../../lib/redact/redactor.ts';
import { RULES } from '../../lib/redact/rules.ts';
import { decompressBlock } from '../../lib/sls/lz4.ts';
import { readLogGroupList } from '../../lib/sls/protobuf.ts';
import type { LlmCall, LogRecord } from '../../lib/types.ts';
import { BY_FORMAT } from '../../test/formats/every-format.ts';
import { lz4Block } from '../../test/stand-ins/sls/encode.ts';
import { EndlessShard } from '../servers/shard.ts';

export interface PartsOptions {
  /** Log groups of 40 gateway logs that the parts work on. */
  readonly groups: number;
  /** CPU milliseconds for each part. */
  readonly cpuMs: number;
}

export interface PartSpeed {
  readonly name: string;
  readonly bytes: number;
  /** CPU time for these bytes once. */
  readonly cpuMs: number;
  /** Records or calls in these bytes, where it works on such. */
  readonly items?: number;
  /** Output bytes, where the part makes something. */
  readonly made?: number;
}

const { groups, cpuMs } = JSON.parse(process.argv[2] ?? '{}') as PartsOptions;
const LOGS_PER_GROUP = 40;
const WARM_UP = 0.3;

/** CPU time of the work once: after a warm-up, and as often as fits into the time for a part. */
function timed(work: () => unknown): number {
  repeated(work, cpuMs * WARM_UP);
  return repeated(work, cpuMs);
}

function repeated(work: () => unknown, forMs: number): number {
  const begin = process.cpuUsage();
  for (let times = 1; ; times++) {
    work();
    const { user, system } = process.cpuUsage(begin);
    const spent = (user + system) / 1000;
    if (spent >= forMs) return spent / times;
  }
}

function bytesOf(records: readonly LogRecord[]): number {
  return records.reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(toFlat(record))), 0);
}

function callsIn(records: readonly LogRecord[]): LlmCall[] {
  return records.flatMap((record) => {
    const reading = read(record, { readers: ALL, timeZone: 'UTC' });
    return reading.kind === 'call' ? [reading.call] : [];
  });
}

function pageParts(raw: Buffer): PartSpeed[] {
  const packed = lz4Block(raw);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(raw.length);
  const framed = Buffer.concat([length, packed]);
  const page = { bytes: raw.length, items: groups * LOGS_PER_GROUP };
  return [
    { name: 'LZ4', ...page, cpuMs: timed(() => decompressBlock(packed, raw.length)) },
    { name: 'LZ4, native', ...page, cpuMs: timed(() => uncompressSync(framed)) },
    { name: 'protobuf', ...page, cpuMs: timed(() => [...readLogGroupList(raw, '').records]) },
  ];
}

function formatParts(records: readonly LogRecord[]): PartSpeed[] {
  const byFormat = new Map<string, LogRecord[]>([['gateway logs of 3 KB', [...records]]]);
  for (const [format, flat] of BY_FORMAT) {
    const name = `${format}, test records`;
    byFormat.set(name, [...(byFormat.get(name) ?? []), fromFlat(flat)]);
  }
  return [...byFormat].map(([name, those]) => ({
    name: `detection and mapping: ${name}`,
    bytes: bytesOf(those),
    items: those.length,
    cpuMs: timed(() => callsIn(those)),
  }));
}

async function redactionParts(records: readonly LogRecord[], calls: readonly LlmCall[]): Promise<PartSpeed[]> {
  const redactor = await createRedactor({ rules: RULES, patterns: [] });
  if (!redactor) return [];
  const contents = calls.map(({ observation: { input = null, output = null } }) => [input, output]);
  const redacted = () => contents.forEach((content) => void redactor.json(content));
  const bytes = contents.reduce((sum, content) => sum + Buffer.byteLength(JSON.stringify(content)), 0);
  return [
    { name: 'redaction of content, all rules', bytes, items: calls.length, cpuMs: timed(redacted) },
    {
      name: 'redaction of records, all rules',
      bytes: bytesOf(records),
      items: records.length,
      cpuMs: timed(() => records.forEach((record) => void redactor.record(record))),
    },
  ];
}

function identityParts(records: readonly LogRecord[]): PartSpeed[] {
  const ids = records.map(({ fields }) =>
    ['request_id', 'start_time', 'route_name', 'duration'].map((k) => fields.get(k)),
  );
  const bytes = ids.reduce((sum, parts) => sum + JSON.stringify(parts).length, 0);
  return [
    { name: 'identity of a request', bytes, items: ids.length, cpuMs: timed(() => ids.map(observationIdOf)) },
    {
      name: 'identity of a whole record',
      bytes: bytesOf(records),
      items: records.length,
      cpuMs: timed(() => records.map((record) => hash32(contentOf(record)))),
    },
  ];
}

function payloadParts(calls: readonly LlmCall[]): PartSpeed[] {
  const sink = otlpSink({ host: 'http://localhost', publicKey: 'pk', secretKey: 'sk', timeoutMs: 1_000 });
  const bodies = calls.map((call) => sink.wrap(call).body);
  const payload = Buffer.from(bodies.slice(0, sink.maxCalls).join(','));
  const bytes = bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
  return [
    { name: 'payload writing', bytes, items: calls.length, cpuMs: timed(() => calls.map((call) => sink.wrap(call))) },
    ...[1, 2, 3, 4, 6, 9].map((level) => ({
      name: `gzip, level ${level}`,
      bytes: payload.length,
      items: Math.min(calls.length, sink.maxCalls),
      cpuMs: timed(() => gzipSync(payload, { level })),
      made: gzipSync(payload, { level }).length,
    })),
  ];
}

const raw = new EndlessShard({ logsPerGroup: LOGS_PER_GROUP, groups }).read(0, groups);
const records = [...readLogGroupList(raw, '').records];
const calls = callsIn(records);
const parts: PartSpeed[] = [
  ...pageParts(raw),
  ...formatParts(records),
  ...(await redactionParts(records, calls)),
  ...identityParts(records),
  ...payloadParts(calls),
];
process.send?.(parts, () => process.disconnect());

import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { isObject } from '../../lib/formats/values/values.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Json, LlmCall } from '../../lib/types.ts';
import { view } from '../../lib/view/view.ts';
import { BY_FORMAT, TELLING } from '../formats/every-format.ts';
import { type Site, type SiteOptions, site } from '../support/delivery.ts';

const CALLS = BY_FORMAT.map(([format, record], n): LlmCall => {
  const reading = view(fromFlat(TELLING[format]?.(record, n) ?? record), { readers: ALL, timeZone: 'Asia/Shanghai' });
  if (reading.kind !== 'call') throw new Error(`record ${n} is no call`);
  return reading.call;
});

type Row = Record<string, Json>;

/** What the read API says of all observations, by id; version 4 has another one, which names user and trace in each row. */
async function readBack({ server }: Site, v4: boolean): Promise<Map<string, Row>> {
  const authorization = `Basic ${Buffer.from(`${server.publicKey}:${server.secretKey}`).toString('base64')}`;
  const get = async (path: string) => {
    const response = await fetch(`${server.url}/api/public/${path}`, { headers: { authorization } });
    return (await response.json()) as { data: Row[] };
  };
  const all = 'core,basic,time,io,metadata,model,usage';
  const { data } = await get(v4 ? `v2/observations?limit=1000&fields=${all}` : 'observations?limit=1000');
  return new Map(data.map((row) => [String(row.id), row]));
}

/** What all calls of a trace say of it: a span's user is the trace's. */
function traceOf(id: string): Partial<LlmCall['trace']> {
  const traces = CALLS.map(({ trace }) => trace).filter((trace) => trace.id === id);
  return Object.assign({}, ...traces.map((trace) => JSON.parse(JSON.stringify(trace))));
}

function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** As one reads it: JSON text is the value it stands for (Langfuse shows `"5"` in metadata as 5), and absent is absent. */
function plain(value: Json | undefined): Json {
  if (typeof value !== 'string') return value ?? null;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

/** Parameters that are no scalars are stored as text. */
function flat(parameters: Json | undefined): Json {
  if (!isObject(parameters)) return null;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
    ]),
  );
}

function metadataOf(metadata: Json | undefined): Json {
  const { resourceAttributes: _r, scope: _s, ...own } = isObject(metadata) ? metadata : {};
  return Object.fromEntries(Object.entries(own).map(([name, value]) => [name, plain(value)]));
}

describe.each<[string, SiteOptions, boolean]>([
  ['OTLP to 3.225.4', { version: '3.225.4' }, false],
  ['OTLP to 4.16.0', { version: '4.16.0' }, true],
  ['ingestion to 3.225.4', { version: '3.225.4', transport: 'ingestion' }, false],
  ['ingestion to 3.22.0', { version: '3.22.0', transport: 'ingestion' }, false],
])('a call of every format, by %s', (_, options, v4) => {
  it('reads back as it was sent', async () => {
    const place = await site(options);
    expect(await place.deliver().settle(CALLS)).toEqual([]);
    const rows = await readBack(place, v4);
    expect(rows.size).toBe(CALLS.length);
    for (const { trace, observation: o } of CALLS) {
      const row = rows.get(o.id) ?? {};
      expect(row).toMatchObject({
        ...{ id: o.id, traceId: trace.id, parentObservationId: o.parentId ?? null, name: o.name, level: o.level },
        ...{ startTime: iso(o.startTime), endTime: iso(o.endTime), completionStartTime: iso(o.completionStartTime) },
      });
      const { userId = null, sessionId = null } = v4 ? trace : traceOf(trace.id);
      expect([row.userId ?? null, row.sessionId ?? null, row.providedModelName ?? null]).toEqual([
        ...[userId, sessionId, o.model ?? null],
      ]);
      const said = { input: plain(row.input), output: plain(row.output), message: row.statusMessage ?? null };
      expect(said).toEqual({
        ...{ input: plain(o.input), output: plain(o.output), message: o.statusMessage ?? null },
      });
      expect([row.usageDetails, row.costDetails]).toEqual([o.usageDetails ?? {}, o.costDetails ?? {}]);
      expect(row.modelParameters ?? null).toEqual(flat(o.modelParameters));
      expect(metadataOf(row.metadata)).toEqual(metadataOf(trace.metadata));
    }
  });

  it('has its type wherever the server knows it', async () => {
    const place = await site(options);
    await place.deliver().settle(CALLS);
    const rows = await readBack(place, v4);
    for (const { observation: o } of CALLS) {
      const simple = o.model === undefined && o.type !== 'generation' ? 'span' : 'generation';
      const expected = options.version === '3.22.0' ? simple : o.type;
      expect(rows.get(o.id)?.type).toBe(expected.toUpperCase());
    }
  });
});

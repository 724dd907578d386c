import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Delivery } from '../../lib/deliver.ts';
import { openLangfuse } from '../../lib/langfuse/langfuse.ts';
import { storedAmong } from '../../lib/langfuse/stored.ts';
import type { LlmCall } from '../../lib/types.ts';
import { type LangfuseStandIn, startLangfuse } from '../stand-ins/langfuse.ts';
import { callOf } from '../support/calls.ts';
import { fakeClock } from '../support/clock.ts';
import { poisonedCall } from '../support/poison.ts';
import { type Recorder, startRecorder } from '../support/recorder.ts';

type Bag = Record<string, unknown>;

const batch = fc.tuple(poisonedCall(1), poisonedCall(2), poisonedCall(3));
const runs = { numRuns: 250 };

function deliverTo(
  host: string,
  transport: 'otlp' | 'ingestion',
  keys = { publicKey: 'pk', secretKey: 'sk' },
): Delivery {
  const access = { host, ...keys, timeoutMs: 5000, environment: 'prod', release: 'v7' };
  const { signal } = new AbortController();
  const clock = fakeClock();
  return new Delivery({
    langfuse: openLangfuse(access, transport),
    lookup: (calls) => storedAmong(calls, access, signal),
    clock,
    random: () => 0,
    signal,
    sendUntil: clock.now() + 100_000,
    concurrency: 16,
  });
}

/** Every text in a value, keys included. */
function* texts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    yield key;
    yield* texts(entry);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What has arrived is UTF-8 and JSON, and every text in it is well-formed. */
function read(body: Buffer): Bag {
  const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Bag;
  checkTexts(value);
  return value;
}

function checkTexts(value: unknown): void {
  for (const each of texts(value)) expect(each.isWellFormed(), JSON.stringify(each)).toBe(true);
}

/** The second level: what Langfuse makes of these values where they are texts that are JSON. */
function checkInside(values: unknown): void {
  for (const value of Object.values((values ?? {}) as Bag)) {
    if (typeof value === 'string') checkTexts(parsed(value));
  }
}

function checkNumbers(usage: unknown, cost: unknown): void {
  for (const count of Object.values((usage ?? {}) as Bag)) {
    expect(Number.isSafeInteger(count) && Number(count) >= 0, `usage ${count}`).toBe(true);
  }
  for (const amount of Object.values((cost ?? {}) as Bag)) {
    expect(Number(amount) >= 0 && Number(amount) <= 999_999.999999, `cost ${amount}`).toBe(true);
  }
}

/** ClickHouse holds times from 1900 to 2299; nanoseconds in 64 bits end in 2262. */
const LAST = Date.parse('2262-01-01T00:00:00Z');
function checkTimes(start: number, end: number, completion?: number): void {
  for (const time of [start, end, completion ?? start]) {
    expect(Number.isInteger(time) && time >= 0 && time <= LAST, `time ${time}`).toBe(true);
  }
  expect(end).toBeGreaterThanOrEqual(start);
}

/** Cut as text: nanoseconds are more than a double holds, and dividing one made a fraction of whole milliseconds. */
function wholeMs(nanoseconds = ''): number {
  expect(nanoseconds).toMatch(/^\d+0{6}$/);
  return Number(nanoseconds.slice(0, -6));
}

function checkShort({ name, model, userId, sessionId, statusMessage, tags = [] }: Bag): void {
  for (const [text, most] of [
    [name, 1000],
    [model, 200],
    [userId, 200],
    [sessionId, 200],
    [statusMessage, 4000],
  ] as const) {
    expect(String(text ?? '').length).toBeLessThanOrEqual(most);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(String(text ?? '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  }
  expect((tags as unknown[]).length).toBeLessThanOrEqual(50);
}

function checkSpan(span: Bag): void {
  const values = (span.attributes as { key: string; value: Bag }[]).map(({ key, value }) => [
    key,
    Object.values(value)[0],
  ]);
  const at = Object.fromEntries(values) as Bag;
  const of = (key: string) => at[`langfuse.observation.${key}`];
  checkInside(at);
  for (const [key, value] of values) expect(value, String(key)).not.toBeNull();
  checkNumbers(parsed(String(of('usage_details') ?? '{}')), parsed(String(of('cost_details') ?? '{}')));
  const [start, end] = [span.startTimeUnixNano, span.endTimeUnixNano].map(String);
  for (const nanos of [start, end]) expect(nanos).toMatch(/^\d{1,19}$/);
  const completion = of('completion_start_time');
  checkTimes(wholeMs(start), wholeMs(end), completion === undefined ? undefined : Date.parse(String(completion)));
  const tags = ((at['langfuse.trace.tags'] as { values?: unknown[] } | undefined)?.values ?? []) as unknown[];
  checkShort({ name: span.name, model: of('model.name'), statusMessage: of('status_message'), tags });
  checkShort({ name: at['langfuse.trace.name'], userId: at['langfuse.user.id'], sessionId: at['langfuse.session.id'] });
}

function checkEvent({ body }: { body: Bag }): void {
  for (const values of [body, body.metadata, body.modelParameters]) checkInside(values);
  checkNumbers(body.usageDetails, body.costDetails);
  const start = Date.parse(String(body.startTime ?? body.timestamp));
  const completion = body.completionStartTime;
  const end = body.endTime === undefined ? start : Date.parse(String(body.endTime));
  checkTimes(start, end, completion === undefined ? undefined : Date.parse(String(completion)));
  checkShort(body);
}

describe('whatever a call holds', () => {
  let recorder: Recorder;
  let servers: LangfuseStandIn[];
  beforeAll(async () => {
    recorder = await startRecorder('3.225.4');
    servers = await Promise.all([
      startLangfuse({ version: '4.16.0' }),
      startLangfuse({ version: '4.16.0', mode: 'v4-dual' }),
    ]);
  });
  afterAll(() => Promise.all([recorder, ...servers].map((server) => server.close())));

  it('what arrives by OTLP is well-formed at both levels and within what Langfuse can store', async () => {
    const delivery = deliverTo(recorder.url, 'otlp');
    await fc.assert(
      fc.asyncProperty(batch, async (calls) => {
        expect(await delivery.settle(calls)).toEqual([]);
        const [body = Buffer.of()] = recorder.take();
        const [{ scopeSpans }] = read(body).resourceSpans as [{ scopeSpans: [{ spans: Bag[] }] }];
        expect(scopeSpans[0].spans).toHaveLength(3);
        for (const span of scopeSpans[0].spans) checkSpan(span);
      }),
      runs,
    );
  });

  it('what arrives by ingestion is well-formed at both levels and within what Langfuse can store', async () => {
    const delivery = deliverTo(recorder.url, 'ingestion');
    await fc.assert(
      fc.asyncProperty(batch, async (calls) => {
        expect(await delivery.settle(calls)).toEqual([]);
        const [body = Buffer.of()] = recorder.take();
        const events = read(body).batch as { body: Bag }[];
        expect(events).toHaveLength(6);
        for (const event of events) checkEvent(event);
      }),
      runs,
    );
  });

  it.each([
    ['otlp', 0],
    ['ingestion', 1],
  ] as const)('a Langfuse 4 takes it by %s and nothing is lost beside it', async (transport, which) => {
    const server = servers[which];
    if (!server) throw new Error('no server');
    await fc.assert(
      fc.asyncProperty(poisonedCall(1), poisonedCall(2), async (one, two) => {
        server.clear();
        const calls: LlmCall[] = [one, callOf(3), two];
        expect(await deliverTo(server.url, transport, server).settle(calls)).toEqual([]);
        expect(server.poisoned).toBe(0);
        expect(server.observations()).toHaveLength(3);
      }),
      { numRuns: 100 },
    );
  });

  it('a time that nothing can store does not keep Langfuse from being asked for the call', async () => {
    const [server] = servers;
    if (!server) throw new Error('no server');
    server.clear();
    const times = { startTime: 1e300, endTime: Number.NaN };
    for (let time = 0; time < 2; time++) {
      const delivery = deliverTo(server.url, 'otlp', server);
      expect(await delivery.settle([callOf(1, { observation: times }), callOf(2)])).toEqual([]);
    }
    expect(server.rows()).toHaveLength(2);
  });
});

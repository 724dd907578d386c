import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseView } from '../../lib/config.ts';
import { ALL } from '../../lib/formats/all.ts';
import { type HeldCall, wholeOf } from '../../lib/held-call.ts';
import { decodeLetters } from '../../lib/letters/decode.ts';
import { LetterDesk } from '../../lib/letters/desk.ts';
import { encodeLetters } from '../../lib/letters/encode.ts';
import { Readings } from '../../lib/readings.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Redactor } from '../../lib/redact/redactor.ts';
import { redactorOf } from '../../lib/redact/redactor.ts';
import { replayLetters } from '../../lib/replay.ts';
import type { Letter, LlmCall, LogRecord, Rejection } from '../../lib/types.ts';
import { parseRoutes } from '../../lib/view/routes.ts';
import { type ViewOptions, view } from '../../lib/view/view.ts';
import { aiLine } from '../formats/lines.ts';
import { memoryBucket } from '../support/bucket.ts';
import { fakeClock } from '../support/clock.ts';
import { IDLE } from '../support/delivery.ts';
import { keyOf, PREFIX, recordLetter } from '../support/letters.ts';
import type { Plan } from '../support/plan.ts';
import { ReplaySite } from '../support/replay.ts';
import { run } from '../support/shard.ts';

const PHONE = '13800138000';
const MAIL = 'ada@example.com';
const FOUND = /13800138000|ada@example/;

/** A plain record: its observation's id is a hash of the question, too. */
const SEED = fromFlat({
  trace_id: 't-7',
  question: `Is ${PHONE} still mine?`,
  answer: `Ask ${MAIL}.`,
  ai_log: '{"model_name":"qwen-max","usage":{"total_tokens":30}}',
  response_code: '200',
  duration: '1200',
  __time__: '1795244400',
});
/** One without any id: all of it is hashed. */
const NAMELESS = fromFlat({ ai_log: { model: 'm', question: `I am ${MAIL}` }, consumer: MAIL, __time__: '1795244400' });
const PLAIN = fromFlat(aiLine({ model: 'm', question: 'hi', answer: 'hello' }));
const REFUSED: Rejection = { why: 'refused', status: 400, message: 'HTTP 400: 13800138000 is no name', attempts: 1 };

async function redactor(): Promise<Redactor> {
  const made = await redactorOf({ rules: ['mobile', 'email'] });
  if (!made) throw new Error('no redactor');
  return made;
}

function callOf(record: LogRecord, options: ViewOptions = { readers: ALL, timeZone: 'UTC' }): LlmCall {
  const reading = view(record, options);
  if (reading.kind !== 'call') throw new Error('no call');
  return reading.call;
}

const idsOf = ({ trace, observation }: LlmCall) => [trace.id, observation.id];

/** The object that is written when these records were refused, as the bucket holds it. */
async function written(records: readonly LogRecord[], options: ViewOptions): Promise<Buffer> {
  const bucket = memoryBucket();
  const range = { endpoint: 'e', project: 'p', logstore: 'l', shard: 0, begin: 'MTAw', end: 'MjAw' };
  const { redactor, rawLetters } = options;
  const [log, clock, replays] = [() => undefined, fakeClock(), () => 0];
  const taken = rawLetters ? undefined : redactor;
  const desk = new LetterDesk({
    range,
    letters: bucket,
    log,
    clock,
    requestId: 'r',
    prefix: PREFIX,
    replays,
    redactor: taken,
  });
  const readings = await Readings.of(records, options);
  readings.undelivered(readings.calls.map((call) => ({ call, rejection: REFUSED })));
  await desk.writeRecords({ cursor: 'MTAw', next: 'MTAx', records, bytes: 0 }, readings.failed);
  const [body] = bucket.objects.values();
  return body ?? Buffer.of();
}

interface Replayed {
  readonly calls: LlmCall[];
  readonly left: number;
  readonly stored: string[];
}

/** The calls that a replay of the object sends, and what it leaves. */
async function replayed(body: Buffer, options: ViewOptions, refuse = false): Promise<Replayed> {
  const bucket = memoryBucket();
  bucket.objects.set(keyOf(1), body);
  const calls: LlmCall[] = [];
  const settle = async (sent: readonly HeldCall[]) => {
    calls.push(...sent.map(wholeOf));
    return refuse ? sent.map((call) => ({ call, rejection: REFUSED })) : [];
  };
  const ports = {
    ...{ bucket, delivery: { ...IDLE, settle }, log: () => undefined, clock: fakeClock() },
    ship: () => Promise.reject(new Error('there is no range')),
    oldest: () => Promise.reject(new Error('there is no range')),
  };
  const times = { replayUntil: Number.POSITIVE_INFINITY, endsAt: Number.MAX_SAFE_INTEGER };
  await replayLetters({}, ports, { requestId: 's', prefix: PREFIX, maxReplays: 3, ...times, ...options });
  return {
    calls,
    left: bucket.objects.size,
    stored: [...bucket.objects.values()].map((object) => gunzipSync(object).toString()),
  };
}

describe('a redacted letter', () => {
  it('holds nothing of it either after a replay that Langfuse refused in words of the record', async () => {
    const options = { readers: ALL, timeZone: 'UTC', redactor: await redactor() };
    const { stored } = await replayed(await written([SEED], options), options, true);
    expect(stored).toEqual([expect.stringContaining('[mobile] is no name')]);
    expect(stored.join('')).not.toMatch(FOUND);
  });

  it.each([
    ['a plain record', SEED],
    ['a record without an id', NAMELESS],
  ])('of %s holds nothing of what was taken out', async (_what, record) => {
    const body = await written([record], { readers: ALL, timeZone: 'UTC', redactor: await redactor() });
    expect(gunzipSync(body).toString()).not.toMatch(FOUND);
    expect(gunzipSync(body).toString()).toContain('[email]');
  });

  it.each([
    ['a plain record', SEED],
    ['a record without an id', NAMELESS],
  ])('of %s is replayed as the call that it was, redacted', async (_what, record) => {
    const options = { readers: ALL, timeZone: 'UTC', redactor: await redactor() };
    const { calls, left } = await replayed(await written([record], options), options);
    expect(calls.map(idsOf)).toEqual([idsOf(callOf(record))]);
    expect(JSON.stringify(calls)).not.toMatch(FOUND);
    const [call] = calls;
    expect(call?.observation).toEqual(callOf(record, options).observation);
    expect(left).toBe(0);
    const [letter] = decodeLetters(await written([record], options));
    if (letter?.kind !== 'record') throw new Error('no letter of a record');
    // Else this test could not fail.
    expect(idsOf(callOf(letter.record))).not.toEqual(idsOf(callOf(record)));
  });

  it('is replayed though its record no longer meets what is included, or would be sampled out', async () => {
    const selection = (({ selection }) => selection)(parseView({ INCLUDE: `user=${MAIL}` }));
    const options = { readers: ALL, timeZone: 'UTC', redactor: await redactor(), selection };
    const body = await written([NAMELESS], options);
    expect((await replayed(body, options)).calls).toHaveLength(1);
    const none = { ...options, selection: { sampleRate: 0, sampleErrors: true } };
    expect((await replayed(body, none)).calls).toHaveLength(1);
  });

  it('goes to the project it was for, though its record no longer meets the conditions of that route', async () => {
    const { routes } = parseRoutes({
      ROUTES: JSON.stringify([{ name: 'ada', when: { user: MAIL }, publicKey: 'pk', secretKey: 'sk' }]),
    });
    const options = { readers: ALL, timeZone: 'UTC', redactor: await redactor(), routes };
    const { calls } = await replayed(await written([NAMELESS, SEED], options), options);
    expect(calls.map(({ destination }) => destination)).toEqual(['ada', undefined]);
  });

  it('has no identity where nothing was taken out, and the record is as it was', async () => {
    const body = await written([PLAIN], { readers: ALL, timeZone: 'UTC', redactor: await redactor() });
    expect(decodeLetters(body)).toMatchObject([{ record: PLAIN }]);
    expect(decodeLetters(body)[0]).not.toHaveProperty('identity');
  });

  it('that is refused again keeps its identity', async () => {
    const identity = { traceId: 'a'.repeat(32), observationId: 'b'.repeat(16), destination: 'ada' };
    const site = new ReplaySite();
    site.answer = () => 'refuse';
    const key = site.put(1, recordLetter(1, { identity }));
    await site.replay();
    expect(site.bucket.letters(PREFIX)[key]).toMatchObject([{ identity, replays: 1 }]);
  });

  it('of a record that cannot be read is redacted as well, without an identity', async () => {
    const record = fromFlat({ content: `x ai_log: ${MAIL}`, __time__: '1795244400' });
    const body = await written([record], { readers: ALL, timeZone: 'UTC', redactor: await redactor() });
    expect(decodeLetters(body)).toMatchObject([{ rejection: { why: 'unreadable' } }]);
    expect(gunzipSync(body).toString()).not.toMatch(FOUND);
  });
});

describe('with REDACT_LETTERS=false', () => {
  it('a letter holds the record as it was, and is replayed redacted', async () => {
    const { redaction, ...view } = parseView({ REDACT: 'mobile,email', REDACT_LETTERS: 'false' });
    const options = { ...view, readers: ALL, redactor: await redactorOf(redaction) };
    const body = await written([SEED], options);
    expect(decodeLetters(body)).toMatchObject([{ record: SEED }]);
    const { calls } = await replayed(body, options);
    expect(calls).toEqual([callOf(SEED, options)]);
    expect(JSON.stringify(calls)).not.toMatch(FOUND);
  });

  it.each([
    [false, /\[word\]/],
    [true, /question 0/],
  ])('or not, a shipment does as it says: rawLetters %s', async (rawLetters, expected) => {
    const redactor = await redactorOf({ rules: [], patterns: '{"word": "question [0-9]"}' });
    const plan: Plan = {
      pages: [{ kind: 'records', records: [{ n: 0, kind: 'call' }], ms: 1 }],
      ...{ sends: [], bad: [0], named: true, mergesLate: false, puts: [], pullMs: 250_000, sendMs: 280_000 },
    };
    const { letters } = await run(plan, { redactor, rawLetters });
    expect(letters).toHaveLength(1);
    const [letter] = letters;
    expect(letter?.kind === 'record' && letter.record.fields.get('ai_log')).toMatch(expected);
    expect(letter !== undefined && 'identity' in letter).toBe(!rawLetters);
  });
});

describe('the identity in a letter', () => {
  const identity = { traceId: 'a'.repeat(32), observationId: 'b'.repeat(16) };

  it.each([{ ...identity }, { ...identity, destination: 'team-a' }])('is written and read back: %j', (known) => {
    const letter: Letter = recordLetter(1, { identity: known });
    expect(decodeLetters(encodeLetters([letter]))).toEqual([letter]);
  });

  it.each([
    ['a trace id that is none', { ...identity, traceId: 'A'.repeat(32) }],
    ['half of it', { traceId: identity.traceId }],
    ['a destination that is no text', { ...identity, destination: 5 }],
  ])('is refused with %s', (_what, wrong) => {
    const body = encodeLetters([recordLetter(1, { identity: wrong as never })]);
    expect(() => decodeLetters(body)).toThrow(/Line 1 is no letter of version 1: identity/);
  });
});

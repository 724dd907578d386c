import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFlat } from '../../lib/record.ts';
import type { Identity } from '../../lib/types.ts';
import { parseRoutes } from '../../lib/view/routes.ts';
import { view } from '../../lib/view/view.ts';
import { BY_FORMAT } from '../formats/every-format.ts';
import { aiLine, type Flat, line } from '../formats/lines.ts';
import { optionsOf, seen, seenCall } from './seen.ts';

const QUESTION = 'Where did Ada hide the teapot?';
const ANSWER = 'Behind the violet curtain.';
const AI = {
  model: 'qwen-max',
  question: QUESTION,
  answer: ANSWER,
  input_token: 1000,
  output_token: 500,
  consumer: 'a',
};
const CALL = aiLine(AI);
const FAILED = aiLine(AI, { response_code: '500' });
const HEALTH: Flat = { path: '/healthz', method: 'GET', response_code: '200', __time__: '1795244400' };
const SEED: Flat = {
  trace_id: 't-7',
  question: QUESTION,
  answer: ANSWER,
  ai_log: JSON.stringify({ model_name: 'qwen-max', usage: { total_tokens: 30 } }),
  response_code: '200',
  duration: '1200',
  __time__: '1795244400',
};
const MCP = aiLine({ mcp_tool_name: 'weather', mcp_server_name: 'sky' }, { path: '/mcp' });

describe('prices', () => {
  const MODEL_PRICES = '{"qwen-*": {"input": 2, "output": 6, "currency": "CNY"}}';

  it('become the cost of a call of that model, with their currency', async () => {
    const { trace, observation } = await seenCall(CALL, { MODEL_PRICES });
    expect(observation.costDetails).toEqual({ input: 0.002, output: 0.003, total: 0.005 });
    expect(trace.metadata).toMatchObject({ cost_currency: 'CNY', cost_source: 'MODEL_PRICES' });
  });

  it('say nothing of another model, nor over a cost that the log states', async () => {
    const other = await seenCall(aiLine({ ...AI, model: 'gpt-9' }), { MODEL_PRICES });
    expect(other.observation).not.toHaveProperty('costDetails');
    const FIELD_MAP = '{"cost.input": "spent"}';
    const stated = await seenCall({ ...CALL, spent: '0.5' }, { MODEL_PRICES, FIELD_MAP });
    expect(stated.observation.costDetails).toEqual({ input: 0.5, total: 0.5 });
  });

  it('count where a cost is mapped that the log does not state', async () => {
    const { observation } = await seenCall(
      { ...CALL, spent: 'unknown' },
      { MODEL_PRICES, FIELD_MAP: '{"cost.input": "spent"}' },
    );
    expect(observation.costDetails).toMatchObject({ total: 0.005 });
  });
});

describe('names', () => {
  it('are those of the templates: the trace is named and tagged, the observation keeps its name', async () => {
    const env = { TRACE_NAME: '{consumer}/{model}', TAGS: '{tags},by {consumer},{session}' };
    const { trace, observation } = await seenCall(CALL, env);
    expect(trace).toMatchObject({ name: 'a/qwen-max', tags: ['higress', 'chat', 'by a'] });
    expect(observation.name).toBe('chat');
  });

  it('are the default ones where a template comes out empty', async () => {
    expect((await seenCall(SEED, { TRACE_NAME: '{consumer}' })).trace.name).toBe('ai-gateway');
  });
});

describe('a selection', () => {
  it.each([
    ['INCLUDE', 'route=other', 'not_included'],
    ['EXCLUDE', 'model=qwen-*', 'excluded'],
    ['SAMPLE_RATE', '0', 'sampled_out'],
  ])('%s=%s leaves the call out as %s', async (name, value, reason) => {
    expect(await seen(CALL, { [name]: value })).toEqual({ kind: 'skip', reason });
  });

  it('asks by the default tags, whatever TAGS makes of them', async () => {
    expect(await seen(CALL, { TAGS: 'mine', INCLUDE: 'tag=mine' })).toMatchObject({ reason: 'not_included' });
    expect((await seenCall(CALL, { TAGS: 'mine', INCLUDE: 'tag=chat' })).trace.tags).toEqual(['mine']);
  });

  it('keeps every failed call of a sample, unless SAMPLE_ERRORS says to sample them, too', async () => {
    expect(await seen(FAILED, { SAMPLE_RATE: '0' })).toMatchObject({ kind: 'call' });
    expect(await seen(FAILED, { SAMPLE_RATE: '0', SAMPLE_ERRORS: 'true' })).toMatchObject({ reason: 'sampled_out' });
  });

  it('leaves what is no call as it is', async () => {
    expect(await seen(HEALTH, { INCLUDE: 'route=x', SAMPLE_RATE: '0' })).toEqual({ kind: 'skip', reason: 'non_ai' });
    const REJECTED = { content: 'x ai_log: y', __time__: '1795244400' };
    expect(await seen(REJECTED, { EXCLUDE: 'route=-' })).toMatchObject({ kind: 'reject' });
  });
});

/** The call as JSON: whatever of these words is in it would be sent. */
async function written(flat: Flat, env: Record<string, string>): Promise<string> {
  return JSON.stringify(await seenCall(flat, env));
}

const BROKEN = `{"model":"qwen-max","question":"${QUESTION}","answer":"he said "${ANSWER}" twice`;
/** Records whose question and answer stand in various places. */
const TELLING: [string, Flat, Record<string, string>?][] = [
  ['a gateway line', CALL],
  ['a plain record', SEED],
  [
    'messages with a system prompt',
    aiLine({ model: 'm', system: QUESTION, messages: [{ role: 'user', content: ANSWER }] }),
  ],
  ['reasoning and tool calls', aiLine({ model: 'm', reasoning: ANSWER, tool_calls: [{ arguments: QUESTION }] })],
  [
    'logged bodies',
    line({ request_body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: QUESTION }] }) }),
  ],
  ['a damaged ai_log', aiLine(BROKEN)],
  ['a damaged whole line', { content: JSON.stringify(aiLine(AI)).slice(0, -120), __time__: '1795244400' }],
  ['a safety check that quotes', aiLine({ ...AI, safecheck_status: 'request deny', safecheck_riskWords: QUESTION })],
  [
    'a field of its own that is mapped',
    line({ prompt: QUESTION, model: 'm' }),
    { FIELD_MAP: '{"input": "prompt", "model": "model"}' },
  ],
  [
    'a field within an object that is mapped, on a line of a known format',
    { ...CALL, payload: JSON.stringify({ id: 1, asked: { text: QUESTION } }) },
    { FIELD_MAP: '{"input": "payload.asked.text"}' },
  ],
  [
    'an attribute of ai_log that is mapped',
    aiLine({ ...AI, polished: ANSWER }),
    { FIELD_MAP: '{"output": "ai_log.polished"}' },
  ],
  [
    'JSON text within JSON text that is mapped, on a line of no format',
    { outer: JSON.stringify({ inner: JSON.stringify({ q: QUESTION, a: ANSWER }), kept: 1 }), __time__: '1795244400' },
    { FIELD_MAP: '{"input": "outer.inner.q", "output": "outer.inner.a"}', SOURCE_FORMAT: 'custom' },
  ],
];
/** The same of a call that failed. */
function failing(flat: Flat): Flat {
  if (typeof flat.content !== 'string') return { ...flat, response_code: '500', level: 'ERROR' };
  return { ...flat, content: flat.content.replace('"response_code":"200"', '"response_code":"500"') };
}

const WORDS = /Ada|teapot|violet|curtain/;

describe('with CAPTURE_CONTENT=false', () => {
  it.each(TELLING)('nothing of question and answer is left of %s', async (_what, flat, env) => {
    expect(await written(flat, { ...env })).toMatch(WORDS);
    expect(await written(flat, { ...env, CAPTURE_CONTENT: 'false' })).not.toMatch(WORDS);
    expect(await written(failing(flat), { ...env, CAPTURE_CONTENT: 'false' })).not.toMatch(WORDS);
  });

  it('nothing of them is left of an ai_log that is cut off anywhere', async () => {
    const whole = JSON.stringify({ ...AI, messages: [{ role: 'user', content: QUESTION }] });
    const options = await optionsOf({ CAPTURE_CONTENT: 'false' });
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(2), (at, escapes) => {
        const cut = Array.from({ length: escapes }).reduce((text: string) => JSON.stringify(text), whole.slice(0, at));
        const reading = view(fromFlat(aiLine(cut, { response_code: '500' })), options);
        expect(JSON.stringify(reading)).not.toMatch(WORDS);
      }),
      { numRuns: 500 },
    );
  });

  it.each(BY_FORMAT)('nothing is left of what was said in a record of %s', async (_format, record) => {
    const { observation } = await seenCall(record);
    const said = JSON.stringify([observation.input, observation.output]).match(/(?<="(?:content|text)":")[^"]+/g) ?? [];
    const bare = await written(record, { CAPTURE_CONTENT: 'false' });
    expect(said.filter((text) => text.length > 1 && bare.includes(`"${text}`))).toEqual([]);
  });

  it('all else is kept: model, usage, times, level, names and the rest of the metadata', async () => {
    const { trace, observation } = await seenCall(CALL);
    const { input: _input, output: _output, ...bare } = observation;
    expect(await seenCall(CALL, { CAPTURE_CONTENT: 'false' })).toEqual({ trace, observation: bare });
    const FIELD_MAP = '{"input": "payload.asked"}';
    const mapped = { ...CALL, payload: JSON.stringify({ id: 'kept', asked: QUESTION }) };
    expect((await seenCall(mapped, { FIELD_MAP })).trace.metadata.payload).toEqual({ id: 'kept' });
  });
});

describe('with CAPTURE_CONTENT=errors-only', () => {
  it.each(TELLING)('the content of %s is shown only when the call failed', async (_what, flat, env) => {
    const settings = { ...env, CAPTURE_CONTENT: 'errors-only' };
    expect(await written(flat, settings)).not.toMatch(WORDS);
    const map = { level: 'level', ...JSON.parse(env?.FIELD_MAP ?? '{}') };
    expect(await written(failing(flat), { ...settings, FIELD_MAP: JSON.stringify(map) })).toMatch(WORDS);
  });
});

describe('redaction', () => {
  const PHONE = '13800138000';
  const MAIL = 'ada@example.com';
  const REDACT = 'mobile,email';

  it('takes out of input, output, metadata and status message what the rules find, and nothing else', async () => {
    const telling = aiLine(
      { ...AI, question: `call ${PHONE}`, answer: { text: `or write ${MAIL}`, n: 7 }, note: [`at ${MAIL}`] },
      { response_code: '503', upstream_transport_failure_reason: `no ${MAIL}` },
    );
    const plain = await seenCall(telling);
    const { trace, observation } = await seenCall(telling, { REDACT });
    expect(observation.input).toBe('call [mobile]');
    expect(observation.output).toEqual({ text: 'or write [email]', n: 7 });
    expect(observation.statusMessage).toBe('HTTP 503 · via_upstream · no [email]');
    expect(trace.metadata.note).toEqual(['at [email]']);
    const { upstream_transport_failure_reason: _, note: _n, ...metadata } = plain.trace.metadata;
    expect(trace.metadata).toMatchObject(metadata);
    expect(trace).toEqual({ ...plain.trace, metadata: trace.metadata });
    const { input, output, statusMessage } = observation;
    expect(observation).toEqual({ ...plain.observation, input, output, statusMessage });
  });

  it('takes it out of model parameters, where callers name their users', async () => {
    const body = { model: 'm', stop: [MAIL], temperature: 1, messages: [{ role: 'user', content: 'hi' }] };
    const { observation } = await seenCall(line({ request_body: JSON.stringify(body) }), { REDACT });
    expect(observation.modelParameters).toEqual({ stop: ['[email]'], temperature: 1 });
  });

  it('takes out what patterns of one’s own find', async () => {
    const env = { REDACT_PATTERNS: '{"order": "ORD-[0-9]{4}"}' };
    const { observation } = await seenCall(aiLine({ ...AI, question: 'where is ORD-1234?' }), env);
    expect(observation.input).toBe('where is [order]?');
  });

  it('changes neither what is selected nor where a call goes', async () => {
    const { routes } = parseRoutes({
      ROUTES: JSON.stringify([{ name: 'ada', when: { user: MAIL }, publicKey: 'pk', secretKey: 'sk' }]),
    });
    const flat = aiLine({ ...AI, consumer: MAIL });
    const options = { ...(await optionsOf({ REDACT, INCLUDE: `user=${MAIL}` })), routes };
    expect(view(fromFlat(flat), options)).toMatchObject({ kind: 'call', call: { destination: 'ada' } });
  });
});

describe('calls of MCP tools', () => {
  it('are skipped, and become tool observations with INCLUDE_MCP=true', async () => {
    expect(await seen(MCP)).toEqual({ kind: 'skip', reason: 'mcp' });
    expect(await seen(MCP, { INCLUDE_MCP: 'false' })).toEqual({ kind: 'skip', reason: 'mcp' });
    expect((await seenCall(MCP, { INCLUDE_MCP: 'true' })).observation).toMatchObject({ type: 'tool', name: 'weather' });
  });
});

describe('with SOURCE_FORMAT', () => {
  it.each([
    ['auto', 'seed', 'higress'],
    ['seed', 'seed', 'non_ai'],
    ['higress', 'higress', 'higress'],
    ['kong', 'non_ai', 'non_ai'],
  ])('%s a plain record is %s and a gateway line %s', async (SOURCE_FORMAT, ofSeed, ofLine) => {
    const said = async (flat: Flat) => {
      const reading = await seen(flat, { SOURCE_FORMAT });
      return reading.kind === 'call' ? reading.facets.format : reading.kind === 'skip' && reading.reason;
    };
    expect([await said(SEED), await said(CALL)]).toEqual([ofSeed, ofLine]);
  });

  it('custom, only the map of one’s own counts', async () => {
    const env = { SOURCE_FORMAT: 'custom', FIELD_MAP: '{"input": "asked"}' };
    expect(await seen(CALL, env)).toEqual({ kind: 'skip', reason: 'non_ai' });
    expect(await seen({ ...CALL, asked: 'hi' }, env)).toMatchObject({
      facets: { format: 'custom' },
      call: { observation: { input: 'hi' } },
    });
  });
});

describe('a record whose identity is known, because it was redacted since', () => {
  const known: Identity = { traceId: 'a'.repeat(32), observationId: 'b'.repeat(16) };
  const { routes } = parseRoutes({
    ROUTES: JSON.stringify([
      { name: 'one', when: { consumer: 'a' }, publicKey: 'pk', secretKey: 'sk' },
      { name: 'two', when: { consumer: 'b' }, publicKey: 'pk', secretKey: 'sk' },
    ]),
  });

  it('is that call, and is not selected again: what it says now may meet other conditions', async () => {
    for (const env of [{ INCLUDE: 'model=x' }, { EXCLUDE: 'model=*' }, { SAMPLE_RATE: '0' }]) {
      const reading = view(fromFlat(CALL), await optionsOf(env), known);
      expect(reading).toMatchObject({
        call: { trace: { id: known.traceId }, observation: { id: known.observationId } },
      });
    }
  });

  it.each([
    ['the one it was of', { ...known, destination: 'two' }, 'two'],
    ['the default one, if it was of that', known, undefined],
    ['the one its conditions name, if its own is gone', { ...known, destination: 'gone' }, 'one'],
  ])('goes to the project of its route: %s', async (_which, identity, expected) => {
    const reading = view(fromFlat(CALL), { ...(await optionsOf()), routes }, identity);
    expect(reading.kind === 'call' && reading.call.destination).toBe(expected);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Json, LlmCall } from '../../lib/types.ts';
import { callOf, type Flat, readFlat, without } from './lines.ts';

const TRACE = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
const SPAN = '1a2b3c4d5e6f7081';
const PARENT = '9f8e7d6c5b4a3921';
const START = Date.parse('2026-11-21T07:00:00.000Z');

/** A span of a trace store around these attributes. */
function span(attribute: Flat, over: Flat = {}): Flat {
  return {
    traceID: TRACE,
    spanID: SPAN,
    parentSpanID: PARENT,
    kind: 'client',
    name: 'chat qwen-max',
    start: '1795244400000000',
    end: '1795244402500000',
    duration: '2500000',
    attribute: JSON.stringify(attribute),
    resource: '{"service.version":"7"}',
    links: '[]',
    logs: '[]',
    traceState: '',
    service: 'helpdesk',
    host: 'pod-3',
    statusCode: 'OK',
    statusMessage: '',
    __time__: '1795244402',
    ...over,
  };
}

function plain(call: LlmCall): { trace: Json; observation: Json } {
  return JSON.parse(JSON.stringify(call));
}

function observation(attribute: Flat, over: Flat = {}): LlmCall['observation'] {
  return callOf(span(attribute, over)).observation;
}

const ASKED = [
  { role: 'user', parts: [{ type: 'text', content: 'Is it warm in Lyon?' }] },
  {
    role: 'assistant',
    parts: [
      { type: 'reasoning', content: 'I need the weather.' },
      { type: 'tool_call', id: 'call-1', name: 'weather', arguments: { city: 'Lyon' } },
    ],
  },
  { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call-1', response: { celsius: 31 } }] },
];

const CHAT: Flat = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'dashscope',
  'gen_ai.request.model': 'qwen-max',
  'gen_ai.response.model': 'qwen-max-0919',
  'gen_ai.request.temperature': 0.3,
  'gen_ai.request.max_tokens': 500,
  'gen_ai.response.id': 'resp-1',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 90,
  'gen_ai.usage.output_tokens': 30,
  'gen_ai.usage.cache_read.input_tokens': 40,
  'gen_ai.response.time_to_first_token': 750000000,
  'gen_ai.conversation.id': 'talk-1',
  'gen_ai.user.id': 'eve',
  'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: 'Be brief.' }]),
  'gen_ai.input.messages': JSON.stringify(ASKED),
  'gen_ai.output.messages': JSON.stringify([
    { role: 'assistant', parts: [{ type: 'text', content: 'Yes, 31 °C.' }], finish_reason: 'stop' },
  ]),
};

describe('a span in the semantic conventions of today', () => {
  it('comes out whole', () => {
    expect(plain(callOf(span(CHAT)))).toEqual({
      trace: {
        id: TRACE,
        name: 'helpdesk',
        userId: 'eve',
        sessionId: 'talk-1',
        tags: ['otel'],
        metadata: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'dashscope',
          'gen_ai.request.model': 'qwen-max',
          'gen_ai.response.id': 'resp-1',
          'gen_ai.response.finish_reasons': ['stop'],
          kind: 'client',
          service: 'helpdesk',
          host: 'pod-3',
          statusCode: 'OK',
          resource: { 'service.version': '7' },
        },
      },
      observation: {
        id: SPAN,
        parentId: PARENT,
        type: 'generation',
        name: 'chat qwen-max',
        model: 'qwen-max-0919',
        modelParameters: { temperature: 0.3, max_tokens: 500 },
        input: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Is it warm in Lyon?' },
          {
            role: 'assistant',
            content: null,
            reasoning_content: 'I need the weather.',
            tool_calls: [
              { id: 'call-1', type: 'function', function: { name: 'weather', arguments: '{"city":"Lyon"}' } },
            ],
          },
          { role: 'tool', tool_call_id: 'call-1', content: '{"celsius":31}' },
        ],
        output: { role: 'assistant', content: 'Yes, 31 °C.' },
        usageDetails: { input: 50, input_cached_tokens: 40, output: 30, total: 120 },
        level: 'DEFAULT',
        startTime: START,
        endTime: START + 2500,
        completionStartTime: START + 750,
      },
    });
  });

  const pairs = Object.entries(CHAT).map(([key, value]) => ({ Key: key, Value: value }));
  const otlp = Object.entries(CHAT).map(([key, value]) => ({ key, value: anyValue(value) }));
  it.each<[string, Flat]>([
    ['its attributes as an object', span(CHAT, { attribute: CHAT })],
    ['its attributes as keys and values', span(CHAT, { attribute: JSON.stringify(pairs) })],
    ['its attributes as in OTLP', span(CHAT, { attribute: JSON.stringify(otlp) })],
    ['its attributes escaped once more', span(CHAT, { attribute: JSON.stringify(JSON.stringify(CHAT)) })],
    ['its attributes as fields', { ...without(span({}), 'attribute'), ...prefixed(CHAT) }],
    ['its attributes in objects', span(CHAT, { attribute: { gen_ai: unflattened(CHAT) } })],
    ['its line in one field', { content: JSON.stringify(span(CHAT)), __time__: '1795244402' }],
    ['times in nanoseconds', span(CHAT, { start: '1795244400000000000', end: '1795244402500000000' })],
    ['times in milliseconds', span(CHAT, { start: '1795244400000', end: '1795244402500' })],
    ['a duration in place of its end', without(span(CHAT), 'end')],
    ['ids in capitals', span(CHAT, { traceID: TRACE.toUpperCase(), spanID: SPAN.toUpperCase() })],
  ])('is the same call with %s', (_how, flat) => {
    expect(plain(callOf(flat))).toEqual(plain(callOf(span(CHAT))));
  });

  it.each<[string, Flat, Flat]>([
    ['trace_id and span_id', { trace_id: TRACE, span_id: SPAN, parent_span_id: PARENT }, {}],
    ['traceId, spanId and attributes', { traceId: TRACE, spanId: SPAN, parentSpanId: PARENT }, {}],
  ])('is known by %s beside attributes', (_names, ids, over) => {
    const flat = { ...without(span(CHAT), 'traceID', 'spanID', 'parentSpanID'), ...ids, ...over };
    expect(plain(callOf(flat))).toEqual(plain(callOf(span(CHAT))));
  });

  it.each<[string, Flat]>([
    ['end and duration: ends where it starts', without(span(CHAT), 'end', 'duration')],
    ['end after start: ends where it starts', span(CHAT, { end: '1795244300000000' })],
  ])('without an %s', (_what, flat) => {
    const { startTime, endTime, completionStartTime } = callOf(flat).observation;
    expect({ startTime, endTime, completionStartTime }).toEqual({ startTime: START, endTime: START });
  });

  it.each<[string, keyof LlmCall['observation'], unknown]>([
    ['gen_ai.response.model', 'model', 'qwen-max'],
    ['gen_ai.usage.cache_read.input_tokens', 'usageDetails', { input: 90, output: 30, total: 120 }],
    ['gen_ai.output.messages', 'output', undefined],
    ['gen_ai.input.messages', 'input', [{ role: 'system', content: 'Be brief.' }]],
    ['gen_ai.response.time_to_first_token', 'completionStartTime', undefined],
    ['gen_ai.operation.name', 'type', 'generation'],
  ])('without %s still is a call', (name, place, expected) => {
    expect(callOf(span(without(CHAT, name))).observation[place]).toEqual(expected);
  });

  it('without user and conversation has neither, and without a service is named after itself', () => {
    const { trace } = callOf(without(span(without(CHAT, 'gen_ai.user.id', 'gen_ai.conversation.id')), 'service'));
    expect(Object.keys(trace)).toEqual(['id', 'name', 'tags', 'metadata']);
    expect(trace.name).toBe('chat qwen-max');
  });
});

function anyValue(value: Json): Json {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return Array.isArray(value) ? { arrayValue: { values: value.map(anyValue) } } : { stringValue: value };
}

function prefixed(attributes: Flat): Flat {
  const text = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`attribute.${name}`, text(value)]));
}

function unflattened(attributes: Flat): Flat {
  const root: Flat = {};
  for (const [name, value] of Object.entries(attributes)) {
    const steps = name.split('.').slice(1);
    const last = steps.pop() ?? '';
    let at = root;
    for (const step of steps) {
      at[step] ??= {};
      at = at[step] as Flat;
    }
    at[last] = value;
  }
  return root;
}

describe('a span that is no call', () => {
  it.each<[string, Flat, 'non_ai' | 'mcp']>([
    ['of a web request', span({ 'http.method': 'GET', 'http.url': 'https://shop.test/' }), 'non_ai'],
    ['without attributes', without(span({}), 'attribute'), 'non_ai'],
    ['with attributes that are damaged and name no AI', span({}, { attribute: '{"http.method":"GE' }), 'non_ai'],
    ['with ids that are handed on to every span', span({ 'gen_ai.session.id': 's', 'gen_ai.user.id': 'u' }), 'non_ai'],
    [
      'with names that OpenLLMetry hands on to every span',
      span({ 'traceloop.workflow.name': 'w', 'traceloop.association.properties.user_id': 'u' }),
      'non_ai',
    ],
    ['with tags that Langfuse hands on to every span', span({ 'langfuse.trace.tags': ['a'] }), 'non_ai'],
    ['of MCP', span({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'find' }), 'mcp'],
    ['only by ids of an application log', { trace_id: TRACE, span_id: SPAN, 'gen_ai.request.model': 'm' }, 'non_ai'],
  ])('%s is skipped', (_what, flat, reason) => {
    const bare = reason === 'non_ai' ? without(flat, 'gen_ai.request.model') : flat;
    expect(readFlat(bare)).toEqual({ kind: 'skip', reason });
  });

  it('is kept where MCP is wanted, as a tool', () => {
    const attribute = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.call.arguments': '{"q":"tea"}' };
    const reading = read(fromFlat(span(attribute)), { readers: ALL, timeZone: 'UTC', includeMcp: true });
    expect(reading).toMatchObject({ kind: 'call', call: { observation: { type: 'tool', input: { q: 'tea' } } } });
  });

  it('is unreadable without any time', () => {
    const flat = without(span(CHAT), 'start', 'end', '__time__');
    expect(readFlat(flat)).toMatchObject({ kind: 'reject', why: { why: 'unreadable' } });
  });
});

describe('what an agent or a chain states as used', () => {
  it.each(['AGENT', 'CHAIN'])('is the sum of the calls below it: metadata of an %s, not usage', (kind) => {
    const { trace, observation } = callOf(span({ 'gen_ai.span.kind': kind, 'gen_ai.usage.input_tokens': 9 }));
    expect(observation).not.toHaveProperty('usageDetails');
    expect(trace.metadata['gen_ai.usage.input_tokens']).toBe(9);
  });
});

describe('the model of a span', () => {
  const spoken = { 'input.value': 'Hi', 'output.value': 'Ho', 'gen_ai.request.model': 'm' };

  it.each<[string, Flat]>([
    ['an agent', { ...spoken, 'gen_ai.span.kind': 'AGENT' }],
    ['a chain', { ...spoken, 'gen_ai.span.kind': 'CHAIN' }],
    ['a step', { ...spoken, 'gen_ai.span.kind': 'STEP' }],
  ])('is metadata of %s with content, whose words Langfuse would count and price a second time', (_what, attribute) => {
    const { trace, observation } = callOf(span(attribute));
    expect(observation).not.toHaveProperty('model');
    expect(trace.metadata['gen_ai.request.model']).toBe('m');
  });

  it.each<[string, Flat]>([
    ['an agent without content', { 'gen_ai.request.model': 'm', 'gen_ai.span.kind': 'AGENT' }],
    ['a task that counts its tokens', { ...spoken, 'gen_ai.span.kind': 'TASK', 'gen_ai.usage.input_tokens': 4 }],
    ['a retrieval', { ...spoken, 'gen_ai.operation.name': 'retrieval' }],
  ])('is that of %s', (_what, attribute) => {
    expect(observation(attribute).model).toBe('m');
  });
});

describe('the type of a span', () => {
  it.each<[string, Flat]>([
    ['generation', { 'gen_ai.span.kind': 'LLM' }],
    ['embedding', { 'gen_ai.span.kind': 'EMBEDDING' }],
    ['retriever', { 'gen_ai.span.kind': 'RETRIEVER' }],
    ['retriever', { 'gen_ai.span.kind': 'RERANKER' }],
    ['tool', { 'gen_ai.span.kind': 'TOOL' }],
    ['agent', { 'gen_ai.span.kind': 'AGENT', 'gen_ai.operation.name': 'chat' }],
    ['chain', { 'gen_ai.span.kind': 'CHAIN', 'gen_ai.request.model': 'm' }],
    ['span', { 'gen_ai.span.kind': 'TASK', 'gen_ai.request.model': 'm' }],
    ['span', { 'gen_ai.span.kind': 'STEP' }],
    ['guardrail', { 'openinference.span.kind': 'GUARDRAIL' }],
    ['evaluator', { 'openinference.span.kind': 'EVALUATOR' }],
    ['chain', { 'traceloop.span.kind': 'workflow' }],
    ['span', { 'traceloop.span.kind': 'task' }],
    ['generation', { 'gen_ai.operation.name': 'text_completion' }],
    ['generation', { 'gen_ai.operation.name': 'generate_content' }],
    ['embedding', { 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'm' }],
    ['tool', { 'gen_ai.operation.name': 'execute_tool' }],
    ['agent', { 'gen_ai.operation.name': 'invoke_agent' }],
    ['agent', { 'gen_ai.operation.name': 'create_agent' }],
    ['generation', { 'llm.request.type': 'chat' }],
    ['tool', { 'gen_ai.tool.name': 'find' }],
    ['generation', { 'gen_ai.request.model': 'm' }],
    ['generation', { 'gen_ai.operation.name': 'image', 'gen_ai.request.model': 'm' }],
    ['span', { 'input.value': 'x' }],
    ['evaluator', { 'langfuse.observation.type': 'evaluator', 'gen_ai.span.kind': 'LLM' }],
    ['generation', { 'ai.operationId': 'ai.streamText.doStream' }],
    ['span', { 'ai.operationId': 'ai.streamText', 'ai.model.id': 'm' }],
  ])('is %s for %j', (type, attribute) => {
    expect(observation(attribute).type).toBe(type);
  });
});

describe('the tree of spans', () => {
  it.each([[''], ['0'], ['0000000000000000'], [SPAN], ['-']])(
    'a span with the parent "%s" is a root',
    (parentSpanID) => {
      expect('parentId' in observation(CHAT, { parentSpanID })).toBe(false);
    },
  );

  it('keeps a span and its child together where ids are no hex', () => {
    const parent = observation(CHAT, { spanID: 'step-7' });
    expect(parent.id).toMatch(/^[0-9a-f]{16}$/);
    expect(observation(CHAT, { parentSpanID: 'step-7' }).parentId).toBe(parent.id);
    expect(callOf(span(CHAT, { spanID: 'step-7' })).trace.metadata.spanID).toBe('step-7');
  });

  it('pads a short trace id and hashes one that is no hex', () => {
    expect(callOf(span(CHAT, { traceID: '52969a8955571a3f' })).trace.id).toBe('000000000000000052969a8955571a3f');
    const { id, metadata } = callOf(span(CHAT, { traceID: 'run-5' })).trace;
    expect([id.length, metadata.traceID]).toEqual([32, 'run-5']);
  });

  it('gives all spans of a trace the same trace name, the root among them', () => {
    const names = ['', PARENT].map(
      (parentSpanID) => callOf(span(CHAT, { parentSpanID, name: parentSpanID })).trace.name,
    );
    expect(names).toEqual(['helpdesk', 'helpdesk']);
    expect(callOf(span({ ...CHAT, 'langfuse.trace.name': 'support' })).trace.name).toBe('support');
    const flat = without(span(CHAT, { resource: '{"service.name":"desk"}' }), 'service');
    expect(callOf(flat).trace.name).toBe('desk');
  });
});

describe('the times of a span', () => {
  it.each<[string, Flat, number, number]>([
    ['seconds', { start: '1795244400', end: '1795244403' }, START, 3000],
    ['nanoseconds and a duration in them', { start: '1795244400000900000', end: '', duration: '200000' }, START, 1],
    ['dates', { start: '2026-11-21T07:00:00.000Z', end: '2026-11-21T07:00:00.250Z' }, START, 250],
    ['artificial numbers as microseconds', { start: '12345678901', end: '12345679901' }, 12345678, 1],
    ['an end and a duration', { start: '', duration: '500000' }, START + 2000, 500],
    ['nothing but the log’s time', { start: '0', end: '0', duration: '' }, START + 2000, 0],
  ])('are read from %s', (_how, over, start, length) => {
    const { startTime, endTime } = observation(CHAT, over);
    expect([startTime, endTime - startTime]).toEqual([start, length]);
  });

  it.each<[string, Flat, number | undefined]>([
    ['nanoseconds of ARMS', { 'gen_ai.response.time_to_first_token': 1200000000 }, 1200],
    ['milliseconds', { 'gen_ai.response.time_to_first_token': 1200 }, 1200],
    ['seconds', { 'gen_ai.response.time_to_first_token': 1.2 }, 1200],
    ['text', { 'gen_ai.response.time_to_first_token': '1200000000' }, 1200],
    ['ARMS’ user time', { 'gen_ai.user.time_to_first_token': 2000000000 }, 2000],
    ['the server’s seconds', { 'gen_ai.server.time_to_first_token': 0.25 }, 250],
    ['seconds to the first chunk', { 'gen_ai.response.time_to_first_chunk': 2 }, 2000],
    ['a time behind the end', { 'gen_ai.server.time_to_first_token': 9 }, undefined],
    [
      'an answer that is no stream',
      { 'gen_ai.response.time_to_first_token': 1200, 'llm.is_streaming': false },
      undefined,
    ],
    ['a date', { 'langfuse.observation.completion_start_time': '"2026-11-21T07:00:01.000Z"' }, 1000],
  ])('tell the first token from %s', (_unit, attribute, ms) => {
    const at = observation({ 'gen_ai.span.kind': 'LLM', ...attribute }).completionStartTime;
    expect(at).toBe(ms === undefined ? undefined : START + ms);
  });

  it('tell the first token from the first of its events', () => {
    const logs = ['1795244401500000000', '1795244400400000000'].map((time) => ({ name: 'First Token Event', time }));
    expect(observation(CHAT_WITHOUT_WAIT, { logs: JSON.stringify(logs) }).completionStartTime).toBe(START + 400);
  });
});

const CHAT_WITHOUT_WAIT = without(CHAT, 'gen_ai.response.time_to_first_token');

describe('the outcome of a span', () => {
  const exception = [
    { name: 'exception', time: 1, attribute: { 'exception.type': 'Timeout', 'exception.message': 'late' } },
  ];
  it.each<[string, Flat, Flat, string, string | undefined]>([
    ['ERROR', { statusCode: 'ERROR', statusMessage: 'quota' }, {}, 'ERROR', 'quota'],
    ['2', { statusCode: '2', statusMessage: '' }, {}, 'ERROR', undefined],
    ['STATUS_CODE_ERROR', { statusCode: 'STATUS_CODE_ERROR' }, { 'error.type': 'rate_limit' }, 'ERROR', 'rate_limit'],
    ['ERROR with an exception', { statusCode: 'ERROR', logs: JSON.stringify(exception) }, {}, 'ERROR', 'Timeout: late'],
    ['UNSET with HTTP 429', { statusCode: 'UNSET' }, { 'http.response.status_code': 429 }, 'ERROR', 'HTTP 429'],
    ['OK with HTTP 404', { statusCode: 'OK' }, { 'http.status_code': 404 }, 'DEFAULT', undefined],
    ['OK with a message', { statusCode: 'OK', statusMessage: 'OK' }, {}, 'DEFAULT', undefined],
    ['UNSET', { statusCode: 'UNSET' }, { 'error.type': 'x' }, 'DEFAULT', undefined],
  ])('of status %s', (_status, over, attribute, level, statusMessage) => {
    const seen = observation({ 'gen_ai.request.model': 'm', ...attribute }, over);
    expect([seen.level, seen.statusMessage]).toEqual([level, statusMessage]);
  });

  it('of a failure shows no output but what the model gave', () => {
    const failed = { statusCode: 'ERROR', statusMessage: 'stream broke' };
    expect('output' in observation(without(CHAT, 'gen_ai.output.messages'), failed)).toBe(false);
    expect(observation(CHAT, failed).output).toEqual({ role: 'assistant', content: 'Yes, 31 °C.' });
  });

  it('of damaged attributes is a warning, with what could be read', () => {
    const attribute = '{"gen_ai.request.model":"qwen-max","gen_ai.prompt":"tell me a st';
    const { trace, observation: seen } = callOf(span({}, { attribute }));
    expect(seen).toMatchObject({ level: 'WARNING', model: 'qwen-max', input: 'tell me a st' });
    expect(trace.metadata.attribute_raw).toBe(attribute);
  });
});

describe('usage and cost of a span', () => {
  const usage = 'gen_ai.usage';
  it.each<[string, Flat, Record<string, number> | undefined]>([
    [
      'old names',
      { [`${usage}.prompt_tokens`]: 5, [`${usage}.completion_tokens`]: '7' },
      { input: 5, output: 7, total: 12 },
    ],
    ['a total alone', { [`${usage}.total_tokens`]: 30 }, { total: 30 }],
    ['zeros', { [`${usage}.input_tokens`]: 0, [`${usage}.output_tokens`]: 0 }, undefined],
    ['OpenLLMetry', { [`${usage}.prompt_tokens`]: 5, 'llm.usage.total_tokens': 5 }, { input: 5, total: 5 }],
    [
      'OpenInference',
      { 'llm.token_count.prompt': 9, 'llm.token_count.completion': 1, 'llm.token_count.prompt_details.cache_read': 4 },
      { input: 5, input_cached_tokens: 4, output: 1, total: 10 },
    ],
    [
      'cache and reasoning within',
      {
        ...{ [`${usage}.input_tokens`]: 100, [`${usage}.output_tokens`]: 50 },
        ...{ [`${usage}.cache_read.input_tokens`]: 20, [`${usage}.cache_creation.input_tokens`]: 30 },
        [`${usage}.reasoning.output_tokens`]: 10,
      },
      {
        ...{ input: 50, input_cached_tokens: 20, input_cache_creation: 30 },
        ...{ output: 40, output_reasoning_tokens: 10, total: 150 },
      },
    ],
    [
      'a cache beside the input',
      { [`${usage}.input_tokens`]: 3, [`${usage}.output_tokens`]: 5, [`${usage}.cache_read.input_tokens`]: 900 },
      { input: 3, output: 5, input_cached_tokens: 900, total: 908 },
    ],
    [
      'Anthropic’s own names',
      { [`${usage}.input_tokens`]: 30, [`${usage}.output_tokens`]: 5, [`${usage}.cache_read_input_tokens`]: 20 },
      { input: 30, output: 5, input_cached_tokens: 20, total: 55 },
    ],
    [
      'Langfuse’s own buckets',
      { 'langfuse.observation.usage_details': '{"input":6,"input_cached_tokens":4,"output":2,"total":12}' },
      { input: 6, input_cached_tokens: 4, output: 2, total: 12 },
    ],
  ])('are read from %s', (_names, attribute, expected) => {
    expect(observation({ 'gen_ai.span.kind': 'LLM', ...attribute }).usageDetails).toEqual(expected);
  });

  it.each<[Flat, Record<string, number> | undefined]>([
    [{ 'gen_ai.usage.cost': 0.25 }, { total: 0.25 }],
    [
      { 'llm.cost.prompt': 0.5, 'llm.cost.completion': 0.25 },
      { input: 0.5, output: 0.25, total: 0.75 },
    ],
    [{ 'gen_ai.usage.cost': 0 }, undefined],
  ])('cost: %j', (attribute, expected) => {
    expect(observation(attribute).costDetails).toEqual(expected);
  });
});

describe('headers of the request', () => {
  it('are no settings once their keys are gone', () => {
    const attribute = { ...CHAT, 'gen_ai.request.headers': '{"Authorization":"Bearer abc"}' };
    expect(observation(attribute).modelParameters).toEqual({ temperature: 0.3, max_tokens: 500 });
  });
});

describe('the metadata of a span', () => {
  it('holds no secrets and no keys of the store', () => {
    const attribute = {
      ...CHAT,
      'http.request.header.authorization': 'Bearer abc',
      'url.full': 'https://x.test/?key=k1',
    };
    const resource = '{"sls.otel.akid":"LTAI","sls.otel.aksecret":"shh","service.version":"7"}';
    const text = JSON.stringify(callOf(span(attribute, { resource })).trace.metadata);
    for (const secret of ['abc', 'k1', 'LTAI', 'shh']) expect(text).not.toContain(secret);
    expect(text).toContain('"service.version":"7"');
  });

  it.each<[string, Flat]>([
    ['url.query', { 'url.query': 'sid=k1' }],
    ['url.full', { 'url.full': 'https://x.test/a?sid=k1' }],
    ['http.target', { 'http.target': '/a?sid=k1#k1' }],
    ['the password of an address', { 'server.proxy': 'see https://eve:k1@x.test/a' }],
  ])('holds nothing of %s', (_what, attribute) => {
    expect(JSON.stringify(callOf(span({ ...CHAT, ...attribute })).trace.metadata)).not.toContain('k1');
  });

  it("shows the arguments of Dify's tools only once, but keeps the schema of a tool", () => {
    const called = { 'gen_ai.span.kind': 'TOOL', 'input.value': '{"city":"Lyon"}' };
    const given = callOf(span({ ...called, 'tool.parameters': '{"city":"Lyon"}' }));
    expect(given.trace.metadata).not.toHaveProperty(['tool.parameters']);
    const schema = callOf(span({ ...called, 'tool.parameters': '{"type":"object"}' }));
    expect(schema.trace.metadata).toHaveProperty(['tool.parameters'], '{"type":"object"}');
  });

  it('shows events and links that are no content, and content only once', () => {
    const logs = [
      { name: 'retry', time: 1795244401000000, attribute: { attempt: 2 } },
      { name: 'gen_ai.user.message' },
    ];
    const links = [{ traceID: TRACE, spanID: PARENT }];
    const { metadata } = callOf(span(CHAT, { logs: JSON.stringify(logs), links: JSON.stringify(links) })).trace;
    expect(metadata).toMatchObject({ logs: [logs[0]], links });
    expect(JSON.stringify(metadata)).not.toContain('Lyon');
  });

  it('gives tags, metadata of Langfuse and why an answer ended', () => {
    const output = [{ role: 'assistant', parts: [{ type: 'text', content: 'x' }], finish_reason: 'length' }];
    const { trace } = callOf(
      span({
        ...without(CHAT, 'gen_ai.response.finish_reasons'),
        ...{ 'gen_ai.output.messages': output, 'tag.tags': ['vip'], 'langfuse.trace.metadata.team': 'blue' },
      }),
    );
    expect(trace.tags).toEqual(['otel', 'vip']);
    expect(trace.metadata).toMatchObject({ team: 'blue', finish_reasons: ['length'] });
  });

  it('keeps a field and an attribute of one name apart', () => {
    const { metadata } = callOf(span({ ...CHAT, host: 'api.test' })).trace;
    expect(metadata).toMatchObject({ host: 'pod-3', 'attribute.host': 'api.test' });
  });
});

describe('facets of a span', () => {
  it('are its HTTP route, status and path', () => {
    const attribute = { 'http.route': '/v1/chat', 'http.status_code': '200', 'http.url': 'https://x.test/v1/chat?k=1' };
    const reading = readFlat(span({ ...CHAT, ...attribute }));
    expect(reading).toMatchObject({ facets: { format: 'otel', route: '/v1/chat', status: 200, path: '/v1/chat' } });
  });
});

describe('any attributes at all', () => {
  const names = fc.constantFrom(
    ...['gen_ai.input.messages', 'gen_ai.output.messages', 'gen_ai.prompt', 'gen_ai.prompt.0.role', '__proto__'],
    ...['gen_ai.prompt.0.__proto__', 'llm.input_messages.0.message.tool_calls.0', 'gen_ai.usage', 'input.value'],
    ...['gen_ai.tool.definitions', 'gen_ai.system_instructions', 'llm.invocation_parameters', 'retrieval.documents'],
  );
  const part = fc.record({
    type: fc.constantFrom('text', 'tool_call', 'tool_call_response', 'blob'),
    content: fc.jsonValue(),
  });
  const value = fc.oneof(fc.jsonValue(), fc.array(fc.record({ role: fc.string(), parts: fc.array(part) })));
  const attribute = fc.dictionary(names, value as fc.Arbitrary<Json>);

  it('are read, without a failure of the reader', () => {
    fc.assert(
      fc.property(attribute, (attributes) => {
        const reading = readFlat(span({ 'gen_ai.span.kind': 'LLM', ...attributes }));
        expect(reading.kind).toBe('call');
      }),
      { numRuns: 200 },
    );
  });
});

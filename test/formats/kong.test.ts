import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Json, JsonObject, Reading } from '../../lib/types.ts';
import { callOf, type Flat, readFlat, without } from './lines.ts';

const STARTED = 1795244400000;

const REQUEST = {
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'Name a river.' }],
  temperature: 0.2,
  stream: true,
};
const RESPONSE = {
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: 'The Oder.' }, finish_reason: 'stop' }],
};

const USAGE: JsonObject = {
  prompt_tokens: 60,
  completion_tokens: 40,
  total_tokens: 100,
  prompt_tokens_details: { cached_tokens: 20, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 10, audio_tokens: 3 },
  cost: 0.0025,
  time_to_first_token: 150,
};
const META: JsonObject = {
  plugin_id: '0c1d',
  provider_name: 'openai',
  request_model: 'gpt-4o',
  response_model: 'gpt-4o-2024-08-06',
  request_mode: 'stream',
  llm_latency: 880,
};
const PROXY: JsonObject = {
  meta: META,
  usage: USAGE,
  payload: { request: JSON.stringify(REQUEST), response: JSON.stringify(RESPONSE) },
};

/** A log object of Kong as its writer nests it; `ai` says what the AI plugins did. */
function kong(ai: Json, over: Flat = {}): Flat {
  return {
    ai,
    started_at: STARTED,
    client_ip: '192.0.2.7',
    workspace_name: 'default',
    upstream_uri: '/v1/chat/completions',
    latencies: { kong: 4, proxy: 890, request: 900 },
    request: {
      id: '5a3c0d9e5a3c0d9e5a3c0d9e5a3c0d9e',
      uri: '/assistant?key=hush',
      url: 'http://gateway.test/assistant?key=hush',
      method: 'POST',
      querystring: { key: 'hush' },
      headers: { host: 'gateway.test', authorization: 'Bearer hush-hush-hush-hush', 'x-api-key': 'hush' },
    },
    response: { status: 200, headers: { 'content-type': 'text/event-stream' } },
    route: { name: 'assistant' },
    service: { name: 'llm' },
    consumer: { id: 'c-1', username: 'finance', custom_id: '77' },
    __time__: '1795244402',
    ...over,
  };
}

/** The fields as a log agent flattens them: names with dots, and texts. */
function flattened(value: Flat): Flat {
  const leaves = (path: string, inner: Json): [string, Json][] =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.entries(inner).flatMap(([name, leaf]) => leaves(`${path}.${name}`, leaf))
      : [[path, typeof inner === 'string' ? inner : JSON.stringify(inner)]];
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => leaves(name, inner)));
}

/** As one line in the field that a log agent without a parser writes. */
function wrapped(flat: Flat): Flat {
  const { __time__ = '0', ...line } = flat;
  return { content: JSON.stringify(line), __time__ };
}

/** As SLS stores it: every value a text. */
function texts(flat: Flat): Flat {
  return Object.fromEntries(
    Object.entries(flat).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function withMcp(flat: Flat): Reading {
  return read(fromFlat(flat), { readers: ALL, timeZone: 'UTC', includeMcp: true });
}

function proxy(over: JsonObject): Json {
  return { proxy: { ...PROXY, ...over } };
}

describe('a Kong log of a call of an LLM', () => {
  it('is the call that the mapping says', () => {
    const { trace, observation } = callOf(
      kong({ proxy: PROXY, sanitizer: { pii_identified: 1, sanitized_items: [{ original: 'mei@example.com' }] } }),
    );
    expect(trace).toEqual({
      id: '5a3c0d9e5a3c0d9e5a3c0d9e5a3c0d9e',
      name: 'assistant',
      userId: 'finance',
      tags: ['kong', 'assistant'],
      metadata: {
        ai: {
          proxy: {
            meta: {
              plugin_id: '0c1d',
              provider_name: 'openai',
              request_model: 'gpt-4o',
              request_mode: 'stream',
              llm_latency: 880,
            },
            usage: { completion_tokens_details: { audio_tokens: 3 }, time_to_first_token: 150 },
          },
          sanitizer: { pii_identified: 1 },
        },
        started_at: '1795244400000',
        client_ip: '192.0.2.7',
        workspace_name: 'default',
        upstream_uri: '/v1/chat/completions',
        latencies: { kong: 4, proxy: 890, request: 900 },
        request: {
          id: '5a3c0d9e5a3c0d9e5a3c0d9e5a3c0d9e',
          uri: '/assistant',
          url: 'http://gateway.test/assistant',
          method: 'POST',
          headers: { host: 'gateway.test' },
        },
        response: { status: 200, headers: { 'content-type': 'text/event-stream' } },
        route: { name: 'assistant' },
        service: { name: 'llm' },
        consumer: { id: 'c-1', username: 'finance', custom_id: '77' },
      },
    });
    expect(observation).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      type: 'generation',
      name: 'assistant',
      model: 'gpt-4o-2024-08-06',
      modelParameters: { temperature: 0.2, stream: true },
      input: [{ role: 'user', content: 'Name a river.' }],
      output: { role: 'assistant', content: 'The Oder.' },
      usageDetails: {
        input: 40,
        input_cached_tokens: 20,
        output: 30,
        output_reasoning_tokens: 10,
        total: 100,
      },
      costDetails: { total: 0.0025 },
      level: 'DEFAULT',
      startTime: STARTED,
      completionStartTime: STARTED + 150,
      endTime: STARTED + 900,
    });
  });

  it('is what its facets say', () => {
    expect(readFlat(kong({ proxy: PROXY }))).toMatchObject({
      facets: { format: 'kong', route: 'assistant', consumer: 'finance', status: 200, path: '/assistant' },
    });
  });

  it.each<[string, (flat: Flat) => Flat]>([
    ['as texts', texts],
    ['as one line', wrapped],
  ])('is the same call %s', (_how, change) => {
    expect(callOf(change(kong({ proxy: PROXY })))).toEqual(callOf(kong({ proxy: PROXY })));
  });

  it('is the same call with its fields flattened', () => {
    const { trace, observation } = callOf(flattened(kong({ proxy: PROXY })));
    const nested = callOf(kong({ proxy: PROXY }));
    expect(observation).toEqual(nested.observation);
    expect({ ...trace, metadata: {} }).toEqual({ ...nested.trace, metadata: {} });
    // Leaves are texts then; names and nesting are the same.
    expect(flattened({ metadata: trace.metadata })).toEqual(flattened({ metadata: nested.trace.metadata }));
  });

  it.each<[string, Json]>([
    ['ai.proxy', { proxy: PROXY }],
    ['ai.ai-proxy', { 'ai-proxy': PROXY }],
    ['ai.ai-proxy-advanced', { 'ai-proxy-advanced': PROXY }],
    ['ai.<any plugin>', { 'our-proxy': PROXY }],
    ['ai itself', PROXY],
    [
      'ai.proxy with the request beside it',
      {
        proxy: { ...PROXY, payload: { response: JSON.stringify(RESPONSE) } },
        payload: { request: JSON.stringify(REQUEST) },
      },
    ],
    ['ai.proxy as text', { proxy: JSON.stringify(PROXY) }],
    ['bodies that are objects', proxy({ payload: { request: REQUEST, response: RESPONSE } })],
    [
      'counts as texts',
      proxy({ usage: { ...USAGE, prompt_tokens: '60', completion_tokens: '40', total_tokens: '100' } }),
    ],
    [
      'counts in their first spelling',
      proxy({
        usage: { ...without(USAGE, 'prompt_tokens', 'completion_tokens'), prompt_token: 60, completion_token: 40 },
      }),
    ],
    [
      'counts under the names for images',
      proxy({ usage: { ...USAGE, prompt_tokens: 0, completion_tokens: 0, input_tokens: 60, output_tokens: 40 } }),
    ],
  ])('with %s is the same observation', (_what, ai) => {
    expect(callOf(kong(ai)).observation).toEqual(callOf(kong({ proxy: PROXY })).observation);
  });

  it('is the call of the proxy, when a transformer called an LLM beside it', () => {
    const transformer = { meta: { request_model: 'small', response_model: 'small' }, usage: { total_tokens: 7 } };
    const { trace, observation } = callOf(kong({ 'ai-request-transformer': transformer, proxy: PROXY }));
    expect(observation).toEqual(callOf(kong({ proxy: PROXY })).observation);
    expect(trace.metadata.ai).toMatchObject({ 'ai-request-transformer': transformer });
  });

  it.each<[string, Json, unknown]>([
    ['response model', proxy({}), 'gpt-4o-2024-08-06'],
    ['request model, without one of the response', proxy({ meta: { request_model: 'gpt-4o' } }), 'gpt-4o'],
    [
      'model in the response, when Kong knows none',
      proxy({ meta: { request_model: 'UNSPECIFIED', response_model: 'UNSPECIFIED' } }),
      'gpt-4o-2024-08-06',
    ],
    ['model of the last target', { proxy: { tried_targets: [{ model: 'a' }, { model: 'b' }] } }, 'b'],
    ['no model', { proxy: { meta: { provider_name: 'azure' } } }, undefined],
  ])('has the %s', (_what, ai, model) => {
    expect(callOf(kong(ai)).observation.model).toBe(model);
  });

  it.each<[string, JsonObject, Json | undefined]>([
    ['counts of 0 everywhere', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, undefined],
    ['an input alone', { prompt_tokens: 8, completion_tokens: 0, total_tokens: 8 }, { input: 8, output: 0, total: 8 }],
    [
      'details as text',
      { prompt_tokens: 8, completion_tokens: 2, total_tokens: 10, prompt_tokens_details: '{"cached_tokens":5}' },
      { input: 3, input_cached_tokens: 5, output: 2, total: 10 },
    ],
    ['no total', { prompt_tokens: 8, completion_tokens: 2 }, { input: 8, output: 2, total: 10 }],
    ['nulls', { prompt_tokens: null, completion_tokens: null, total_tokens: null }, undefined],
  ])('with %s has that usage', (_what, usage, expected) => {
    expect(callOf(kong({ proxy: { meta: META, usage } })).observation.usageDetails).toEqual(expected);
  });

  it('has the usage of the response, when Kong logs no statistics', () => {
    const response = JSON.stringify({
      ...RESPONSE,
      usage: { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 },
    });
    const { observation } = callOf(kong({ proxy: { payload: { request: JSON.stringify(REQUEST), response } } }));
    expect(observation).toMatchObject({ model: 'gpt-4o-2024-08-06', usageDetails: { input: 4, output: 3, total: 7 } });
  });

  it.each<[string, Json, unknown]>([
    ['0, a model without prices', 0, undefined],
    ['negative', -1, undefined],
    ['a text', '0.5', { total: 0.5 }],
    ['absent', null, undefined],
  ])('whose cost is %s has the cost that is known', (_what, cost, expected) => {
    expect(callOf(kong(proxy({ usage: { ...USAGE, cost } }))).observation.costDetails).toEqual(expected);
  });

  it.each(['$OPTIONAL_PAYLOAD_REQUEST', '[$optional_payload_request_]', '', '-', 'null'])(
    'has no input in %j',
    (request) => {
      const { observation } = callOf(kong(proxy({ payload: { request, response: request } })));
      expect(observation.input).toBeUndefined();
      expect(observation.output).toBeUndefined();
    },
  );

  it.each<[string, Json, Flat, number | undefined]>([
    ['a stream', proxy({}), {}, 150],
    ['an answer at one go', proxy({ meta: { ...META, request_mode: 'oneshot' } }), {}, undefined],
    [
      'a request that asks for no stream',
      { proxy: { usage: USAGE, payload: { request: { ...REQUEST, stream: false } } } },
      {},
      undefined,
    ],
    [
      'an answer in JSON',
      { proxy: { usage: USAGE } },
      { response: { headers: { 'content-type': 'application/json' } } },
      undefined,
    ],
    ['a first token after the end', proxy({ usage: { ...USAGE, time_to_first_token: 5000 } }), {}, 900],
    ['a first token at 0', proxy({ usage: { ...USAGE, time_to_first_token: 0 } }), {}, undefined],
  ])('with %s begins to answer then', (_what, ai, over, ms) => {
    const { completionStartTime } = callOf(kong(ai, over)).observation;
    expect(completionStartTime).toBe(ms === undefined ? undefined : STARTED + ms);
  });

  it.each<[string, Flat, number, number]>([
    ['no started_at: its log time less its latency', { started_at: null }, 1795244401100, 1795244402000],
    ['no latencies: the latency of the LLM', { latencies: null }, STARTED, STARTED + 880],
    ['latencies as text', { latencies: '{"request":"900"}' }, STARTED, STARTED + 900],
    ['a broken latency: that of the LLM', { latencies: { request: -5 } }, STARTED, STARTED + 880],
  ])('with %s', (_what, over, start, end) => {
    const { startTime, endTime } = callOf(kong({ proxy: PROXY }, over)).observation;
    expect([startTime, endTime]).toEqual([start, end]);
  });

  it('cannot be read without any time', () => {
    expect(readFlat(without(kong({ proxy: PROXY }), 'started_at', '__time__'))).toMatchObject({
      kind: 'reject',
      why: { why: 'unreadable' },
    });
  });

  it.each<[Json, string | undefined]>([
    [200, undefined],
    [399, undefined],
    [400, 'HTTP 400'],
    ['429', 'HTTP 429'],
    [0, 'HTTP 0'],
  ])('of status %j has its level, and its message', (status, message) => {
    const { observation } = callOf(kong(proxy({ payload: {} }), { response: { status } }));
    expect(observation.level).toBe(message === undefined ? 'DEFAULT' : 'ERROR');
    expect(observation.statusMessage).toBe(message);
  });

  it('that failed has no output, and says why', () => {
    const response = JSON.stringify({ error: { message: 'slow down', code: 'rate_limited' } });
    const ai = proxy({ payload: { request: JSON.stringify(REQUEST), response } });
    const { observation } = callOf(kong(ai, { response: { status: 429 } }));
    expect(observation.output).toBeUndefined();
    expect(observation.input).toEqual(REQUEST.messages);
    expect(observation.statusMessage).toBe('HTTP 429 · rate_limited: slow down');
  });

  it('that failed before a model answered is a call, too', () => {
    const ai = { proxy: { tried_targets: [{ model: 'gpt-4o', route_type: 'llm/v1/chat' }] } };
    expect(callOf(kong(ai, { response: { status: 502 } })).observation).toMatchObject({
      model: 'gpt-4o',
      level: 'ERROR',
    });
  });

  it.each<[string, Json, Flat, string]>([
    ['path', proxy({}), { request: { uri: '/v1/embeddings' } }, 'embedding'],
    ['upstream path', proxy({}), { upstream_uri: '/v2/rerank' }, 'retriever'],
    ['operation', proxy({ meta: { ...META, operation_name: 'embeddings' } }), {}, 'embedding'],
    ['type of route', proxy({ tried_targets: [{ route_type: 'llm/v1/embeddings' }] }), {}, 'embedding'],
  ])('is of the type that its %s names', (_what, ai, over, type) => {
    expect(callOf(kong(ai, over)).observation.type).toBe(type);
  });

  it.each<[string, Flat, string]>([
    ['route', {}, 'assistant'],
    ['service, without a route', { route: null }, 'llm'],
    [
      'API, without both',
      { route: {}, service: null, request: { uri: '/v1/chat/completions?x=1' } },
      'chat/completions',
    ],
    ['gateway, without anything', { route: null, service: null, request: null }, 'ai-gateway'],
  ])('is named after its %s', (_what, over, name) => {
    expect(callOf(kong({ proxy: PROXY }, over)).trace.name).toBe(name);
  });

  it.each<[string, Flat, string | undefined]>([
    ['username', {}, 'finance'],
    ['custom id, without a username', { consumer: { custom_id: '77' } }, '77'],
    [
      'end user in the request, without a consumer',
      { consumer: null, ai: proxy({ payload: { request: { ...REQUEST, user: 'u-9' } } }) },
      'u-9',
    ],
    ['nobody', { consumer: '-' }, undefined],
  ])('belongs to the %s', (_what, over, user) => {
    expect(callOf(kong({ proxy: PROXY }, over)).trace.userId).toBe(user);
  });

  it.each<[string, string[]]>([
    ['Hit', ['kong', 'assistant', 'cache:hit']],
    ['Miss', ['kong', 'assistant']],
  ])('with the cache status %s has the tags for it', (status, tags) => {
    expect(callOf(kong(proxy({ cache: { cache_status: status } }))).trace.tags).toEqual(tags);
  });

  it('holds no secret, in whatever shape', () => {
    const flat = kong({ proxy: PROXY });
    for (const shape of [flat, texts(flat), wrapped(flat), flattened(flat)]) {
      expect(JSON.stringify(callOf(shape))).not.toContain('hush');
    }
  });

  it.each<[string, Flat]>([
    ['request id', { request: { id: '6a3c0d9e5a3c0d9e5a3c0d9e5a3c0d9e' } }],
    ['start', { started_at: STARTED + 1 }],
  ])('with another %s is another observation', (_what, over) => {
    expect(callOf(kong({ proxy: PROXY }, over)).observation.id).not.toBe(callOf(kong({ proxy: PROXY })).observation.id);
  });

  it('without a request id is told apart by the whole record', () => {
    const one = kong({ proxy: PROXY }, { request: null });
    expect(callOf(one)).toEqual(callOf(one));
    expect(callOf({ ...one, client_ip: '192.0.2.8' }).observation.id).not.toBe(callOf(one).observation.id);
  });

  it('takes its trace from the header, when the log has no request id', () => {
    const response = { status: 200, headers: { 'x-kong-request-id': '7b3c0d9e5a3c0d9e5a3c0d9e5a3c0d9e' } };
    expect(callOf(kong({ proxy: PROXY }, { request: null, response })).trace.id).toBe(
      '7b3c0d9e5a3c0d9e5a3c0d9e5a3c0d9e',
    );
  });

  it('is read whatever field is missing, as long as the plugin is there', () => {
    const flat = kong({ proxy: PROXY });
    for (const name of Object.keys(flat).filter((key) => key !== 'ai')) {
      expect(readFlat(without(flat, name)).kind, name).toBe('call');
    }
  });

  it('keeps names that lead to the prototype as harmless as others', () => {
    const flat = JSON.parse('{"request.headers.__proto__.polluted":"yes","ai.__proto__.polluted":"yes"}');
    const { trace } = callOf({ ...kong({ proxy: PROXY }), ...flat });
    expect(trace.name).toBe('assistant');
    expect(({} as JsonObject).polluted).toBeUndefined();
  });
});

describe('a Kong log of a request that failed before an AI plugin saw it', () => {
  const request = { id: '5a3c0d9e5a3c0d9e5a3c0d9e5a3c0d9e', uri: '/v1/embeddings?key=hush', method: 'POST' };
  const flat = kong(null, { request, response: { status: 401 } });

  it.each<[string, Flat]>([
    ['without ai', without(flat, 'ai')],
    ['with a plugin that guards prompts', { ...flat, ai: { 'prompt-guard': { denied: true } } }],
    ['flattened', flattened(without(flat, 'ai'))],
    ['as one line', wrapped(without(flat, 'ai'))],
  ])('is a failed call %s', (_how, record) => {
    const { trace, observation } = callOf(record);
    expect(trace).toMatchObject({ id: '5a3c0d9e5a3c0d9e5a3c0d9e5a3c0d9e', name: 'assistant', userId: 'finance' });
    expect(observation).toMatchObject({
      ...{ type: 'embedding', name: 'assistant', level: 'ERROR', statusMessage: 'HTTP 401' },
      ...{ startTime: STARTED, endTime: STARTED + 900 },
    });
    expect(observation.completionStartTime).toBeUndefined();
    expect(JSON.stringify(trace)).not.toContain('hush');
  });

  it('is one by the path that it would have gone to', () => {
    expect(callOf(without(kong(null, { response: { status: 429 } }), 'ai')).observation.statusMessage).toBe('HTTP 429');
  });
});

describe('a Kong log of anything else', () => {
  it.each<[string, Flat]>([
    ['without ai', without(kong(null), 'ai')],
    ['that failed on a path of no LLM', kong(null, { upstream_uri: '/get', response: { status: 401 } })],
    [
      'that failed to list models',
      kong(null, { request: { uri: '/v1/models', method: 'GET' }, response: { status: 401 } }),
    ],
    [
      'of a client that another path answers',
      { started_at: 1, response: { status: 500 }, upstream_uri: '/v1/messages' },
    ],
    ['with an ai that says nothing', kong({})],
    ['with an ai that is a text', kong('yes')],
    ['with plugins that called no LLM', kong({ sanitizer: { pii_identified: 1 }, audit: { hate: 'High' } })],
    ['with a call between agents', kong({ a2a: { rpc: [{ method: 'message/send' }] } })],
  ])('is skipped %s', (_what, flat) => {
    expect(readFlat(flat)).toEqual({ kind: 'skip', reason: 'non_ai' });
  });
});

describe('a Kong log of a call of an MCP tool', () => {
  const RPC: JsonObject = {
    id: '3',
    method: 'tools/call',
    tool_name: 'find_order',
    latency: 12,
    payload: {
      request: '{"jsonrpc":"2.0","id":"3","method":"tools/call","params":{"name":"find_order","arguments":{"no":5}}}',
      response: '{"jsonrpc":"2.0","id":"3","result":{"content":[{"type":"text","text":"sent"}]}}',
    },
  };
  const MCP = kong({ mcp: { mcp_session_id: 's-1', rpc: [RPC] } });

  it('is skipped, unless asked for', () => {
    expect(readFlat(MCP)).toEqual({ kind: 'skip', reason: 'mcp' });
  });

  it('is a tool with its arguments and result, where asked for', () => {
    const reading = withMcp(MCP);
    if (reading.kind !== 'call') throw new Error(JSON.stringify(reading));
    expect(reading.call.observation).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      type: 'tool',
      name: 'find_order',
      input: { no: 5 },
      output: { content: [{ type: 'text', text: 'sent' }] },
      level: 'DEFAULT',
      startTime: STARTED,
      endTime: STARTED + 12,
    });
    expect(reading.call.trace.metadata.ai).toEqual({
      mcp: { mcp_session_id: 's-1', rpc: [{ id: '3', method: 'tools/call', tool_name: 'find_order', latency: 12 }] },
    });
  });

  it.each<[string, JsonObject, Flat, Json]>([
    ['an error of its own', { ...RPC, error: 'no such order' }, {}, { level: 'ERROR', statusMessage: 'no such order' }],
    ['a failed request', RPC, { response: { status: 403 } }, { level: 'ERROR', statusMessage: 'HTTP 403' }],
    ['no tool', { method: 'tools/list' }, {}, { level: 'DEFAULT', name: 'tools/list', endTime: STARTED + 900 }],
    ['nothing but its session', {}, {}, { name: 'assistant' }],
  ])('with %s says so', (_what, rpc, over, expected) => {
    expect(withMcp(kong({ mcp: { rpc: [rpc] } }, over))).toMatchObject({
      kind: 'call',
      call: { observation: expected },
    });
  });
});

describe('the Kong reader', () => {
  it('never throws, and reads the same record the same', () => {
    const part = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(part, part, part, (meta, usage, payload) => {
        const flat = kong({ proxy: { meta, usage, payload } });
        expect(readFlat(flat)).toEqual(readFlat(flat));
        expect(readFlat(flat)).not.toMatchObject({ kind: 'reject' });
      }),
      { numRuns: 100 },
    );
  });
});

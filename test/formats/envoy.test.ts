import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Json, Reading } from '../../lib/types.ts';
import { callOf, type Flat, readFlat, without } from './lines.ts';

const START = Date.parse('2026-11-21T07:00:00.125Z');

/** An access log line of Envoy AI Gateway, of which the format is the user's. */
function envoy(over: Flat = {}): Flat {
  return {
    ':authority': 'llm.test',
    bytes_received: 210,
    connection_termination_details: null,
    duration: 1400,
    'gen_ai.provider.name': 'default/openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.request.model_override': null,
    'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
    'gen_ai.usage.input_tokens': 40,
    'gen_ai.usage.output_tokens': 20,
    'gen_ai.usage.total_tokens': 60,
    method: 'POST',
    response_code: 200,
    response_code_details: 'via_upstream',
    response_flags: '-',
    route_name: 'httproute/default/chat/rule/0',
    'session.id': 's-77',
    start_time: '2026-11-21T07:00:00.125Z',
    upstream_cluster: 'httproute/default/chat/rule/0',
    upstream_host: '192.0.2.4:443',
    upstream_transport_failure_reason: null,
    'user-agent': 'curl/8.7.1',
    'x-envoy-origin-path': '/v1/chat/completions?key=hush',
    'x-request-id': '2f1b7c0e-55aa-4c3e-9d0f-7b1a2c3d4e5f',
    __time__: '1795244402',
    ...over,
  };
}

function texts(flat: Flat): Flat {
  return Object.fromEntries(
    Object.entries(flat).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function wrapped(flat: Flat): Flat {
  const { __time__ = '0', ...line } = flat;
  return { message: JSON.stringify(line), __time__ };
}

/** The names of an older example of the documents. */
function older(flat: Flat): Flat {
  const names: Record<string, string> = {
    'gen_ai.request.model': 'genai_model_name',
    'gen_ai.response.model': 'genai_model_name_override',
    'gen_ai.usage.input_tokens': 'genai_tokens_input',
    'gen_ai.usage.output_tokens': 'genai_tokens_output',
    'gen_ai.usage.total_tokens': 'genai_tokens_total',
  };
  return Object.fromEntries(Object.entries(flat).map(([name, value]) => [names[name] ?? name, value]));
}

function nested(flat: Flat): Flat {
  const model = { request: { model: 'gpt-4o-mini' }, response: { model: 'gpt-4o-mini-2024-07-18' } };
  const usage = { input_tokens: 40, output_tokens: 20, total_tokens: 60 };
  const rest = Object.entries(flat).filter(([name]) => !/^gen_ai\.|^session\./.test(name));
  return { ...Object.fromEntries(rest), gen_ai: { ...model, usage }, session: { id: 's-77' } };
}

function withMcp(flat: Flat): Reading {
  return read(fromFlat(flat), { readers: ALL, timeZone: 'UTC', includeMcp: true });
}

describe('a line of Envoy AI Gateway of a call of an LLM', () => {
  it('is the call that the mapping says', () => {
    const { trace, observation } = callOf(envoy());
    expect(trace).toEqual({
      id: '2f1b7c0e55aa4c3e9d0f7b1a2c3d4e5f',
      name: 'httproute/default/chat/rule/0',
      sessionId: 's-77',
      tags: ['envoy', 'httproute/default/chat/rule/0'],
      metadata: {
        ':authority': 'llm.test',
        bytes_received: '210',
        duration: '1400',
        'gen_ai.provider.name': 'default/openai',
        'gen_ai.request.model': 'gpt-4o-mini',
        method: 'POST',
        response_code: '200',
        response_code_details: 'via_upstream',
        route_name: 'httproute/default/chat/rule/0',
        start_time: '2026-11-21T07:00:00.125Z',
        upstream_cluster: 'httproute/default/chat/rule/0',
        upstream_host: '192.0.2.4:443',
        'user-agent': 'curl/8.7.1',
        'x-envoy-origin-path': '/v1/chat/completions',
        'x-request-id': '2f1b7c0e-55aa-4c3e-9d0f-7b1a2c3d4e5f',
      },
    });
    expect(observation).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      type: 'generation',
      name: 'httproute/default/chat/rule/0',
      model: 'gpt-4o-mini-2024-07-18',
      usageDetails: { input: 40, output: 20, total: 60 },
      level: 'DEFAULT',
      startTime: START,
      endTime: START + 1400,
    });
  });

  it('is what its facets say', () => {
    const facets = {
      format: 'envoy',
      route: 'httproute/default/chat/rule/0',
      status: 200,
      path: '/v1/chat/completions',
    };
    expect(readFlat(envoy())).toMatchObject({ facets });
  });

  it.each<[string, (flat: Flat) => Flat]>([
    ['as texts', texts],
    ['as one line', wrapped],
  ])('is the same call %s', (_how, change) => {
    expect(callOf(change(envoy()))).toEqual(callOf(envoy()));
  });

  it.each<[string, (flat: Flat) => Flat]>([
    ['under the older names', older],
    ['with its names nested', nested],
  ])('is the same call %s, but for the metadata', (_how, change) => {
    const { trace, observation } = callOf(change(envoy()));
    expect(observation).toEqual(callOf(envoy()).observation);
    expect({ ...trace, metadata: {} }).toEqual({ ...callOf(envoy()).trace, metadata: {} });
  });

  it.each<[string, Flat, string | undefined]>([
    ['response model', {}, 'gpt-4o-mini-2024-07-18'],
    [
      'model that replaced the one asked for',
      { 'gen_ai.response.model': null, 'gen_ai.request.model_override': 'us.mini' },
      'us.mini',
    ],
    ['request model', { 'gen_ai.response.model': null }, 'gpt-4o-mini'],
    [
      'model in the gateway’s header',
      { 'gen_ai.response.model': '-', 'gen_ai.request.model': null, 'x-ai-eg-model': 'm' },
      'm',
    ],
  ])('has the %s', (_what, over, model) => {
    expect(callOf(envoy(over)).observation.model).toBe(model);
  });

  it.each<[string, Flat, Json | undefined]>([
    [
      'nulls',
      { 'gen_ai.usage.input_tokens': null, 'gen_ai.usage.output_tokens': null, 'gen_ai.usage.total_tokens': null },
      undefined,
    ],
    [
      'zeros',
      { 'gen_ai.usage.input_tokens': 0, 'gen_ai.usage.output_tokens': 0, 'gen_ai.usage.total_tokens': 0 },
      undefined,
    ],
    ['texts', { 'gen_ai.usage.input_tokens': '40' }, { input: 40, output: 20, total: 60 }],
    ['no total', { 'gen_ai.usage.total_tokens': '-' }, { input: 40, output: 20, total: 60 }],
    [
      'reasoning',
      { 'gen_ai.usage.reasoning_tokens': 15 },
      { input: 40, output: 5, output_reasoning_tokens: 15, total: 60 },
    ],
    [
      'a cache',
      {
        'gen_ai.usage.cached_input_tokens': 10,
        'gen_ai.usage.cache_creation_input_tokens': 5,
        'gen_ai.usage.total_tokens': null,
      },
      { input: 25, input_cached_tokens: 10, input_cache_creation: 5, output: 20, total: 60 },
    ],
  ])('with %s has that usage', (_what, over, expected) => {
    expect(callOf(envoy(over)).observation.usageDetails).toEqual(expected);
  });

  it.each<[string, Flat, Json]>([
    ['429', { response_code: 429 }, { level: 'ERROR', statusMessage: 'HTTP 429 · via_upstream' }],
    [
      '503 of the gateway',
      {
        response_code: 503,
        response_flags: 'UF',
        response_code_details: '-',
        upstream_transport_failure_reason: 'refused',
      },
      { level: 'ERROR', statusMessage: 'HTTP 503 · UF · refused' },
    ],
    ['0', { response_code: 0, response_flags: 'DC' }, { level: 'ERROR', statusMessage: 'HTTP 0 · DC · via_upstream' }],
    ['200, when the client went away', { response_flags: 'DC' }, { level: 'WARNING' }],
    ['200', {}, { level: 'DEFAULT' }],
  ])('of status %s has its level, and its message', (_what, over, expected) => {
    expect(callOf(envoy(over)).observation).toMatchObject(expected as object);
  });

  it.each<[string, string]>([
    ['/v1/embeddings', 'embedding'],
    ['/cohere/v2/rerank', 'retriever'],
    ['/anthropic/v1/messages', 'generation'],
  ])('on the path %s is of its type', (path, type) => {
    expect(callOf(envoy({ 'x-envoy-origin-path': path })).observation.type).toBe(type);
    expect(callOf(envoy({ 'x-envoy-origin-path': null, path })).observation.type).toBe(type);
    expect(callOf(envoy({ 'x-envoy-origin-path': '-', 'x-envoy-original-path': path })).observation.type).toBe(type);
  });

  it.each<[string, Flat, string]>([
    ['API, without a route', { route_name: null }, 'chat/completions'],
    ['gateway, without both', { route_name: '-', 'x-envoy-origin-path': null }, 'ai-gateway'],
  ])('is named after its %s', (_what, over, name) => {
    expect(callOf(envoy(over)).trace.name).toBe(name);
  });

  it.each<[string, Flat, string | undefined]>([
    ['user in the line', { 'user.id': 'u-1', 'x-user-id': 'u-2' }, 'u-1'],
    ['user in the header', { 'user.id': null, 'x-user-id': 'u-2' }, 'u-2'],
    ['nobody', {}, undefined],
  ])('belongs to the %s', (_what, over, user) => {
    expect(callOf(envoy(over)).trace.userId).toBe(user);
  });

  it('belongs to no session, when the line names none', () => {
    expect(callOf(envoy({ 'session.id': 'null' })).trace.sessionId).toBeUndefined();
  });

  it('without a start ends when it was logged', () => {
    const { startTime, endTime } = callOf(envoy({ start_time: null })).observation;
    expect([startTime, endTime]).toEqual([1795244402000 - 1400, 1795244402000]);
  });

  it('cannot be read without any time', () => {
    expect(readFlat(without(envoy(), 'start_time', '__time__'))).toMatchObject({
      kind: 'reject',
      why: { why: 'unreadable' },
    });
  });

  it.each<[string, Flat]>([
    ['request id', { 'x-request-id': '3f1b7c0e-55aa-4c3e-9d0f-7b1a2c3d4e5f' }],
    ['start', { start_time: '2026-11-21T07:00:00.126Z' }],
    ['upstream, when it was tried again', { upstream_host: '192.0.2.5:443' }],
    ['duration', { duration: 1401 }],
    ['record, when it has no request id', { 'x-request-id': null, bytes_received: 211 }],
  ])('with another %s is another observation', (_what, over) => {
    const [one, two] = [callOf(envoy({ ...over, bytes_received: 210 })), callOf(envoy(over))];
    const other = over['x-request-id'] === null ? one : callOf(envoy());
    expect(two.observation.id).not.toBe(other.observation.id);
  });

  it('is read whatever field is missing', () => {
    for (const name of Object.keys(envoy())) {
      expect(readFlat(without(envoy(), name)).kind, name).toBe('call');
    }
  });

  it('holds no secret', () => {
    expect(JSON.stringify(callOf(envoy({ authorization: 'Bearer hush' })))).not.toContain('hush');
  });
});

const NO_MODEL: Flat = { 'gen_ai.request.model': null, 'gen_ai.response.model': null };

describe('a line of Envoy AI Gateway without a model', () => {
  it.each<[string, Flat, boolean]>([
    ['that failed on an LLM’s path', { response_code: 404 }, true],
    ['that went well', {}, false],
    ['that failed on another path', { response_code: 404, 'x-envoy-origin-path': '/health' }, false],
    ['that failed to be listed', { response_code: 401, method: 'GET' }, false],
  ])('%s is a call or none', (_what, over, call) => {
    expect(readFlat(envoy({ ...NO_MODEL, ...over })).kind).toBe(call ? 'call' : 'skip');
  });

  it.each<[string, Flat, boolean]>([
    ['failed', { response_code: 404 }, true],
    ['went well', {}, false],
    ['failed on another path', { response_code: 503, 'x-envoy-origin-path': '/v1/models' }, false],
  ])('and without the AI gateway’s own fields is a call only if it failed: %s', (_what, over, call) => {
    const plain = Object.entries(envoy(over)).filter(([name]) => !name.startsWith('gen_ai.'));
    expect(readFlat(Object.fromEntries(plain)).kind).toBe(call ? 'call' : 'skip');
  });
});

describe('a line of Envoy AI Gateway of a call of an MCP tool', () => {
  const MCP = envoy({ ...NO_MODEL, 'mcp.method.name': 'tools/call', 'mcp.tool.name': 'find', route_name: null });

  it('is skipped, unless asked for', () => {
    expect(readFlat(MCP)).toEqual({ kind: 'skip', reason: 'mcp' });
  });

  it.each<[string, Flat, string]>([
    ['its tool', {}, 'find'],
    ['its method, without a tool', { 'mcp.tool.name': null }, 'tools/call'],
    [
      'its method under the older name',
      { 'mcp.tool.name': null, 'mcp.method.name': null, mcp_method: 'tools/list' },
      'tools/list',
    ],
  ])('is a tool named after %s, where asked for', (_what, over, name) => {
    expect(withMcp({ ...MCP, ...over })).toMatchObject({
      kind: 'call',
      call: { observation: { type: 'tool', name, startTime: START, endTime: START + 1400 } },
    });
  });
});

describe('the Envoy reader', () => {
  it('never throws, and reads the same record the same', () => {
    const part = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(part, part, part, (model, tokens, path) => {
        const over = {
          'gen_ai.response.model': model,
          'gen_ai.usage.input_tokens': tokens,
          'x-envoy-origin-path': path,
        };
        expect(readFlat(envoy(over))).toEqual(readFlat(envoy(over)));
        expect(readFlat(envoy(over)).kind).toBe('call');
      }),
      { numRuns: 100 },
    );
  });
});

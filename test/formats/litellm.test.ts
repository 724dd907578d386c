import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { hash32 } from '../../lib/identity.ts';
import { fromFlat } from '../../lib/record.ts';
import { callOf, type Flat, readFlat, without } from './lines.ts';
import { failure, flattened, MESSAGES, payload, spendRow, TOOLS } from './litellm-lines.ts';

const START = Date.parse('2026-11-21T07:00:00.120Z');

describe('a standard logging payload', () => {
  it('comes out whole', () => {
    expect(callOf(payload())).toEqual({
      trace: {
        id: '0c0ffee0111142228333444455556666',
        name: 'litellm-acompletion',
        userId: 'visitor-12',
        sessionId: 'session-5',
        tags: ['litellm', 'beta', 'User-Agent: curl'],
        metadata: {
          id: 'chatcmpl-berlin-1',
          trace_id: '0c0ffee0-1111-4222-8333-444455556666',
          call_type: 'acompletion',
          cache_hit: 'false',
          stream: 'true',
          custom_llm_provider: 'dashscope',
          saved_cache_cost: '0',
          response_time: '0.779696',
          user_api_key_hash: '9f86d081884c7d65',
          user_api_key_alias: 'helpdesk',
          user_api_key_team_id: 'team-7',
          user_api_key_team_alias: 'support',
          user_api_key_user_id: 'owner-3',
          user_api_key_end_user_id: 'visitor-12',
          user_api_key_request_route: '/v1/chat/completions',
          requester_ip_address: '10.1.2.3',
          requester_metadata: { shop: 'north' },
          requester_custom_headers: { 'x-tenant': 'a' },
          api_base: 'https://dashscope.test/compatible-mode/v1',
          model_group: 'chat-default',
          model_id: 'deployment-4',
          hidden_params: { model_id: 'deployment-4' },
          model_map_information: { model_map_key: 'qwen-plus' },
          finish_reason: 'stop',
        },
      },
      observation: {
        id: hash32('chatcmpl-berlin-1').slice(0, 16),
        type: 'generation',
        name: 'litellm:helpdesk',
        model: 'qwen-plus',
        modelParameters: { temperature: 0.2, stream: true, stop: '["\\n"]' },
        input: { messages: MESSAGES, tools: TOOLS },
        output: { content: 'Berlin', role: 'assistant', tool_calls: null },
        // 100 - 60 - 20, 30 - 10: LiteLLM counts the cache within the prompt, whatever the provider does.
        usageDetails: {
          ...{ input: 20, output: 20, input_cached_tokens: 60, input_cache_creation: 20 },
          ...{ output_reasoning_tokens: 10, total: 130 },
        },
        // 0.0005 + 0.0006 is the total already: the costs of the cache are inside the input's.
        costDetails: {
          ...{
            input: 0.0002,
            output: 0.0006,
            input_cached_tokens: 0.0002,
            input_cache_creation: 0.0001,
            total: 0.0011,
          },
        },
        level: 'DEFAULT',
        startTime: START,
        endTime: Date.parse('2026-11-21T07:00:02.500Z'),
        completionStartTime: Date.parse('2026-11-21T07:00:00.900Z'),
      },
    });
  });

  it('of a failure is an error without an output', () => {
    const { trace, observation } = callOf(failure());
    expect(observation).toMatchObject({
      level: 'ERROR',
      statusMessage: 'RateLimitError: Too many requests for qwen-plus',
      input: { messages: MESSAGES, tools: TOOLS },
      costDetails: { total: 0 },
    });
    expect(observation).not.toHaveProperty('output');
    expect(observation).not.toHaveProperty('usageDetails');
    expect(trace.metadata.error_information).toEqual({
      error_code: '429',
      llm_provider: 'dashscope',
      traceback: 'File "router.py", line 1',
    });
    expect(trace.metadata).not.toHaveProperty('error_str');
  });

  it('tells by what a call is selected', () => {
    expect(readFlat(failure())).toMatchObject({
      facets: { format: 'litellm', route: 'chat-default', consumer: 'helpdesk', status: 429 },
    });
    expect(readFlat(payload())).toMatchObject({ facets: { path: '/v1/chat/completions' } });
    expect(readFlat(payload())).not.toHaveProperty('facets.status');
  });
});

describe('a row of the spend logs', () => {
  it('comes out whole', () => {
    expect(callOf(spendRow())).toEqual({
      trace: {
        id: hash32('chatcmpl-row-1'),
        name: 'litellm-acompletion',
        userId: 'owner-3',
        sessionId: 'session-8',
        tags: ['litellm', 'nightly'],
        metadata: {
          request_id: 'chatcmpl-row-1',
          call_type: 'acompletion',
          team_id: 'team-7',
          cache_key: 'Cache OFF',
          model_group: 'fast',
          custom_llm_provider: 'dashscope',
        },
      },
      observation: {
        id: hash32('chatcmpl-row-1').slice(0, 16),
        type: 'generation',
        name: 'litellm-acompletion',
        model: 'qwen-turbo',
        modelParameters: { max_tokens: 5 },
        input: { messages: MESSAGES },
        output: { role: 'assistant', content: 'Yes' },
        usageDetails: { input: 12, output: 3, total: 15 },
        costDetails: { total: 0.00003 },
        level: 'DEFAULT',
        startTime: Date.parse('2026-11-21T07:00:00.250Z'),
        endTime: Date.parse('2026-11-21T07:00:01.750Z'),
      },
    });
  });

  it.each<[string, Flat]>([
    ['the body inside the request', { proxy_server_request: { url: '/v1/x', body: { messages: MESSAGES } } }],
    [
      'the body as text in the metadata',
      { metadata: { proxy_server_request: JSON.stringify({ messages: MESSAGES }) } },
    ],
    ['the messages themselves', { messages: JSON.stringify(MESSAGES) }],
  ])('finds the prompt in %s', (_where, over) => {
    const row = without(spendRow(), 'proxy_server_request');
    expect(callOf({ ...row, ...over }).observation.input).toEqual({ messages: MESSAGES });
  });

  it('names a failure in its metadata', () => {
    const metadata = { status: 'failure', error_information: { error_class: 'Timeout', error_message: 'too slow' } };
    expect(callOf(spendRow({ status: '-', metadata })).observation).toMatchObject({
      level: 'ERROR',
      statusMessage: 'Timeout: too slow',
    });
  });

  it('has a first token where that lies between start and end', () => {
    const row = spendRow({ completionStartTime: '2026-11-21 07:00:00.500000' });
    expect(callOf(row).observation.completionStartTime).toBe(Date.parse('2026-11-21T07:00:00.500Z'));
  });
});

describe('the same payload', () => {
  it.each<[string, Flat]>([
    ['as one text', { content: JSON.stringify(without(payload(), '__time__')), __time__: '1795244403' }],
    ['with its objects as text', textual(payload())],
    ['with its metadata flattened', flattened(payload(), 'metadata')],
    ['with more of it flattened', flattened(payload(), 'metadata', 'hidden_params', 'response', 'cost_breakdown')],
    ['with its parameters flattened', flattened(payload(), 'model_parameters', 'error_information')],
    [
      'flattened twice',
      flattened(flattened(payload(), 'metadata'), 'metadata.usage_object', 'metadata.requester_metadata'),
    ],
  ])('%s is the same call', (_how, flat) => {
    expect(callOf(flat)).toEqual(callOf(payload()));
  });

  it('means UTC, whatever zone is configured', () => {
    expect(callOf(spendRow(), 'Asia/Shanghai')).toEqual(callOf(spendRow()));
  });
});

function textual(flat: Flat): Flat {
  return Object.fromEntries(
    Object.entries(flat).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

describe('times', () => {
  const AT = Date.parse('2026-11-21T07:00:00.000Z');

  it.each<[string, Flat, { startTime: number; endTime: number }]>([
    ['a date with a zone', { startTime: '2026-11-21T08:00:00.000+01:00' }, { startTime: AT, endTime: AT + 2500 }],
    ['a date without one', { startTime: '2026-11-21 07:00:00' }, { startTime: AT, endTime: AT + 2500 }],
    ['an end before the start', { startTime: 1795244403 }, { startTime: AT + 3000, endTime: AT + 3000 }],
    ['no end', { startTime: 1795244400, endTime: null }, { startTime: AT, endTime: AT + 780 }],
    [
      'no end and whole milliseconds',
      { startTime: 1795244400, endTime: '', request_duration_ms: 44 },
      { startTime: AT, endTime: AT + 44 },
    ],
    [
      'no start',
      { startTime: null, endTime: 1795244402, response_time: 1.5 },
      { startTime: AT + 500, endTime: AT + 2000 },
    ],
    ['neither', { startTime: null, endTime: null, response_time: 1 }, { startTime: AT + 2000, endTime: AT + 3000 }],
  ])('%s', (_what, over, times) => {
    expect(callOf(payload(over)).observation).toMatchObject(times);
  });

  it.each<[string, Flat]>([
    ['not streamed', { stream: null, model_parameters: {} }],
    ['started before the call', { completionStartTime: 1795244399 }],
    ['started after its end', { completionStartTime: 1795244409 }],
  ])('leave out the first token of a call that was %s', (_what, over) => {
    expect(callOf(payload(over)).observation).not.toHaveProperty('completionStartTime');
  });

  it('make the record unreadable when there are none', () => {
    const flat = payload({ startTime: '-', endTime: '-', __time__: '0' });
    expect(readFlat(flat)).toMatchObject({ kind: 'reject', why: { why: 'unreadable' } });
  });
});

describe('names and ids', () => {
  const asked = (requester_metadata: Flat, over: Flat = {}) => payload({ metadata: { requester_metadata }, ...over });

  it.each<[string, Flat, object]>([
    ['trace_name', asked({ trace_name: 'checkout' }), { trace: { name: 'checkout' } }],
    ['generation_name', asked({ generation_name: 'greet' }), { observation: { name: 'greet' } }],
    ['trace_user_id', asked({ trace_user_id: 'u-9' }), { trace: { userId: 'u-9' } }],
    ['trace_id of 32 digits', asked({ trace_id: 'AB'.repeat(16) }), { trace: { id: 'ab'.repeat(16) } }],
    ['trace_id of another kind', asked({ trace_id: 'order 1' }), { trace: { id: hash32('order 1') } }],
    ['existing_trace_id', asked({ existing_trace_id: 'a', trace_id: 'b' }), { trace: { id: hash32('a') } }],
    ['generation_id', asked({ generation_id: '00f067aa0ba902b7' }), { observation: { id: '00f067aa0ba902b7' } }],
    [
      'parent_observation_id',
      asked({ parent_observation_id: '00f067aa0ba902b7' }),
      { observation: { parentId: '00f067aa0ba902b7' } },
    ],
    ['session_id', asked({ session_id: 's' }, { session_id: 'top' }), { trace: { sessionId: 'top' } }],
    [
      'trace_id in the body',
      spendRow({ proxy_server_request: { metadata: { trace_id: 'b' } } }),
      { trace: { id: hash32('b') } },
    ],
  ])('follow what the caller asked for: %s', (_name, flat, expected) => {
    expect(callOf(flat)).toMatchObject(expected);
  });

  it.each<[string, Flat, string]>([
    ['the trace id', { trace_id: 't' }, hash32('t')],
    ['the call id', { trace_id: null, litellm_call_id: 'c' }, hash32('c')],
    ['the id', { trace_id: null }, hash32('chatcmpl-berlin-1')],
    ['an id where the trace id is all zeros', { trace_id: '0'.repeat(32) }, hash32('0'.repeat(32))],
  ])('take the trace from %s', (_name, over, id) => {
    expect(callOf(payload(over)).trace.id).toBe(id);
  });

  it.each<[string, Flat, string | undefined]>([
    ['end_user', {}, 'visitor-12'],
    ['the end user of the key', { end_user: '' }, 'visitor-12'],
    ['the user of the key', { end_user: '', metadata: { user_api_key_user_id: 'owner-3' } }, 'owner-3'],
    ['the key', { end_user: null, metadata: { user_api_key_alias: 'helpdesk' } }, 'helpdesk'],
    ['nobody', { end_user: '', metadata: {} }, undefined],
  ])('take the user from %s', (_who, over, userId) => {
    expect(callOf(payload(over)).trace.userId).toBe(userId);
  });

  it('tell apart the attempts at one request, all of which failed', () => {
    const ids = [1795244400, 1795244401, 1795244402].map((startTime) => callOf(failure({ startTime })).observation.id);
    expect(new Set(ids).size).toBe(3);
    expect(new Set(ids.map((id) => id.length))).toEqual(new Set([16]));
  });

  it('take the id of a failed call as it is where no other attempt can have the same', () => {
    const broken = { status: 'failure', error_str: 'The stream broke off' };
    expect(callOf(payload(broken)).observation.id).toBe(hash32('chatcmpl-berlin-1').slice(0, 16));
    const request_id = 'a1b2c3d4-0000-4000-8000-00000000000a';
    const row = spendRow({ request_id, status: 'failure' });
    expect(callOf(row).observation.id).toBe(hash32(request_id).slice(0, 16));
  });

  it.each<[string, Flat]>([
    ['named by the caller', { id: 'call-of-shop-7', litellm_call_id: 'call-of-shop-7' }],
    ['asked for', { metadata: { requester_metadata: { generation_id: '00f067aa0ba902b7' } } }],
  ])('tell apart failed attempts whose common id was %s', (_how, over) => {
    const ids = [1795244400, 1795244401].map((startTime) => callOf(failure({ ...over, startTime })).observation.id);
    expect(new Set(ids).size).toBe(2);
  });

  it('tell a payload without any id from the next by its content', () => {
    const bare = without(payload({ response: null }), 'id', 'trace_id');
    expect(callOf(bare).observation.id).not.toBe(callOf({ ...bare, end_user: 'x' }).observation.id);
    expect(callOf(bare)).toEqual(callOf(bare));
  });
});

describe('the kind of a call', () => {
  const vectors = { data: [{ embedding: [0.1], index: 0 }], object: 'list' };

  it.each<[callType: string, response: Flat[string], type: string, output: unknown]>([
    [
      'completion',
      { choices: [{ message: { role: 'assistant', content: 'a' } }] },
      'generation',
      { role: 'assistant', content: 'a' },
    ],
    ['atext_completion', { choices: [{ text: 'once' }] }, 'generation', 'once'],
    ['aembedding', vectors, 'embedding', undefined],
    ['arerank', { results: [{ index: 1, relevance_score: 0.9 }] }, 'retriever', [{ index: 1, relevance_score: 0.9 }]],
    ['aimage_generation', { data: [{ url: 'https://i.test/1.png' }] }, 'generation', [{ url: 'https://i.test/1.png' }]],
    ['atranscription', { text: 'good morning' }, 'generation', 'good morning'],
    ['pass_through_endpoint', { response: 'done' }, 'generation', 'done'],
    ['_arealtime', [{ type: 'session.created' }], 'generation', [{ type: 'session.created' }]],
    ['acompletion', 'redacted-by-litellm', 'generation', 'redacted-by-litellm'],
    ['acompletion', {}, 'generation', undefined],
    ['acompletion', { choices: [] }, 'generation', undefined],
  ])('%s with %j is a %s', (call_type, response, type, output) => {
    const { observation } = callOf(payload({ call_type, response, metadata: {} }));
    expect(observation).toMatchObject({ type, name: `litellm-${call_type}` });
    expect(observation.output).toEqual(output);
  });

  it('reads the answer of the Responses API and of Anthropic as messages', () => {
    const text = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] };
    const responses = callOf(payload({ call_type: 'aresponses', response: { object: 'response', output: [text] } }));
    expect(responses.observation.output).toMatchObject({ role: 'assistant' });
    const content = [{ type: 'text', text: 'hi' }];
    const anthropic = callOf(payload({ call_type: 'anthropic_messages', response: { role: 'assistant', content } }));
    expect(anthropic.observation.output).toMatchObject({ role: 'assistant' });
  });

  it('takes a text as the messages of an embedding', () => {
    expect(
      callOf(payload({ call_type: 'embedding', messages: 'a b', model_parameters: {} })).observation.input,
    ).toEqual({
      messages: 'a b',
    });
  });

  it.each(['afile_list', 'acreate_batch', 'alist_input_items', 'aget_assistants'])(
    '%s is no call of a model',
    (call_type) => {
      const idle = { call_type, total_tokens: 0, response_cost: 0 };
      expect(readFlat(payload(idle))).toEqual({ kind: 'skip', reason: 'non_ai' });
    },
  );

  it('counts a batch that has been paid for', () => {
    expect(readFlat(payload({ call_type: 'aretrieve_batch' }))).toMatchObject({ kind: 'call' });
  });

  it('skips tools, unless they are asked for', () => {
    const tool = { name: 'search', arguments: { q: 'x' }, result: { hits: 2 }, mcp_server_name: 'docs' };
    const flat = payload({
      ...{ call_type: 'call_mcp_tool', model: 'MCP: search', messages: null, response: null },
      metadata: { mcp_tool_call_metadata: tool },
    });
    expect(readFlat(flat)).toEqual({ kind: 'skip', reason: 'mcp' });
    const reading = read(fromFlat(flat), { readers: ALL, timeZone: 'UTC', includeMcp: true });
    expect(reading).toMatchObject({
      call: {
        trace: { name: 'litellm-call_mcp_tool', metadata: { mcp_tool_call_metadata: { mcp_server_name: 'docs' } } },
        observation: { type: 'tool', name: 'search', input: { q: 'x' }, output: { hits: 2 } },
      },
    });
    expect(reading).not.toHaveProperty('call.observation.model');
  });
});

describe('usage and costs', () => {
  const BREAKDOWN = { input_cost: 3, output_cost: 5, total_cost: 8 };

  it.each<[string, Flat, object | undefined]>([
    ['a total alone', { cost_breakdown: null, response_cost: 0.5 }, { total: 0.5 }],
    ['a breakdown', { cost_breakdown: BREAKDOWN, response_cost: 8 }, { input: 3, output: 5, total: 8 }],
    [
      'a cache beside the input',
      {
        cost_breakdown: { ...BREAKDOWN, cache_read_cost: 1, cache_creation_cost: 2, total_cost: 11 },
        response_cost: 11,
      },
      { input: 3, output: 5, input_cached_tokens: 1, input_cache_creation: 2, total: 11 },
    ],
    [
      'a cache inside the input, and a discount on the sum',
      { cost_breakdown: { ...BREAKDOWN, cache_read_cost: 1, original_cost: 8, total_cost: 7 }, response_cost: 7 },
      { input: 2, output: 5, input_cached_tokens: 1, total: 7 },
    ],
    [
      'a cache inside the input, and a margin on the sum',
      { cost_breakdown: { ...BREAKDOWN, cache_read_cost: 1, margin_total_amount: 1, total_cost: 9 }, response_cost: 9 },
      { input: 2, output: 5, input_cached_tokens: 1, total: 9 },
    ],
    [
      'reasoning and tools',
      { cost_breakdown: { ...BREAKDOWN, reasoning_cost: 2, tool_usage_cost: 4, total_cost: 12 }, response_cost: 12 },
      { input: 3, output: 3, output_reasoning_tokens: 2, tool_usage: 4, total: 12 },
    ],
    [
      'a breakdown without a cost beside it',
      { cost_breakdown: BREAKDOWN, response_cost: null },
      { input: 3, output: 5, total: 8 },
    ],
    ['a call that was free', { cost_breakdown: null, response_cost: 0 }, { total: 0 }],
    [
      'a model without a price',
      { cost_breakdown: null, response_cost: 0, model_map_information: { model_map_value: null } },
      undefined,
    ],
    [
      'a price that failed',
      { cost_breakdown: null, response_cost: 0, response_cost_failure_debug_info: { error_str: 'no price' } },
      undefined,
    ],
    ['nothing', { cost_breakdown: null, response_cost: null }, undefined],
    ['a negative cost', { cost_breakdown: null, response_cost: -1 }, undefined],
  ])('%s', (_what, over, costs) => {
    expect(callOf(payload(over)).observation.costDetails).toEqual(costs);
  });

  it.each<[string, Flat, object | undefined]>([
    ['the counts at the top', { metadata: {}, response: {} }, { input: 100, output: 30, total: 130 }],
    [
      'the usage of the answer',
      { metadata: {}, response: { usage: { prompt_tokens_details: { cached_tokens: 40 } } } },
      { input: 60, output: 30, input_cached_tokens: 40, total: 130 },
    ],
    [
      'tokens written to a cache, in the shape of OpenAI',
      { metadata: { usage_object: { prompt_tokens_details: { cached_tokens: 40, cache_creation_tokens: 10 } } } },
      { input: 50, output: 30, input_cached_tokens: 40, input_cache_creation: 10, total: 130 },
    ],
    [
      'a usage object where the top says nothing',
      {
        prompt_tokens: 0,
        completion_tokens: 0,
        total_tokens: 0,
        metadata: { usage_object: { prompt_tokens: 4, completion_tokens: 1, total_tokens: 5 } },
      },
      { input: 4, output: 1, total: 5 },
    ],
    [
      'nothing but zeros',
      { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, metadata: {}, response: {} },
      undefined,
    ],
  ])('%s', (_what, over, usage) => {
    expect(callOf(payload(over)).observation.usageDetails).toEqual(usage);
  });
});

describe('tags and metadata', () => {
  it.each<[string, Flat, string[]]>([
    ['an answer from the cache', { cache_hit: true, request_tags: [] }, ['litellm', 'cache:hit']],
    ["Python's word for it", { cache_hit: 'True', request_tags: '[]' }, ['litellm', 'cache:hit']],
    ['a fallback', { request_tags: null, metadata: { attempted_fallbacks: 1 } }, ['litellm', 'fallback']],
    ['tags that say nothing', { request_tags: ['', null, 'a', 7] }, ['litellm', 'a', '7']],
  ])('%s', (_what, over, tags) => {
    expect(callOf(payload(over)).trace.tags).toEqual(tags);
  });

  it('keep keys and cookies out, wherever they stand', () => {
    const secret = 'sk-abcdefghijklmnopqrstuvwx';
    const flat = payload({
      api_key: secret,
      metadata: {
        user_api_key: secret,
        requester_metadata: { headers: { Authorization: `Bearer ${secret}`, Cookie: secret } },
      },
      model_parameters: { extra_headers: { Authorization: `Bearer ${secret}` } },
      status: 'failure',
      error_str: `Incorrect API key provided: ${secret}`,
    });
    expect(JSON.stringify(callOf(flat))).not.toContain(secret);
  });

  it('keep what a guardrail decided, not the prompt that it quotes', () => {
    const quoted = { messages: MESSAGES, secret_fields: { raw_headers: { host: 'a' } } };
    const said = { ...quoted, proxy_server_request: { body: { messages: MESSAGES } }, verdict: 'allowed' };
    const guardrail = { guardrail_name: 'pii', guardrail_status: 'success', guardrail_request: quoted };
    const flat = payload({
      guardrail_information: [
        { ...guardrail, guardrail_response: said },
        { ...guardrail, guardrail_response: [said, 'ok'] },
      ],
    });
    const named = { guardrail_name: 'pii', guardrail_status: 'success' };
    expect(callOf(flat).trace.metadata.guardrail_information).toEqual([
      { ...named, guardrail_response: { verdict: 'allowed' } },
      { ...named, guardrail_response: [{ verdict: 'allowed' }, 'ok'] },
    ]);
    const single = payload({ guardrail_information: { ...guardrail, guardrail_response: 'blocked' } });
    expect(callOf(single).trace.metadata.guardrail_information).toEqual({ ...named, guardrail_response: 'blocked' });
  });

  it("keep what the caller's own metadata calls a status or a model", () => {
    const requester_metadata = { status: 'vip', model: 'B', spend: 4 };
    expect(callOf(payload({ metadata: { requester_metadata } })).trace.metadata.requester_metadata).toEqual({
      ...{ status: 'vip', model: 'B', spend: '4' },
    });
  });

  it('keep integers that a double cannot hold', () => {
    const metadata = '{"user_api_key_alias":"k","spend_logs_metadata":{"order":1234567890123456789}}';
    const { user_api_key_alias: alias, spend_logs_metadata: kept } = callOf(payload({ metadata })).trace.metadata;
    expect({ alias, kept }).toEqual({ alias: 'k', kept: { order: '1234567890123456789' } });
  });
});

describe('what is no line of LiteLLM', () => {
  it.each<[string, Flat]>([
    ['no type', without(payload(), 'call_type')],
    ['neither a time nor a cost', without(payload(), 'startTime', 'response_cost')],
    ['an empty type and no cost', without(payload({ call_type: '' }), 'response_cost')],
  ])('%s', (_what, flat) => {
    expect(readFlat(flat)).toEqual({ kind: 'skip', reason: 'non_ai' });
  });

  it('an empty type with a time and a cost is a request that failed early', () => {
    expect(callOf(failure({ call_type: '' })).trace.name).toBe('litellm-completion');
  });
});

describe('any payload', () => {
  const NAMES = Object.keys(payload());

  it('is read without throwing, the same each time, whatever its values are', () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary' }), fc.constant('None'));
    const over = fc.dictionary(fc.constantFrom(...NAMES, 'metadata.__proto__', 'response.choices'), value);
    fc.assert(
      fc.property(over, (values) => {
        const flat = payload({ ...(values as Flat), call_type: 'acompletion', startTime: 1795244400 });
        const reading = readFlat(flat);
        expect(reading.kind).toBe('call');
        expect(readFlat(flat)).toEqual(reading);
      }),
      { numRuns: 200 },
    );
  });

  it.each(NAMES.filter((name) => !['call_type', '__time__'].includes(name)))('is a call without its %s', (name) => {
    const { startTime, endTime } = callOf(without(payload(), name)).observation;
    expect(startTime).toBeLessThanOrEqual(endTime);
  });
});

import { describe, expect, it } from 'vitest';
import { aiLine, callOf, type Flat, line, readFlat, without } from './lines.ts';

const PARTS =
  '[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"https://i.test/c.png"}}]';
const TOOL_CALLS = [{ id: 'call_1', type: 'function', function: { name: 'track', arguments: '{"order":"A-1"}' } }];
const MESSAGES = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Where is A-1?' },
];

const CASES: [claim: string, record: Flat, expected: object][] = [
  [
    'the first version keeps its attributes at the top level, as texts, without an ai_log',
    line({ model: 'qwen-max', input_token: '21', output_token: '17', istio_policy_status: '-' }),
    { model: 'qwen-max', usageDetails: { input: 21, output: 17, total: 38 }, level: 'DEFAULT' },
  ],
  [
    'version 1 writes numbers as texts',
    aiLine({ model: 'qwen-turbo', input_token: '10', output_token: '69', llm_first_token_duration: '309' }),
    { usageDetails: { input: 10, output: 69, total: 79 }, completionStartTime: Date.UTC(2026, 10, 21, 7, 0, 0, 309) },
  ],
  [
    'version 1 pastes a list of parts into its question without escaping it',
    aiLine(
      `{"question":"${PARTS}","answer":"A cat, it seems.","model":"qwen-vl","input_token":"81","output_token":"9"}`,
    ),
    {
      model: 'qwen-vl',
      input: JSON.parse(PARTS),
      output: 'A cat, it seems.',
      usageDetails: { input: 81, output: 9, total: 90 },
      level: 'WARNING',
    },
  ],
  [
    'version 1 leaves quotes, commas and line breaks inside a question bare',
    aiLine('{"question":"Say "a", then\n"b", please","answer":"a b","model":"qwen-max","output_token":"2"}'),
    { input: 'Say "a", then\n"b", please', output: 'a b', model: 'qwen-max' },
  ],
  [
    'later versions write numbers',
    aiLine({ model: 'qwen-plus', input_token: 5, output_token: 6, total_token: 11, llm_first_token_duration: 40 }),
    { usageDetails: { input: 5, output: 6, total: 11 }, completionStartTime: Date.UTC(2026, 10, 21, 7, 0, 0, 40) },
  ],
  [
    'a normal response has no first token of its own',
    aiLine({ model: 'm', response_type: 'normal', llm_first_token_duration: 40 }),
    { completionStartTime: undefined },
  ],
  [
    'messages and tool calls are the input and the output, with reasoning',
    aiLine({
      answer: null,
      messages: MESSAGES,
      question: 'Where is A-1?',
      reasoning: 'Look it up.',
      tool_calls: TOOL_CALLS,
    }),
    {
      input: MESSAGES,
      output: { role: 'assistant', content: null, reasoning_content: 'Look it up.', tool_calls: TOOL_CALLS },
    },
  ],
  [
    'a system prompt leads messages that have none',
    aiLine({ system: 'Be kind.', messages: [{ role: 'user', content: 'hi' }] }),
    {
      input: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'hi' },
      ],
    },
  ],
  [
    'a system prompt leads a question',
    aiLine({ system: 'Be kind.', question: 'hi' }),
    {
      input: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'hi' },
      ],
    },
  ],
  ['an empty list of messages gives way to the question', aiLine({ messages: [], question: 'hi' }), { input: 'hi' }],
  [
    'token details on three levels become exclusive buckets',
    aiLine({
      ...{ model: 'gpt-4o', input_token: '100', output_token: '50' },
      ...{ input_token_details: '{"cached_tokens":80}', output_token_details: '{"reasoning_tokens":25}' },
    }),
    { usageDetails: { input: 20, input_cached_tokens: 80, output: 25, output_reasoning_tokens: 25, total: 150 } },
  ],
  [
    'token details may be objects',
    aiLine({ input_token: 100, output_token: 50, total_token: 150, input_token_details: { cached_tokens: 80 } }),
    { usageDetails: { input: 20, input_cached_tokens: 80, output: 50, total: 150 } },
  ],
  [
    'the lightweight mode tells no content',
    aiLine({ model: 'm', input_token: 1, output_token: 2, response_type: 'stream', session_id: 's' }),
    { input: undefined, output: undefined, level: 'DEFAULT' },
  ],
  [
    'attributes as fields of their own stay the Go text they are',
    aiLine(
      { model: 'm' },
      { messages: '[map[content:hi role:user]]', question: 'hi', answer: 'hello', input_token: '3' },
    ),
    { input: '[map[content:hi role:user]]', output: 'hello', usageDetails: { input: 3, total: 3 } },
  ],
  [
    'a text with its middle cut out is a warning',
    aiLine({ model: 'm', answer: 'The beginning [truncated] the end' }),
    { output: 'The beginning [truncated] the end', level: 'WARNING' },
  ],
  [
    'a list that was cut as Go text is a warning, too',
    aiLine({ model: 'm', messages: '[map[content:a [truncated] b role:user]]' }),
    { input: '[map[content:a [truncated] b role:user]]', level: 'WARNING' },
  ],
  [
    'a list with a message whose middle was cut out is a warning',
    aiLine({ model: 'm', messages: [{ role: 'user', content: 'a [truncated] b' }] }),
    { input: [{ role: 'user', content: 'a [truncated] b' }], level: 'WARNING' },
  ],
  [
    'a list that was cut within a name, and is JSON all the same, is a warning',
    aiLine({ model: 'm', messages: [{ 'ro [truncated] tent': 'hi' }] }),
    { input: [{ 'ro [truncated] tent': 'hi' }], level: 'WARNING' },
  ],
  [
    'an absent answer with status 200 is normal',
    aiLine({ model: 'm', question: 'hi', answer: '-' }),
    { output: undefined, level: 'DEFAULT' },
  ],
  [
    'the commercial gateway shows question and answer at the top, as dashes where ai_log has them',
    aiLine({ request_model: 'qwen-max', question: 'hi', answer: 'hello' }, { question: '-', answer: '-' }),
    { model: 'qwen-max', input: 'hi', output: 'hello' },
  ],
  [
    'what ai_log has as dashes does not hide what stands at the top',
    aiLine({ model: 'm', question: '-', answer: '-' }, { question: 'hi', answer: 'hello' }),
    { input: 'hi', output: 'hello' },
  ],
  [
    'the commercial gateway shows question and answer at the top only',
    line({
      ai_log: '-',
      question: 'hi',
      answer: 'hello',
      original_path: '/v1/chat/completions',
      request_duration: '3',
    }),
    { input: 'hi', output: 'hello' },
  ],
  [
    'a model named unknown gives way to the one that was asked for',
    aiLine({ model: 'unknown', request_model: 'qwen-max' }),
    { model: 'qwen-max' },
  ],
  ['a model named UNKNOWN, too', aiLine({ model: 'UNKNOWN', request_model: 'qwen-max' }), { model: 'qwen-max' }],
  [
    'the details of a Claude answer count its caches beside the input',
    aiLine({
      ...{ model: 'claude-x', input_token: 7, output_token: 11, total_token: 418 },
      input_token_details: { cache_read_input_tokens: 300, cache_creation_input_tokens: 100 },
    }),
    { usageDetails: { input: 7, input_cached_tokens: 300, input_cache_creation: 100, output: 11, total: 418 } },
  ],
  [
    'the details of a Gemini answer count its thoughts beside the output',
    aiLine({
      ...{ model: 'gemini-x', input_token: 90, output_token: 25, total_token: 315 },
      input_token_details: '{"cached_content_token_count":50}',
      output_token_details: '{"thoughts_token_count":200}',
    }),
    {
      usageDetails: { input: 40, input_cached_tokens: 50, output: 25, output_reasoning_tokens: 200, total: 315 },
    },
  ],
  [
    "the details of a DeepSeek answer count its hits within the input, beside OpenAI's empty word for them",
    aiLine({
      ...{ model: 'deepseek-x', input_token: 90, output_token: 10, total_token: 100 },
      input_token_details: { cached_tokens: 0, prompt_cache_hit_tokens: 64 },
    }),
    { usageDetails: { input: 26, input_cached_tokens: 64, output: 10, total: 100 } },
  ],
  [
    'what OpenAI wrote to its cache is counted within the input',
    aiLine({
      ...{ model: 'gpt-x', input_token: 90, output_token: 10, total_token: 100 },
      input_token_details: { cached_tokens: 20, cache_write_tokens: 30 },
    }),
    { usageDetails: { input: 40, input_cached_tokens: 20, input_cache_creation: 30, output: 10, total: 100 } },
  ],
];

describe('a Higress line', () => {
  it.each(CASES)('%s', (_claim, record, expected) => {
    const absent = { input: undefined, output: undefined, completionStartTime: undefined };
    expect({ ...absent, ...callOf(record).observation }).toMatchObject(expected);
  });

  it('shows details that fit no bucket in the metadata, and those of 0 nowhere', () => {
    const { trace, observation } = callOf(
      aiLine({
        ...{ model: 'm', input_token: 9, output_token: 5, total_token: 14 },
        input_token_details: { cached_tokens: 2, audio_tokens: 4, text_tokens: 0 },
        output_token_details: '{"generated_images":1,"reasoning_tokens":0}',
      }),
    );
    expect(observation.usageDetails).toEqual({ input: 7, input_cached_tokens: 2, output: 5, total: 14 });
    expect(trace.metadata.input_token_details).toEqual({ audio_tokens: 4 });
    expect(trace.metadata.output_token_details).toEqual({ generated_images: 1 });
    expect(callOf(aiLine({ model: 'm', input_token_details: {} })).trace.metadata).not.toHaveProperty(
      'input_token_details',
    );
  });

  it('is the same when a log agent flattened its ai_log', () => {
    const aiLog = { model: 'm', question: 'hi', input_token: 3, output_token: 4, chat_id: 'c-1', usage: { x: '1' } };
    const flat = { 'ai_log.usage.x': '1', 'ai_log.messages': '[{"role":"user","content":"hi"}]' };
    const parts = Object.entries(aiLog).flatMap(([name, value]) =>
      typeof value === 'object' ? [] : [[`ai_log.${name}`, String(value)]],
    );
    const { trace, observation } = callOf(line({ ...flat, ...Object.fromEntries(parts) }));
    const { usage: _, ...others } = aiLog;
    const whole = callOf(aiLine({ ...others, usage: { x: '1' }, messages: [{ role: 'user', content: 'hi' }] }));
    expect({ trace, observation }).toEqual(whole);
  });

  it('in the format of NGINX Ingress is the trace of its req_id, and a failed call by its url and status', () => {
    const flat = {
      ...{ req_id: '11111111222243338444555555555555', status: '429', url: '/v1/chat/completions?key=k-1' },
      ...{ method: 'POST', request_time: '1.500', proxy_upstream_name: 'qwen', __time__: '1795244402' },
    };
    const { trace, observation } = callOf(flat);
    expect(trace).toMatchObject({ id: flat.req_id, metadata: { url: '/v1/chat/completions' } });
    expect(observation).toMatchObject({
      ...{ level: 'ERROR', statusMessage: 'HTTP 429', startTime: 1_795_244_400_500, endTime: 1_795_244_402_000 },
    });
    expect(callOf({ ...flat, status: '503', proxy_upstream_name: 'spare' }).observation.id).not.toBe(observation.id);
    expect(readFlat({ ...flat, url: '/orders' })).toEqual({ kind: 'skip', reason: 'non_ai' });
  });

  it('takes user and session from ai_log, the user before the consumer, and no consumer named none', () => {
    const { trace } = callOf(aiLine({ question: 'hi', session_id: 's-1', user_id: 'u-1', consumer: 'app' }));
    expect(trace).toMatchObject({ userId: 'u-1', sessionId: 's-1' });
    expect(callOf(aiLine({ question: 'hi', consumer: 'none' }, { consumer: 'app' })).trace.userId).toBe('app');
    expect(callOf(aiLine({ question: 'hi', consumer: 'none' })).trace.userId).toBeUndefined();
  });

  it.each([
    ['api', 'qwen@chat', 'chat', 'qwen@chat'],
    ['route', '-', 'chat', 'chat'],
    ['path', '-', '-', 'chat/completions'],
  ])('is named after its %s', (_by, api, route, name) => {
    expect(callOf(aiLine({ api, model: 'm' }, { route_name: route })).trace.name).toBe(name);
  });

  it('joins the trace of a 32-hex id, pads a 16-hex one, and else is a trace of its request', () => {
    const hex = '4F1C2A7D9BE34C0A8D6E5F7081A2B3C4';
    expect(callOf(aiLine({ model: 'm' }, { trace_id: hex })).trace.id).toBe(hex.toLowerCase());
    expect(callOf(aiLine({ model: 'm' }, { trace_id: '8d6e5f7081a2b3c4' })).trace.id).toBe(
      '00000000000000008d6e5f7081a2b3c4',
    );
    for (const trace_id of ['-', '0'.repeat(32), '0'.repeat(16)]) {
      expect(callOf(aiLine({ model: 'm' }, { trace_id })).trace.id).toBe('11111111222243338444555555555555');
    }
  });
});

describe('an agent log', () => {
  const agent: Flat = {
    __file_offset__: '2000',
    timestamp: '2026-02-01T09:32:00Z',
    ai_log: JSON.stringify({
      ...{ api: 'q3@higress', api_type: 'LLM', chat_round: 2, consumer: 'bot', input_token: 320, output_token: 180 },
      ...{
        model: 'q3',
        response_type: 'normal',
        session_id: 'agent:1',
        total_token: 500,
        reasoning: '',
        tool_calls: [],
      },
      ...{ messages: [{ role: 'tool', content: '{"t":15}' }], question: '', answer: 'Fine, 15 °C.' },
    }),
    __time__: '1769938321',
  };

  it('has its own time, the tool result as input and a bare answer', () => {
    const { trace, observation } = callOf(agent);
    expect(trace).toMatchObject({ name: 'q3@higress', userId: 'bot', sessionId: 'agent:1', tags: ['higress'] });
    expect(observation).toMatchObject({
      input: [{ role: 'tool', content: '{"t":15}' }],
      output: 'Fine, 15 °C.',
      level: 'DEFAULT',
      startTime: Date.UTC(2026, 1, 1, 9, 32),
      endTime: Date.UTC(2026, 1, 1, 9, 32),
    });
    expect(observation.statusMessage).toBeUndefined();
  });

  it('is told from the next one by its offset alone', () => {
    const next = callOf({ ...agent, __file_offset__: '3000' });
    expect(next.observation.id).not.toBe(callOf(agent).observation.id);
    expect(next.trace.id).not.toBe(callOf(agent).trace.id);
  });

  it('ends with its log when it tells no time of its own', () => {
    const { startTime, endTime } = callOf(
      without(aiLine({ model: 'm', llm_service_duration: 500 }), 'start_time', 'duration'),
    ).observation;
    expect([startTime, endTime]).toEqual([1795244401500, 1795244402000]);
  });

  it('without any time is unreadable', () => {
    expect(readFlat(without(agent, 'timestamp', '__time__'))).toMatchObject({
      kind: 'reject',
      why: { why: 'unreadable' },
    });
  });
});

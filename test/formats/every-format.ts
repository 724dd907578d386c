import { aiLine, type Flat, line } from './lines.ts';

const AI_LOG = {
  ...{ model: 'm', question: 'q "a", b', answer: 'a', input_token: 3, output_token: 4, total_token: 7 },
  ...{ messages: [{ role: 'user', content: 'x' }], tool_calls: [{ id: 'c' }], llm_first_token_duration: 12 },
  ...{ input_token_details: '{"cached_tokens":1}', session_id: 's', user_id: 'u', safecheck_status: 'request pass' },
};
const LOGGED = { __time__: '1795244402', __source__: '10.0.0.1' };

const HIGRESS: Flat[] = [
  aiLine(AI_LOG),
  aiLine(JSON.stringify(JSON.stringify(AI_LOG))),
  aiLine(`{"question":"[{"type":"text"}]","model":"m"}`),
  { content: `2026-11-21T07:00:00Z stdout F ${JSON.stringify(aiLine(AI_LOG))}`, ...LOGGED },
  { timestamp: '2026-11-21T07:00:00Z', __file_offset__: '1', ai_log: AI_LOG, ...LOGGED },
  line({ model: 'm', input_token: '1', request_body: '{"messages":[]}', response_body: '{"choices":[{}]}' }),
  line({ response_code: '503' }),
];

const SEED: Flat = {
  ...{ trace_id: 't', question: 'hi', answer: 'hello', response_code: '200', duration: '1200', ...LOGGED },
  ai_log: { model_name: 'm', usage: { total_tokens: 3 } },
};

const LITELLM_PAYLOAD: Flat = {
  ...{
    id: 'chatcmpl-9f1c',
    trace_id: 'b7c0b3f2-8d1e-4f3a-9b60-0a1b2c3d4e5f',
    call_type: 'acompletion',
    stream: 'true',
  },
  ...{ status: 'success', model: 'qwen-plus', model_group: 'qwen', custom_llm_provider: 'dashscope', ...LOGGED },
  ...{ startTime: '1795244400.25', endTime: '1795244402.5', completionStartTime: '1795244400.75' },
  ...{ prompt_tokens: '20', completion_tokens: '30', total_tokens: '50', response_cost: '0.0012', end_user: 'u-7' },
  metadata: {
    user_api_key_alias: 'team-key',
    user_api_key_team_alias: 'team',
    requester_metadata: { session_id: 's-1' },
  },
  messages: [{ role: 'user', content: 'Where is A-1?' }],
  response: { choices: [{ message: { role: 'assistant', content: 'On its way.' }, finish_reason: 'stop' }] },
  model_parameters: { temperature: 0.2, stream: true },
  request_tags: ['shop'],
};

const SPEND_LOG: Flat = {
  ...{ request_id: 'chatcmpl-77aa', call_type: 'aembedding', spend: '0.0001', model: 'text-embedding-v3', ...LOGGED },
  ...{ startTime: '2026-11-21 07:00:00.250000', endTime: '2026-11-21 07:00:00.500000', user: 'u-1', cache_hit: 'None' },
  ...{ prompt_tokens: '8', completion_tokens: '0', total_tokens: '8', messages: '{}', response: '{}', metadata: '{}' },
};

const SPAN: Flat = {
  ...{ traceID: '0af7651916cd43dd8448eb211c80319c', spanID: 'b7ad6b7169203331', parentSpanID: '00f067aa0ba902b7' },
  ...{ kind: 'client', name: 'chat qwen-plus', service: 'shop-agent', host: 'h', statusCode: 'OK', ...LOGGED },
  ...{ start: '1795244400250000', end: '1795244402250000', duration: '2000000', links: '[]', logs: '[]' },
  attribute: {
    ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'dashscope', 'gen_ai.request.model': 'qwen-plus' },
    ...{ 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 7, 'gen_ai.conversation.id': 'c-1' },
    'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
    'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"Hello"}]}]',
  },
  resource: { 'service.name': 'shop-agent' },
};

const ARMS_SPAN: Flat = {
  ...SPAN,
  spanID: '00f067aa0ba902b7',
  parentSpanID: '00f067aa0ba902b7',
  attribute: {
    ...{ 'gen_ai.span.kind': 'CHAIN', 'gen_ai.user.id': 'u', 'input.value': 'Hi', 'output.value': '{"a":1}' },
  },
};

const KONG: Flat = {
  ai: {
    proxy: {
      meta: { request_model: 'gpt-4o', response_model: 'gpt-4o', provider_name: 'openai', llm_latency: 900 },
      usage: { prompt_tokens: 14, completion_tokens: 21, total_tokens: 35, time_to_first_token: 300, cost: 0.0003 },
      payload: { request: '{"messages":[{"role":"user","content":"Hi"}]}', response: '{"choices":[]}' },
    },
  },
  ...{ started_at: '1795244400250', latencies: { request: 1000 }, route: { name: 'chat' }, ...LOGGED },
  ...{ request: { id: 'b1946ac92492d2347c6235b4d2611184', uri: '/chat?key=1' }, response: { status: 200 } },
  consumer: { username: 'shop' },
};

const APISIX: Flat = {
  llm_summary: {
    ...{ request_model: 'deepseek-chat', model: 'deepseek-chat', duration: 350, stream: 'true', end_user_id: 'u-3' },
    ...{ prompt_tokens: '40', completion_tokens: '9', total_tokens: '49' },
  },
  llm_request: { messages: [{ role: 'user', content: 'Hi' }], stream: true },
  llm_response_text: { content: 'Hello' },
  ...{ start_time: '1795244400250', latency: '1250.5', route_id: 'r1', ...LOGGED },
  ...{ request: { headers: { authorization: 'Bearer x' }, uri: '/v1/chat/completions' }, response: { status: 200 } },
};

const ENVOY: Flat = {
  ...{ ':authority': 'llm.test', 'gen_ai.provider.name': 'p', 'gen_ai.request.model': 'gpt-4o-mini', ...LOGGED },
  ...{ 'gen_ai.usage.input_tokens': 15, 'gen_ai.usage.output_tokens': 7, 'gen_ai.usage.total_tokens': 22 },
  ...{ 'gen_ai.response.model': null, duration: 1526, method: 'POST', response_code: 200, response_flags: '-' },
  ...{ start_time: '2026-11-21T07:00:00.250Z', 'x-request-id': '83b63da3-45a9-4196-98b8-1a7f697d6d8e' },
  ...{ 'x-envoy-origin-path': '/v1/chat/completions', route_name: 'aigw', 'session.id': 's' },
};

const XINFERENCE: Flat = {
  ...{ '@timestamp': '2026-11-21T07:00:02.250Z', event_type: 'api_call', category: 'inference', user: 'alice' },
  ...{ api_key_name: 'k', model_id: 'qwen-1', model_name: 'qwen2.5-instruct', model_type: 'LLM', status: '200' },
  ...{ endpoint: '/v1/chat/completions', latency_ms: '812.4', client_ip: '10.0.0.9', ...LOGGED },
};

const NEW_API: Flat = {
  content:
    '[INFO] 2026/11/21 - 15:00:02 | 20261121070000250xYz | record consume log: userId=7, params={"channel_id":1,' +
    '"prompt_tokens":23,"completion_tokens":8,"model_name":"qwen-max","token_name":"t","quota":4,' +
    '"use_time_seconds":2,"is_stream":true,"group":"default","other":{"frt":830,"cache_tokens":3}}',
  ...LOGGED,
};

/** A record of every format, with what its name is as a tag. */
export const BY_FORMAT: readonly (readonly [format: string, record: Flat])[] = [
  ...HIGRESS.map((record) => ['higress', record] as const),
  ['seed', SEED],
  ['litellm', LITELLM_PAYLOAD],
  ['litellm', SPEND_LOG],
  ['otel', SPAN],
  ['otel', ARMS_SPAN],
  ['kong', KONG],
  ['apisix', APISIX],
  ['envoy', ENVOY],
  ['xinference', XINFERENCE],
  ['new-api', NEW_API],
];

/** The field that tells one call of a format from another, for records that are made in numbers. */
export const TELLING: Readonly<Record<string, (record: Flat, n: number) => Flat>> = {
  higress: (record, n) =>
    'content' in record
      ? { ...record, content: String(record.content).replace('11111111-2222', `request-${n}`) }
      : { ...record, request_id: `request-${n}` },
  seed: (record, n) => ({ ...record, trace_id: `trace-${n}` }),
  litellm: (record, n) => ({ ...record, ...('id' in record ? { id: `call-${n}` } : { request_id: `call-${n}` }) }),
  otel: (record, n) => ({ ...record, spanID: (n + 1).toString(16).padStart(16, '0') }),
  kong: (record, n) => ({ ...record, request: { id: `request-${n}` } }),
  apisix: (record, n) => ({ ...record, start_time: String(1795244400250 + n) }),
  envoy: (record, n) => ({ ...record, 'x-request-id': `request-${n}` }),
  xinference: (record, n) => ({ ...record, client_ip: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` }),
  'new-api': (record, n) => ({ ...record, content: String(record.content).replace('xYz', `x${n}`) }),
};

import type { Flat } from './lines.ts';

export const MESSAGES = [
  { role: 'system', content: 'Answer in one word.' },
  { role: 'user', content: 'Which city lies on the Spree?' },
];
export const TOOLS = [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }];

/** A `StandardLoggingPayload` of a streamed chat through the proxy, with a key, tags, a cache and a breakdown of costs. */
export function payload(over: Flat = {}): Flat {
  return {
    id: 'chatcmpl-berlin-1',
    trace_id: '0c0ffee0-1111-4222-8333-444455556666',
    call_type: 'acompletion',
    cache_hit: false,
    stream: true,
    status: 'success',
    custom_llm_provider: 'dashscope',
    saved_cache_cost: 0,
    startTime: 1795244400.120304,
    endTime: 1795244402.5,
    completionStartTime: 1795244400.9,
    response_time: 0.779696,
    model: 'qwen-plus',
    metadata: {
      user_api_key_hash: '9f86d081884c7d65',
      user_api_key_alias: 'helpdesk',
      user_api_key_team_id: 'team-7',
      user_api_key_team_alias: 'support',
      user_api_key_org_id: null,
      user_api_key_user_id: 'owner-3',
      user_api_key_end_user_id: 'visitor-12',
      user_api_key_request_route: '/v1/chat/completions',
      spend_logs_metadata: null,
      requester_ip_address: '10.1.2.3',
      requester_metadata: { session_id: 'session-5', shop: 'north' },
      requester_custom_headers: { 'x-tenant': 'a', 'x-api-key': 'hidden-1', referer: 'https://shop.test/?k=1' },
      applied_guardrails: [],
      usage_object: {
        prompt_tokens: 100,
        completion_tokens: 30,
        total_tokens: 130,
        prompt_tokens_details: { cached_tokens: 60, audio_tokens: null },
        completion_tokens_details: { reasoning_tokens: 10 },
        cache_creation_input_tokens: 20,
        cache_read_input_tokens: 60,
      },
    },
    cache_key: null,
    response_cost: 0.0011,
    cost_breakdown: {
      input_cost: 0.0005,
      output_cost: 0.0006,
      total_cost: 0.0011,
      tool_usage_cost: 0,
      cache_read_cost: 0.0002,
      cache_creation_cost: 0.0001,
    },
    total_tokens: 130,
    prompt_tokens: 100,
    completion_tokens: 30,
    request_tags: ['beta', 'User-Agent: curl'],
    end_user: 'visitor-12',
    api_base: 'https://dashscope.test/compatible-mode/v1',
    model_group: 'chat-default',
    model_id: 'deployment-4',
    requester_ip_address: null,
    messages: MESSAGES,
    response: {
      id: 'chatcmpl-berlin-1',
      created: 1795244402,
      model: 'qwen-plus',
      object: 'chat.completion',
      system_fingerprint: null,
      choices: [
        { finish_reason: 'stop', index: 0, message: { content: 'Berlin', role: 'assistant', tool_calls: null } },
      ],
      usage: { completion_tokens: 30, prompt_tokens: 100, total_tokens: 130 },
    },
    model_parameters: { temperature: 0.2, stream: true, stop: ['\n'], tools: TOOLS },
    hidden_params: { model_id: 'deployment-4', cache_key: null, additional_headers: {} },
    model_map_information: { model_map_key: 'qwen-plus', model_map_value: { max_tokens: 8192 } },
    error_str: null,
    error_information: { error_code: '', error_class: '', llm_provider: '', traceback: '', error_message: '' },
    __time__: '1795244403',
    ...over,
  };
}

/** The payload of a call that the provider refused. */
export function failure(over: Flat = {}): Flat {
  return payload({
    id: 'a1b2c3d4-0000-4000-8000-00000000000a',
    status: 'failure',
    stream: false,
    response: null,
    response_cost: 0,
    cost_breakdown: null,
    total_tokens: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    metadata: { user_api_key_alias: 'helpdesk', usage_object: null },
    error_str: 'Too many requests for qwen-plus',
    error_information: {
      error_code: '429',
      error_class: 'RateLimitError',
      llm_provider: 'dashscope',
      traceback: 'File "router.py", line 1',
      error_message: 'Too many requests for qwen-plus',
    },
    ...over,
  });
}

/** A row of the table of spend logs, which writes objects as JSON text and keeps the prompt in the request's body. */
export function spendRow(over: Flat = {}): Flat {
  return {
    request_id: 'chatcmpl-row-1',
    session_id: 'session-8',
    call_type: 'acompletion',
    api_key: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4',
    cache_hit: 'None',
    startTime: '2026-11-21 07:00:00.250000',
    endTime: '2026-11-21 07:00:01.750000',
    completionStartTime: '2026-11-21 07:00:01.750000',
    model: 'qwen-turbo',
    user: 'owner-3',
    team_id: 'team-7',
    organization_id: '',
    metadata: JSON.stringify({
      user_api_key: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4',
      user_api_key_alias: null,
      status: null,
      attempted_fallbacks: null,
      usage_object: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15, prompt_tokens_details: null },
    }),
    cache_key: 'Cache OFF',
    spend: 0.00003,
    total_tokens: 15,
    prompt_tokens: 12,
    completion_tokens: 3,
    request_tags: '["nightly"]',
    end_user: '',
    api_base: '',
    model_group: 'fast',
    model_id: '',
    requester_ip_address: null,
    custom_llm_provider: 'dashscope',
    messages: '{}',
    response: JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'Yes' } }] }),
    proxy_server_request: JSON.stringify({ model: 'fast', messages: MESSAGES, max_tokens: 5 }),
    status: 'success',
    __time__: '1795244402',
    ...over,
  };
}

/** Objects one level deep as a log agent flattens them: `metadata.user_api_key_alias` is a field. */
export function flattened(flat: Flat, ...names: string[]): Flat {
  const entries = Object.entries(flat).flatMap(([name, value]): [string, Flat[string]][] => {
    if (!names.includes(name) || typeof value !== 'object' || value === null || Array.isArray(value)) {
      return [[name, value]];
    }
    return Object.entries(value).map(([inner, part]) => [`${name}.${inner}`, part]);
  });
  return Object.fromEntries(entries);
}

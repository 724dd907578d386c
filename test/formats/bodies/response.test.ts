import { describe, expect, it } from 'vitest';
import { type ResponseBody, readResponse } from '../../../lib/formats/bodies/response.ts';
import type { Json } from '../../../lib/types.ts';

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const call = (id: string, name: string, written: string) => ({
  id,
  type: 'function',
  function: { name, arguments: written },
});
const chat = (...messages: Json[]): Json => ({
  choices: messages.map((message, index) => ({ index, message, finish_reason: 'stop' })),
});

const TABLE: [what: string, body: Json, read: ResponseBody][] = [
  [
    'a chat completion, without the members that say nothing',
    {
      id: 'chatcmpl-1',
      model: 'm',
      choices: [
        {
          message: { content: 'hello', role: 'assistant', tool_calls: null, function_call: null, annotations: [] },
          finish_reason: 'stop',
        },
      ],
      usage: USAGE,
    },
    {
      id: 'chatcmpl-1',
      model: 'm',
      output: { role: 'assistant', content: 'hello' },
      usage: USAGE,
      finishReason: 'stop',
    },
  ],
  [
    'a chat completion with tool calls and reasoning',
    chat({ content: null, reasoning: 'Hm.', tool_calls: [call('c', 'f', '{}')] }),
    {
      output: { role: 'assistant', content: null, reasoning_content: 'Hm.', tool_calls: [call('c', 'f', '{}')] },
      finishReason: 'stop',
    },
  ],
  [
    'several choices',
    chat({ role: 'assistant', content: 'a' }, { role: 'assistant', content: 'b' }),
    {
      output: [
        { role: 'assistant', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
      finishReason: 'stop',
    },
  ],
  ['no choice', { id: 'x', choices: [] }, { id: 'x' }],
  [
    'a completion',
    { choices: [{ text: 'upon', finish_reason: 'length' }] },
    { output: 'upon', finishReason: 'length' },
  ],
  [
    'the Responses API',
    {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      error: null,
      model: 'm',
      output: [
        {
          type: 'reasoning',
          summary: [
            { type: 'summary_text', text: 'One.' },
            { type: 'summary_text', text: 'Two.' },
          ],
        },
        { type: 'web_search_call', id: 'ws', status: 'completed', action: { query: 'q' } },
        { type: 'function_call', id: 'fc', call_id: 'c', name: 'f', arguments: '{"a":1}' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hello', annotations: [] }] },
      ],
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    },
    {
      id: 'resp_1',
      model: 'm',
      output: {
        role: 'assistant',
        content: 'hello',
        reasoning_content: 'One.\n\nTwo.',
        tool_calls: [call('ws', 'web_search', '{"action":{"query":"q"}}'), call('c', 'f', '{"a":1}')],
      },
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      finishReason: 'completed',
    },
  ],
  [
    'the Responses API that failed half-way',
    {
      object: 'response',
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      error: { code: 'server_error', message: 'broke' },
      output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }],
    },
    {
      output: { role: 'assistant', content: 'No.' },
      error: 'server_error: broke',
      finishReason: 'max_output_tokens',
    },
  ],
  [
    'Anthropic',
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 's' },
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
        { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 2 },
    },
    {
      id: 'msg_1',
      model: 'claude',
      output: {
        role: 'assistant',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
        reasoning_content: 'Hm.',
        tool_calls: [call('t', 'f', '{"a":1}')],
      },
      usage: { input_tokens: 1, output_tokens: 2 },
      finishReason: 'tool_use',
    },
  ],
  [
    'Gemini',
    {
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'Hm.', thought: true }, { text: 'hello' }] },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 1, totalTokenCount: 2 },
      modelVersion: 'gemini',
      responseId: 'g-1',
    },
    {
      id: 'g-1',
      model: 'gemini',
      output: { role: 'assistant', content: 'hello', reasoning_content: 'Hm.' },
      usage: { promptTokenCount: 1, totalTokenCount: 2 },
      finishReason: 'STOP',
    },
  ],
  [
    'Gemini with a call',
    { candidates: [{ content: { parts: [{ functionCall: { id: 'c', name: 'f', args: { a: 1 } } }] } }] },
    { output: { role: 'assistant', content: null, tool_calls: [call('c', 'f', '{"a":1}')] } },
  ],
  [
    'DashScope with messages',
    {
      request_id: 'r-1',
      output: {
        choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: [{ text: 'hello' }] } }],
      },
      usage: { input_tokens: 1, output_tokens: 2 },
    },
    {
      id: 'r-1',
      output: { role: 'assistant', content: 'hello' },
      usage: { input_tokens: 1, output_tokens: 2 },
      finishReason: 'stop',
    },
  ],
  ['DashScope with a text', { output: { text: 'hi', finish_reason: 'stop' } }, { output: 'hi', finishReason: 'stop' }],
  [
    'DashScope with a null finish reason in quotes',
    {
      output: { choices: [{ finish_reason: 'null', message: { role: 'assistant', content: 'h' } }] },
      code: '',
      message: '',
    },
    { output: { role: 'assistant', content: 'h' } },
  ],
  [
    'DashScope with vectors',
    { output: { embeddings: [{ text_index: 0, embedding: [1, 2, 3] }] } },
    { output: { embeddings: 1, dimensions: 3 } },
  ],
  ['DashScope with another output', { output: { task_id: 't' } }, { output: { task_id: 't' } }],
  [
    'embeddings',
    { object: 'list', model: 'e', data: [{ embedding: [1, 2] }, { embedding: [3, 4] }], usage: { total_tokens: 2 } },
    { model: 'e', output: { embeddings: 2, dimensions: 2 }, usage: { total_tokens: 2 } },
  ],
  ['embeddings in base64', { data: [{ embedding: 'AAAAAAAAAAA=' }] }, { output: { embeddings: 1, dimensions: 2 } }],
  ["Gemini's embedding", { embedding: { values: [1, 2, 3] } }, { output: { embeddings: 1, dimensions: 3 } }],
  ['embeddings grouped by type', { embeddings: { float: [[1, 2]] } }, { output: { embeddings: 1, dimensions: 2 } }],
  [
    'a ranking',
    { results: [{ index: 1, relevance_score: 0.9, document: { text: 'b' } }] },
    { output: [{ index: 1, relevance_score: 0.9, document: { text: 'b' } }] },
  ],
  [
    'images',
    { created: 1, data: [{ url: 'https://a.test/1?sig=2' }, { b64_json: 'iVBORw0KGgoA', revised_prompt: 'a cat' }] },
    { output: [{ url: 'https://a.test/1?sig=2' }, { b64_json: '[image/png, 9 B]', revised_prompt: 'a cat' }] },
  ],
  [
    'a server with one message',
    { model: 'm', message: { role: 'assistant', content: 'hi' }, done_reason: 'stop' },
    { model: 'm', output: { role: 'assistant', content: 'hi' }, finishReason: 'stop' },
  ],
  ['a transcription', { text: 'hello' }, { output: 'hello' }],
  ['another shape, without its secrets', { a: 1, token: 'x' }, { output: { a: 1 } }],
  [
    'an application that reports success',
    { code: 0, message: 'success', data: { a: 1 } },
    { output: { code: 0, message: 'success', data: { a: 1 } } },
  ],
  ['a text', 'hello', { output: 'hello' }],
  ['a text in quotes', '"hello"', { output: 'hello' }],
  ['a text that begins like a stream', 'data: none', { output: 'data: none' }],
];

const ERRORS: [what: string, body: Json, error: string][] = [
  [
    'OpenAI',
    { error: { message: 'Slow down', type: 'requests', param: null, code: 'rate_limit' } },
    'rate_limit: Slow down',
  ],
  [
    'OpenAI without a code',
    { error: { message: 'Bad', type: 'invalid_request_error', code: null } },
    'invalid_request_error: Bad',
  ],
  [
    'Anthropic',
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    'overloaded_error: Overloaded',
  ],
  ['Gemini', { error: { code: 400, message: 'Bad', status: 'INVALID_ARGUMENT' } }, 'INVALID_ARGUMENT: Bad'],
  ['Gemini in a list', [{ error: { code: 400, message: 'Bad', status: 'INVALID_ARGUMENT' } }], 'INVALID_ARGUMENT: Bad'],
  ['DashScope', { code: 'Throttling', message: 'Slow down', request_id: 'r' }, 'Throttling: Slow down'],
  ['vLLM', { object: 'error', message: 'Too long', type: 'BadRequestError', code: 400 }, 'BadRequestError: Too long'],
  ['a gateway', { message: 'no Route matched', request_id: 'r' }, 'no Route matched'],
  ['a bare text', { error: 'model not found' }, 'model not found'],
  ['an unknown object', { error: { why: 'x' } }, '{"why":"x"}'],
  ['a number', { error: { code: 500 } }, '500'],
  ['a key in the message', { error: { message: 'bad key sk-0123456789abcdefgh' } }, 'bad key [left out]'],
];

describe('a response body', () => {
  it.each(TABLE)('of %s is read', (_what, body, read) => {
    expect(readResponse(body)).toEqual(read);
  });

  it.each(TABLE)('of %s is read the same as JSON text', (_what, body, read) => {
    if (typeof body !== 'string') expect(readResponse(JSON.stringify(body))).toEqual(read);
  });

  it.each(ERRORS)('with an error of %s is that error, and no output', (_what, body, error) => {
    const read = readResponse(body);
    expect(read.error).toBe(error);
    expect(read).not.toHaveProperty('output');
  });

  it.each([[undefined], ['-'], [''], ['{}'], ['null'], [null], [{}], ['$OPTIONAL_BODY']])(
    'that is missing (%j) says nothing',
    (body) => {
      expect(readResponse(body)).toEqual({});
    },
  );
});

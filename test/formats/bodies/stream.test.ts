import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ResponseBody, readResponse } from '../../../lib/formats/bodies/response.ts';
import type { Json, JsonObject } from '../../../lib/types.ts';

const sse = (...events: Json[]): string => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
const call = (id: string, name: string, written: string) => ({
  id,
  type: 'function',
  function: { name, arguments: written },
});
const delta = (delta: Json, finish_reason: Json = null, index = 0): JsonObject => ({
  id: 'c-1',
  model: 'm',
  choices: [{ index, delta, finish_reason }],
});
const piece = (index: number, written: string, more: JsonObject = {}) =>
  delta({
    tool_calls: [{ index, ...more, function: { ...(more.id !== undefined && { name: 'f' }), arguments: written } }],
  });
const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

const CHAT = `${sse(
  delta({ role: 'assistant', content: '' }),
  delta({ reasoning_content: 'H' }),
  delta({ reasoning_content: 'm.' }),
  delta({ content: '你' }),
  delta({ content: '好' }),
  piece(0, '', { id: 'a' }),
  piece(0, '{"x"'),
  piece(1, '{}', { id: 'b' }),
  piece(0, ':1}'),
  delta({}, 'tool_calls'),
  { id: 'c-1', model: 'm', choices: [], usage: USAGE },
)}data: [DONE]\n\n`;
const CHAT_READ: ResponseBody = {
  id: 'c-1',
  model: 'm',
  output: {
    role: 'assistant',
    content: '你好',
    reasoning_content: 'Hm.',
    tool_calls: [call('a', 'f', '{"x":1}'), call('b', 'f', '{}')],
  },
  usage: USAGE,
  finishReason: 'tool_calls',
};

const ANTHROPIC_EVENTS: JsonObject[] = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 9, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'H' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'm.' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 's' } },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'hel' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'lo' } },
  { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a"' } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: ':1}' } },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { input_tokens: 0, output_tokens: 20 } },
  { type: 'message_stop' },
];
const ANTHROPIC = ANTHROPIC_EVENTS.map(
  (event) => `event: ${event.type}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`,
).join('');
const ANTHROPIC_READ: ResponseBody = {
  id: 'msg_1',
  model: 'claude',
  output: { role: 'assistant', content: 'hello', reasoning_content: 'Hm.', tool_calls: [call('t', 'f', '{"a":1}')] },
  usage: { input_tokens: 9, output_tokens: 20 },
  finishReason: 'tool_use',
};

const MESSAGE = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hello' }] };
const MESSAGE_DONE = { ...MESSAGE, content: [{ type: 'output_text', text: 'hello, all' }] };
const RESPONSES_EVENTS: JsonObject[] = [
  {
    type: 'response.created',
    response: { id: 'resp_1', object: 'response', status: 'in_progress', model: 'm', output: [], error: null },
  },
  { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', summary: [] } },
  { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'H' },
  { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'm.' },
  {
    type: 'response.output_item.added',
    output_index: 1,
    item: { type: 'function_call', call_id: 'c', name: 'f', arguments: '' },
  },
  { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"a"' },
  { type: 'response.function_call_arguments.delta', output_index: 1, delta: ':1}' },
  {
    type: 'response.output_item.done',
    output_index: 1,
    item: { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1}' },
  },
  { type: 'response.output_item.added', output_index: 2, item: { ...MESSAGE, content: [] } },
  { type: 'response.output_text.delta', output_index: 2, delta: 'hel' },
  { type: 'response.output_text.delta', output_index: 2, delta: 'lo' },
];
const RESPONSES_OUTPUT = {
  role: 'assistant',
  content: 'hello',
  reasoning_content: 'Hm.',
  tool_calls: [call('c', 'f', '{"a":1}')],
};

const gemini = (parts: Json[], more: JsonObject = {}, usageMetadata: Json = { totalTokenCount: 1 }): JsonObject => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
  usageMetadata,
  modelVersion: 'gemini',
});
const GEMINI = [
  gemini([{ text: 'H', thought: true }]),
  gemini([{ text: 'm.', thought: true }]),
  gemini([{ text: 'hel' }]),
  gemini([{ text: 'lo' }]),
  gemini([{ functionCall: { name: 'f', args: { a: 1 } } }], { finishReason: 'STOP' }, { totalTokenCount: 7 }),
];
const GEMINI_READ: ResponseBody = {
  model: 'gemini',
  output: {
    role: 'assistant',
    content: 'hello',
    reasoning_content: 'Hm.',
    tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
  },
  usage: { totalTokenCount: 7 },
  finishReason: 'STOP',
};

const dash = (message: JsonObject, finish_reason: string, output_tokens: number): JsonObject => ({
  output: { choices: [{ message: { role: 'assistant', ...message }, finish_reason }] },
  usage: { output_tokens },
  request_id: 'r-1',
});
const dashSse = (...chunks: JsonObject[]) =>
  chunks.map((chunk, i) => `id:${i + 1}\nevent:result\n:HTTP_STATUS/200\ndata:${JSON.stringify(chunk)}\n\n`).join('');
const DASH_READ: ResponseBody = {
  id: 'r-1',
  output: { role: 'assistant', content: 'hello', reasoning_content: 'Hm.', tool_calls: [call('t', 'f', '{"a":1}')] },
  usage: { output_tokens: 3 },
  finishReason: 'stop',
};
const tool = (written: string, more: JsonObject = {}) => ({
  tool_calls: [{ index: 0, id: '', type: 'function', ...more, function: { name: 'f', arguments: written } }],
});

const TABLE: [what: string, text: string, read: ResponseBody][] = [
  ['chat chunks', CHAT, CHAT_READ],
  ['chat chunks behind a comment', `: OPENROUTER PROCESSING\n\n${CHAT}`, CHAT_READ],
  ['chat chunks without empty lines', CHAT.replaceAll('\n\n', '\n'), CHAT_READ],
  [
    'chat chunks of two choices',
    sse(
      delta({ content: 'a' }),
      delta({ content: 'x' }, null, 1),
      delta({ content: 'b' }, 'stop'),
      delta({}, 'stop', 1),
    ),
    {
      id: 'c-1',
      model: 'm',
      output: [
        { role: 'assistant', content: 'ab' },
        { role: 'assistant', content: 'x' },
      ],
      finishReason: 'stop',
    },
  ],
  [
    'completion chunks',
    sse({ choices: [{ text: 'up' }] }, { choices: [{ text: 'on', finish_reason: 'length' }] }),
    { output: 'upon', finishReason: 'length' },
  ],
  [
    'chunks with the usage in a choice',
    sse({ choices: [{ delta: { content: 'a' }, usage: USAGE }] }),
    { output: { role: 'assistant', content: 'a' }, usage: USAGE },
  ],
  ['Anthropic events', ANTHROPIC, ANTHROPIC_READ],
  [
    'Responses events, of which the completed response wins',
    sse(...RESPONSES_EVENTS, {
      type: 'response.completed',
      response: {
        id: 'resp_1',
        object: 'response',
        status: 'completed',
        model: 'm',
        output: [MESSAGE],
        usage: { total_tokens: 5 },
      },
    }),
    {
      id: 'resp_1',
      model: 'm',
      output: { role: 'assistant', content: 'hello' },
      usage: { total_tokens: 5 },
      finishReason: 'completed',
    },
  ],
  [
    'Responses events without an end',
    sse(...RESPONSES_EVENTS),
    { id: 'resp_1', model: 'm', output: RESPONSES_OUTPUT, finishReason: 'in_progress' },
  ],
  [
    'Responses events, of which a finished item wins over its pieces',
    sse(...RESPONSES_EVENTS.slice(8), { type: 'response.output_item.done', output_index: 2, item: MESSAGE_DONE }),
    { output: { role: 'assistant', content: 'hello, all' } },
  ],
  ['Gemini chunks', sse(...GEMINI), GEMINI_READ],
  [
    'DashScope chunks of what is new',
    dashSse(
      dash({ content: '', reasoning_content: 'H' }, 'null', 1),
      dash({ content: '', reasoning_content: 'm.' }, 'null', 1),
      dash({ content: 'hel', reasoning_content: '' }, 'null', 2),
      dash({ content: 'lo', ...tool('{"a"', { id: 't' }) }, 'null', 2),
      dash({ content: '', ...tool(':1}') }, 'stop', 3),
    ),
    DASH_READ,
  ],
  [
    'DashScope chunks of all there is so far',
    dashSse(
      dash({ content: '', reasoning_content: 'H' }, 'null', 1),
      dash({ content: 'hel', reasoning_content: 'Hm.' }, 'null', 2),
      dash({ content: 'hello', reasoning_content: 'Hm.', ...tool('{"a"', { id: 't' }) }, 'null', 2),
      dash({ content: 'hello', reasoning_content: 'Hm.', ...tool('{"a":1}') }, 'stop', 3),
    ),
    DASH_READ,
  ],
  [
    'DashScope chunks of all there is so far and an empty one',
    dashSse(dash({ content: 'h' }, 'null', 1), dash({ content: 'hey' }, 'null', 2), dash({ content: '' }, 'stop', 2)),
    { id: 'r-1', output: { role: 'assistant', content: 'hey' }, usage: { output_tokens: 2 }, finishReason: 'stop' },
  ],
  [
    'DashScope texts',
    dashSse({ output: { text: 'hel', finish_reason: 'null' } }, { output: { text: 'hello', finish_reason: 'stop' } }),
    { output: 'hello', finishReason: 'stop' },
  ],
  [
    'DashScope contents of parts',
    dashSse(
      dash({ content: [{ text: 'he' }] }, 'null', 1),
      dash({ content: [{ text: 'y' }] }, 'null', 1),
      dash({ content: [] }, 'stop', 2),
    ),
    { id: 'r-1', output: { role: 'assistant', content: 'hey' }, usage: { output_tokens: 2 }, finishReason: 'stop' },
  ],
];

describe('a raw stream', () => {
  it.each(TABLE)('of %s is put together', (_what, text, read) => {
    expect(readResponse(text)).toEqual(read);
  });

  it('of Gemini may be a JSON list', () => {
    expect(readResponse(GEMINI)).toEqual(GEMINI_READ);
    expect(readResponse(JSON.stringify(GEMINI))).toEqual(GEMINI_READ);
  });

  it('with an event of several data lines is put together', () => {
    expect(readResponse('data: {"choices":\ndata: [{"text":"a"}]}\n\n').output).toBe('a');
  });

  it.each([
    [
      'chat',
      sse(delta({ content: 'a' }), { error: { code: 'overloaded', message: 'Later' } }),
      'overloaded: Later',
      'a',
    ],
    [
      'Anthropic',
      `${sse(...ANTHROPIC_EVENTS.slice(0, 8))}${sse({ type: 'error', error: { type: 'overloaded_error', message: 'Later' } })}`,
      'overloaded_error: Later',
      'hel',
    ],
    [
      'Responses',
      `${sse(...RESPONSES_EVENTS)}${sse({ type: 'error', code: 'server_error', message: 'Later' })}`,
      'server_error: Later',
      'hello',
    ],
    [
      'DashScope',
      dashSse(dash({ content: 'a' }, 'null', 1), { code: 'Throttling', message: 'Later' }),
      'Throttling: Later',
      'a',
    ],
  ])('of %s with an error in its middle tells both', (_what, text, error, content) => {
    expect(readResponse(text)).toMatchObject({ error, output: { content } });
  });

  it('of nothing but an error is that error', () => {
    const text = `event:error\ndata:${JSON.stringify({ code: 'InvalidApiKey', message: 'No' })}\n\n`;
    expect(readResponse(text)).toEqual({ error: 'InvalidApiKey: No' });
  });

  it('that holds no event of a known API stays the text it is', () => {
    const text = sse({ a: 1 });
    expect(readResponse(text)).toEqual({ output: text });
  });

  it('whose first events were cut tells the rest', () => {
    expect(readResponse(sse(...ANTHROPIC_EVENTS.slice(7))).output).toMatchObject({ content: 'hello' });
    expect(readResponse(sse(...RESPONSES_EVENTS.slice(9))).output).toEqual({ role: 'assistant', content: 'hello' });
  });

  it.each([
    ['chat', CHAT, CHAT_READ],
    ['Anthropic', ANTHROPIC, ANTHROPIC_READ],
    ['Gemini', sse(...GEMINI), GEMINI_READ],
  ])('of %s that is cut anywhere tells a beginning of what the whole one tells', (_what, text, read) => {
    const whole = contentOf(read);
    const first = text.indexOf('\n\n') + 2;
    fc.assert(
      fc.property(fc.integer({ min: first, max: text.length }), (at) => {
        const cut = readResponse(text.slice(0, at));
        if (typeof cut.output === 'string') return;
        expect(whole.startsWith(contentOf(cut))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same text however it was split into chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (pieces) => {
        const content = pieces.join('');
        expect(readResponse(sse(...pieces.map((text) => delta({ content: text }))))).toMatchObject({
          output: { content },
        });
        const parts = pieces.map((text) => gemini([{ text }]));
        expect(readResponse(sse(...parts))).toMatchObject({ output: { content } });
      }),
      { numRuns: 200 },
    );
  });
});

function contentOf({ output }: ResponseBody): string {
  const { content = '' } = (output ?? {}) as JsonObject;
  return typeof content === 'string' ? content : '';
}

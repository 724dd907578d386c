import { describe, expect, it } from 'vitest';
import { type RequestBody, readRequest } from '../../../lib/formats/bodies/request.ts';
import type { Json } from '../../../lib/types.ts';

const WEATHER = { name: 'weather', description: 'Tells the weather', parameters: { type: 'object' } };
const call = (id: string, name: string, written: string) => ({
  id,
  type: 'function',
  function: { name, arguments: written },
});

const TABLE: [what: string, body: Json, read: RequestBody][] = [
  [
    'a chat completion',
    {
      model: 'qwen-plus',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      ],
      temperature: 0.2,
      stop: ['x'],
      stream: true,
      stream_options: { include_usage: true },
      user: 'u-1',
    },
    {
      input: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      ],
      model: 'qwen-plus',
      parameters: { temperature: 0.2, stop: ['x'], stream: true },
      user: 'u-1',
      stream: true,
    },
  ],
  [
    'a chat completion with tools',
    { messages: [{ role: 'user', content: 'hi' }], tools: [{ type: 'function', function: WEATHER }] },
    {
      input: { messages: [{ role: 'user', content: 'hi' }], tools: [{ type: 'function', function: WEATHER }] },
    },
  ],
  [
    'a chat completion with functions, as tools',
    { messages: [{ role: 'user', content: 'hi' }], functions: [WEATHER] },
    { input: { messages: [{ role: 'user', content: 'hi' }], tools: [{ type: 'function', function: WEATHER }] } },
  ],
  [
    'a completion',
    { model: 'm', prompt: 'Once', max_tokens: 5 },
    { input: 'Once', model: 'm', parameters: { max_tokens: 5 } },
  ],
  [
    'an embedding',
    { model: 'e', input: ['a', 'b'], dimensions: 8 },
    { input: ['a', 'b'], model: 'e', parameters: { dimensions: 8 } },
  ],
  ['an embedding of one text', { model: 'e', input: 'a' }, { input: 'a', model: 'e' }],
  ['an embedding of token ids', { input: [[1, 2], [3]] }, { input: [[1, 2], [3]] }],
  ['an embedding of images', { input: [{ image: 'https://a.test/1' }] }, { input: [{ image: 'https://a.test/1' }] }],
  ['an image', { prompt: 'a cat', size: '1x1', n: 2 }, { input: 'a cat', parameters: { size: '1x1', n: 2 } }],
  [
    'a ranking',
    { model: 'r', query: 'q', documents: ['a', 'b'], top_n: 1 },
    { input: { query: 'q', documents: ['a', 'b'] }, model: 'r', parameters: { top_n: 1 } },
  ],
  [
    'a Responses API request with a text',
    { model: 'm', instructions: 'Be brief.', input: 'hi', max_output_tokens: 9, reasoning: { effort: 'low' } },
    {
      input: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
      ],
      model: 'm',
      parameters: { max_output_tokens: 9, reasoning: { effort: 'low' } },
    },
  ],
  [
    "a Responses API request with items, the assistant's in a row as one message",
    {
      input: [
        { role: 'user', content: 'weather?' },
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'Ask.' }], encrypted_content: 'gAAA' },
        { type: 'function_call', id: 'fc', call_id: 'c1', name: 'weather', arguments: '{"at":"X"}' },
        { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{"at":"Y"}' },
        { type: 'function_call_output', call_id: 'c1', output: 'sun' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'rain' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Sun, rain.' }] },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'and this?' },
            { type: 'input_image', image_url: 'https://a.test/1.png', detail: 'low' },
            { type: 'input_file', file_id: 'f' },
          ],
        },
      ],
      tools: [{ type: 'function', ...WEATHER }],
    },
    {
      input: {
        messages: [
          { role: 'user', content: 'weather?' },
          {
            role: 'assistant',
            content: null,
            reasoning_content: 'Ask.',
            tool_calls: [call('c1', 'weather', '{"at":"X"}'), call('c2', 'weather', '{"at":"Y"}')],
          },
          { role: 'tool', tool_call_id: 'c1', content: 'sun' },
          { role: 'tool', tool_call_id: 'c2', content: 'rain' },
          { role: 'assistant', content: 'Sun, rain.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'and this?' },
              { type: 'image_url', image_url: { url: 'https://a.test/1.png' } },
              { type: 'file', file: { file_id: 'f' } },
            ],
          },
        ],
        tools: [{ type: 'function', ...WEATHER }],
      },
    },
  ],
  [
    'an Anthropic request',
    {
      model: 'claude',
      max_tokens: 100,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      metadata: { user_id: 'u-2' },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is it?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
            { type: 'image', source: { type: 'url', url: 'https://a.test/1.png' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Look.', signature: 's' },
            { type: 'redacted_thinking', data: 'x' },
            { type: 'text', text: 'Looking.' },
            { type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'a cat' }] },
            { type: 'tool_result', tool_use_id: 't2', content: 'broken', is_error: true },
            { type: 'text', text: 'so?' },
          ],
        },
        { role: 'assistant', content: 'A' },
      ],
      tools: [{ name: 'look', input_schema: { type: 'object' } }],
    },
    {
      input: {
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'what is it?' },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
              { type: 'image_url', image_url: { url: 'https://a.test/1.png' } },
            ],
          },
          {
            role: 'assistant',
            content: 'Looking.',
            reasoning_content: 'Look.\n\n[redacted]',
            tool_calls: [call('t1', 'look', '{"at":1}')],
          },
          { role: 'tool', tool_call_id: 't1', content: 'a cat' },
          { role: 'tool', tool_call_id: 't2', is_error: true, content: 'broken' },
          { role: 'user', content: 'so?' },
          { role: 'assistant', content: 'A' },
        ],
        tools: [{ name: 'look', input_schema: { type: 'object' } }],
      },
      model: 'claude',
      parameters: { max_tokens: 100 },
      user: 'u-2',
    },
  ],
  [
    'a Gemini request',
    {
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        {
          role: 'user',
          parts: [{ text: 'what is it?' }, { inlineData: { mimeType: 'image/png', data: 'iVBO' } }],
        },
        {
          role: 'model',
          parts: [{ text: 'Hm.', thought: true }, { functionCall: { name: 'look', args: { at: 1 } } }],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'look', response: { seen: 'a cat' } } }] },
        { parts: [{ inline_data: { mime_type: 'audio/wav', data: 'UklG' } }, { fileData: { fileUri: 'gs://b/f' } }] },
      ],
      tools: [{ functionDeclarations: [WEATHER] }, { googleSearch: {} }],
      generationConfig: { temperature: 1, maxOutputTokens: 5, thinkingConfig: { thinkingBudget: 0 } },
    },
    {
      input: {
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'what is it?' },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
            ],
          },
          {
            role: 'assistant',
            content: null,
            reasoning_content: 'Hm.',
            tool_calls: [{ type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
          },
          { role: 'tool', name: 'look', content: { seen: 'a cat' } },
          {
            role: 'user',
            content: [
              { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
              { fileData: { fileUri: 'gs://b/f' } },
            ],
          },
        ],
        tools: [{ type: 'function', function: WEATHER }, { googleSearch: {} }],
      },
      parameters: { temperature: 1, maxOutputTokens: 5, thinkingConfig: { thinkingBudget: 0 } },
    },
  ],
  [
    'a Gemini request with underscores',
    {
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'model', parts: [{ function_call: { name: 'look', args: {} } }] },
        { role: 'user', parts: [{ function_response: { id: 'c', name: 'look', response: {} } }] },
        { role: 'user', parts: [{ file_data: { file_uri: 'https://a.test/1.png', mime_type: 'image/png' } }] },
      ],
      generation_config: { top_k: 3 },
    },
    {
      input: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ type: 'function', function: { name: 'look', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', name: 'look', content: {} },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.test/1.png' } }] },
      ],
      parameters: { top_k: 3 },
    },
  ],
  ['a Gemini embedding', { content: { parts: [{ text: 'a' }] } }, { input: 'a' }],
  ['Gemini embeddings', { requests: [{ content: { parts: [{ text: 'a' }] } }] }, { input: ['a'] }],
  [
    'a DashScope request with messages',
    {
      model: 'qwen-vl',
      input: { messages: [{ role: 'user', content: [{ image: 'https://a.test/1.png' }, { text: 'what is it?' }] }] },
      parameters: { result_format: 'message', top_p: 0.8, tools: [{ type: 'function', function: WEATHER }] },
    },
    {
      input: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image_url', image_url: { url: 'https://a.test/1.png' } },
              { type: 'text', text: 'what is it?' },
            ],
          },
        ],
        tools: [{ type: 'function', function: WEATHER }],
      },
      model: 'qwen-vl',
      parameters: { result_format: 'message', top_p: 0.8 },
    },
  ],
  ['a DashScope prompt', { input: { prompt: 'hi' } }, { input: 'hi' }],
  [
    'DashScope texts',
    { input: { texts: ['a', 'b'] }, parameters: { text_type: 'query' } },
    { input: ['a', 'b'], parameters: { text_type: 'query' } },
  ],
  ['a DashScope ranking', { input: { query: 'q', documents: ['a'] } }, { input: { query: 'q', documents: ['a'] } }],
  ['another shape, without its secrets', { q: 'x', api_key: 'sk-1' }, { input: { q: 'x' } }],
  ['a list', [1, 'a'], { input: [1, 'a'] }],
  ['a text that is no JSON', 'tell me {', { input: 'tell me {' }],
  ['JSON that was cut', '{"messages":[{"role":"us', { input: '{"messages":[{"role":"us' }],
  ['a text with the name of a variable', 'Set $HOME first', { input: 'Set $HOME first' }],
];

describe('a request body', () => {
  it.each(TABLE)('of %s is read', (_what, body, read) => {
    expect(readRequest(body)).toEqual(read);
  });

  it.each(TABLE)('of %s is read the same as JSON text and as JSON text quoted again', (_what, body, read) => {
    if (typeof body === 'string') return;
    expect(readRequest(JSON.stringify(body))).toEqual(read);
    expect(readRequest(` ${JSON.stringify(JSON.stringify(body))}\n`)).toEqual(read);
  });

  it.each([[undefined], ['-'], [''], ['  '], ['{}'], ['null'], [null], [{}], ['$OPTIONAL_BODY']])(
    'that is missing (%j) says nothing',
    (body) => {
      expect(readRequest(body)).toEqual({});
    },
  );

  it('that is a placeholder in braces says nothing', () => {
    expect(readRequest(`$${'{REQUEST_BODY}'}`)).toEqual({});
  });

  it('holds messages of any shape that no API has as they are', () => {
    const messages = ['a', 7, null, { role: 'user' }, { role: 'user', content: [] }];
    expect(readRequest({ messages }).input).toEqual(messages);
    expect(readRequest({ messages, anthropic_version: 'x' }).input).toEqual(messages);
    expect(readRequest({ messages: { role: 'user' }, system: 's' }).input).toEqual({ role: 'user' });
  });

  it('keeps keys that objects inherit as data', () => {
    const { input, parameters } = readRequest(
      '{"messages":[{"role":"user","content":"x","__proto__":{"a":1}}],"parameters":{"__proto__":{"b":1}}}',
    );
    expect(JSON.stringify(input)).toBe('[{"role":"user","content":"x","__proto__":{"a":1}}]');
    expect(JSON.stringify(parameters)).toBe('{"__proto__":{"b":1}}');
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

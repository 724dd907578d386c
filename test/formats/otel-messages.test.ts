import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/types.ts';
import { callOf, type Flat } from './lines.ts';

/** A span of a trace store around these attributes and events. */
function seen(attribute: Flat, logs: readonly Json[] = []): { input?: Json; output?: Json } {
  const flat = {
    ...{ traceID: 'c0ffee00c0ffee00c0ffee00c0ffee00', spanID: 'beefbeefbeefbeef', parentSpanID: '' },
    ...{ name: 'call', start: '1795244400000000', end: '1795244401000000', statusCode: 'OK', service: 's' },
    ...{ attribute: JSON.stringify({ 'gen_ai.request.model': 'm', ...attribute }), logs: JSON.stringify(logs) },
    __time__: '1795244401',
  };
  const { trace, observation } = callOf(flat);
  // Content is in input and output, and nowhere else.
  expect(Object.keys(trace.metadata).sort()).toEqual(['service', 'statusCode']);
  const { input, output } = observation;
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
}

const HI = { role: 'user', content: 'hi' };
const HO = { role: 'assistant', content: 'ho' };
const CALL = { id: 'c1', type: 'function', function: { name: 'find', arguments: '{"q":1}' } };

describe('input and output in the words of', () => {
  it.each<[string, Flat, { input?: Json; output?: Json }]>([
    ['texts', { 'gen_ai.prompt': 'hi', 'gen_ai.completion': 'ho' }, { input: 'hi', output: 'ho' }],
    [
      'message lists as text',
      { 'gen_ai.prompt': JSON.stringify([HI]), 'gen_ai.completion': JSON.stringify([HO]) },
      { input: [HI], output: HO },
    ],
    [
      'Pydantic AI, which logs events in an attribute',
      {
        events: JSON.stringify([
          { 'event.name': 'gen_ai.user.message', content: 'hi', role: 'user' },
          { 'event.name': 'gen_ai.choice', index: 0, message: { role: 'assistant', content: 'ho' } },
        ]),
      },
      { input: [HI], output: HO },
    ],
    [
      'chain values',
      { 'input.value': 'hi', 'output.value': '{"answer":"ho"}' },
      { input: 'hi', output: { answer: 'ho' } },
    ],
    [
      'OpenLLMetry entities',
      { 'traceloop.entity.input': '{"a":1}', 'traceloop.entity.output': 'ho' },
      { input: { a: 1 }, output: 'ho' },
    ],
    [
      'Langfuse',
      { 'langfuse.observation.input': '[1]', 'input.value': 'x', 'langfuse.observation.output': 'ho' },
      { input: [1], output: 'ho' },
    ],
    [
      'a tool',
      { 'gen_ai.tool.call.arguments': '{"q":1}', 'gen_ai.tool.call.result': 'found' },
      { input: { q: 1 }, output: 'found' },
    ],
    [
      'OpenLLMetry messages',
      {
        ...{ 'gen_ai.prompt.10.role': 'user', 'gen_ai.prompt.10.content': 'last' },
        ...{ 'gen_ai.prompt.2.role': 'assistant', 'gen_ai.prompt.2.tool_calls.0.id': 'c1' },
        ...{ 'gen_ai.prompt.2.tool_calls.0.name': 'find', 'gen_ai.prompt.2.tool_calls.0.arguments': '{"q":1}' },
        ...{ 'gen_ai.prompt.3.role': 'tool', 'gen_ai.prompt.3.tool_call_id': 'c1', 'gen_ai.prompt.3.content': '5' },
        ...{ 'gen_ai.completion.0.role': 'assistant', 'gen_ai.completion.0.content': 'ho' },
      },
      {
        input: [
          { role: 'assistant', tool_calls: [CALL] },
          { role: 'tool', tool_call_id: 'c1', content: '5' },
          { role: 'user', content: 'last' },
        ],
        output: HO,
      },
    ],
    [
      'OpenInference messages',
      {
        ...{ 'llm.input_messages.0.message.role': 'user', 'llm.input_messages.0.message.content': 'hi' },
        ...{ 'input.value': '{"messages":["the same"]}', 'llm.output_messages.0.message.role': 'assistant' },
        'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'c1',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'find',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"q":1}',
      },
      { input: [HI], output: { role: 'assistant', tool_calls: [CALL] } },
    ],
    [
      'ARMS messages',
      {
        'gen_ai.prompts.0.message.role': 'user',
        'gen_ai.prompts.0.message.content': 'hi',
        'gen_ai.completions.0.message.content': 'ho',
      },
      { input: [HI], output: { content: 'ho' } },
    ],
    [
      'retrieved documents',
      {
        'input.value': 'tea',
        'retrieval.documents.0.document.content': 'x',
        'retrieval.documents.0.document.metadata': '{"p":1}',
      },
      { input: 'tea', output: [{ content: 'x', metadata: { p: 1 } }] },
    ],
    [
      'reranked documents',
      {
        'reranker.query': 'tea',
        'reranker.input_documents.0.document.id': 'd',
        'reranker.output_documents.0.document.id': 'd',
      },
      { input: { query: 'tea', documents: [{ id: 'd' }] }, output: [{ id: 'd' }] },
    ],
    [
      'embedded texts',
      { 'embedding.embeddings.0.embedding.text': 'tea', 'embedding.embeddings.0.embedding.vector': '[0.1]' },
      { input: 'tea' },
    ],
    [
      'Vercel’s AI SDK',
      {
        'ai.prompt.messages': JSON.stringify([HI]),
        'ai.response.text': 'ho',
        'ai.response.toolCalls': '[{"toolCallId":"c1","toolName":"find","input":{"q":1}}]',
      },
      { input: [HI], output: { ...HO, tool_calls: [CALL] } },
    ],
    [
      'system instructions beside a text',
      { 'gen_ai.system_instructions': 'be kind', 'gen_ai.prompt': 'hi' },
      { input: [{ role: 'system', content: 'be kind' }, HI] },
    ],
    [
      'system instructions beside a system message',
      {
        'gen_ai.system_instructions': 'be kind',
        'gen_ai.prompt': JSON.stringify([{ role: 'system', content: 'x' }, HI]),
      },
      { input: [{ role: 'system', content: 'x' }, HI] },
    ],
    [
      'tools offered',
      { 'gen_ai.prompt': JSON.stringify([HI]), 'gen_ai.tool.definitions': '[{"type":"function","name":"find"}]' },
      { input: { messages: [HI], tools: [{ type: 'function', name: 'find' }] } },
    ],
    ['nothing', { 'gen_ai.input.messages': '[]', 'gen_ai.prompt': '-', 'gen_ai.completion': '' }, {}],
  ])('%s', (_words, attribute, expected) => {
    expect(seen(attribute)).toEqual(expected);
  });

  it.each<[string, Json[], Json[]]>([
    ['texts of a user', [{ role: 'user', parts: [part('a'), part('b')] }], [{ role: 'user', content: 'a\nb' }]],
    [
      'texts of an answer',
      [{ role: 'assistant', parts: [part('a'), part('b')] }],
      [{ role: 'assistant', content: 'ab' }],
    ],
    [
      'media',
      [{ role: 'user', parts: [part('see'), { type: 'uri', modality: 'image', uri: 'https://x.test/1.png' }] }],
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'uri', modality: 'image', uri: 'https://x.test/1.png' },
          ],
        },
      ],
    ],
    [
      'results of two tools',
      [
        {
          role: 'tool',
          parts: [
            { type: 'tool_call_response', id: 'c1', result: 'x' },
            { type: 'tool_call_response', id: 'c2', response: [1] },
          ],
        },
      ],
      [
        { role: 'tool', tool_call_id: 'c1', content: 'x' },
        { role: 'tool', tool_call_id: 'c2', content: '[1]' },
      ],
    ],
    [
      'a provider’s own tool',
      [
        {
          role: 'assistant',
          parts: [
            { type: 'server_tool_call', id: 's1', name: 'run', server_tool_call: { code: '1' } },
            { type: 'server_tool_call_response', id: 's1', server_tool_call_response: { out: '1' } },
            part('done'),
          ],
        },
      ],
      [
        {
          role: 'assistant',
          content: 'done',
          tool_calls: [{ id: 's1', type: 'function', function: { name: 'run', arguments: '{"code":"1"}' } }],
          server_tool_call_responses: [
            { type: 'server_tool_call_response', id: 's1', server_tool_call_response: { out: '1' } },
          ],
        },
      ],
    ],
    ['ChatML already', [HI, { ...HO, tool_calls: [CALL] }], [HI, { ...HO, tool_calls: [CALL] }]],
  ])('parts: %s', (_what, messages, expected) => {
    expect(seen({ 'gen_ai.input.messages': JSON.stringify(messages) }).input).toEqual(expected);
  });

  it('several choices, as a list', () => {
    const choices = [HO, { role: 'assistant', content: 'hum' }];
    expect(seen({ 'gen_ai.output.messages': choices }).output).toEqual(choices);
  });
});

function part(content: string): Json {
  return { type: 'text', content };
}

describe('input and output in events', () => {
  it.each<[string, Json[], { input?: Json; output?: Json }]>([
    [
      'of messages',
      [
        { name: 'gen_ai.system.message', attribute: { content: 'be kind', 'gen_ai.system': 'openai' } },
        { name: 'gen_ai.user.message', attributes: { content: 'hi' } },
        { name: 'gen_ai.assistant.message', attribute: { tool_calls: [CALL] } },
        { name: 'gen_ai.tool.message', attribute: { id: 'c1', content: '5' } },
        { name: 'gen_ai.choice', attribute: { index: 0, message: '{"content":"ho"}' } },
      ],
      {
        input: [
          { role: 'system', content: 'be kind' },
          HI,
          { role: 'assistant', content: null, tool_calls: [CALL] },
          { role: 'tool', tool_call_id: 'c1', content: '5' },
        ],
        output: HO,
      },
    ],
    [
      'of prompt and completion',
      [
        { name: 'gen_ai.content.prompt', attribute: { 'gen_ai.prompt': JSON.stringify([HI]) } },
        { name: 'gen_ai.content.completion', attribute: { 'gen_ai.completion': 'ho' } },
      ],
      { input: [HI], output: 'ho' },
    ],
    [
      'of the inference’s details',
      [
        {
          name: 'gen_ai.client.inference.operation.details',
          attribute: {
            'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [part('hi')] }]),
            'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: [part('ho')] }]),
          },
        },
      ],
      { input: [HI], output: HO },
    ],
  ])('%s', (_what, logs, expected) => {
    expect(seen({}, logs)).toEqual(expected);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutMedia } from '../../../lib/formats/bodies/media.ts';
import { readRequest } from '../../../lib/formats/bodies/request.ts';
import { readResponse } from '../../../lib/formats/bodies/response.ts';
import type { Json } from '../../../lib/types.ts';

/** Every name and word that a reader looks for, so that shapes meet which no API combines. */
const NAMES = [
  ...['messages', 'role', 'content', 'type', 'text', 'tools', 'functions', 'tool_calls', 'function', 'name', 'index'],
  ...[
    'arguments',
    'input',
    'instructions',
    'output',
    'system',
    'contents',
    'parts',
    'functionCall',
    'functionResponse',
  ],
  ...['inlineData', 'mimeType', 'data', 'source', 'media_type', 'candidates', 'choices', 'message', 'delta', 'error'],
  ...['code', 'usage', 'embedding', 'embeddings', 'results', 'summary', 'call_id', 'item', 'response', 'output_index'],
  ...['content_block', 'parameters', 'generationConfig', 'query', 'documents', 'thought', 'image_url', '__proto__'],
  ...['input_schema', 'tool_use_id', 'b64_json', 'values', 'finish_reason', 'metadata', 'user_id', 'constructor'],
];
const WORDS = [
  ...[
    'tool_use',
    'tool_result',
    'thinking',
    'image',
    'text',
    'message',
    'reasoning',
    'function_call',
    'base64',
    'user',
  ],
  ...['function_call_output', 'output_text', 'input_image', 'input_file', 'message_start', 'content_block_start'],
  ...['content_block_delta', 'text_delta', 'input_json_delta', 'message_delta', 'response.created', 'assistant'],
  ...['response.output_text.delta', 'response.output_item.done', 'response.completed', '-', '', 'null', '\ud800', '{}'],
];

const { shape } = fc.letrec<{ shape: Json }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 6, depthSize: 'large' },
    fc.constantFrom(...WORDS),
    fc.constantFrom<Json>(null, true, 0, 1, -1, 1e21),
    fc.array(tie('shape'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...NAMES), tie('shape')), { maxLength: 6 })
      .map((entries): Json => Object.fromEntries(entries)),
  ),
}));
const object = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), shape), { maxLength: 8 })
  .map((entries): Json => Object.fromEntries(entries));
const body: fc.Arbitrary<Json> = fc.oneof(
  object,
  shape,
  fc.jsonValue() as fc.Arbitrary<Json>,
  fc.string({ unit: 'binary' }),
  object.map((value) => JSON.stringify(value)),
  fc.array(object, { maxLength: 6 }),
  fc
    .tuple(fc.array(object, { maxLength: 6 }), fc.constantFrom('data: ', 'data:', 'event: x\ndata: '), fc.string())
    .map(([events, start, end]) => events.map((event) => `${start}${JSON.stringify(event)}\n\n`).join('') + end),
);

/** The paths at which a value holds `undefined`, which JSON and Langfuse do not know. */
function holes(value: unknown, path = '$'): string[] {
  if (value === undefined) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => holes(inner, `${path}.${key}`));
}

describe('any body', () => {
  it('is read without a failure, into values that can be written as JSON', () => {
    fc.assert(
      fc.property(body, (value) => {
        for (const read of [readRequest(value), readResponse(value)]) {
          expect(holes(read)).toEqual([]);
          expect(JSON.stringify(read).length).toBeGreaterThan(1);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('is not changed by its reader', () => {
    fc.assert(
      fc.property(body, (value) => {
        const before = JSON.stringify(value);
        readRequest(value);
        readResponse(value);
        withoutMedia(value);
        expect(JSON.stringify(value)).toBe(before);
      }),
      { numRuns: 1_000 },
    );
  });

  it('that nests absurdly deep is a text', () => {
    const deep = `{"messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(readRequest(deep)).toEqual({ input: deep });
    expect(readResponse(`data: ${deep}\n\n`)).toEqual({ output: `data: ${deep}\n\n` });
  });
});

/** Linear readers take a tenth of this; a quadratic one takes hours. */
const LIMIT_MS = 5_000;
const fill = (unit: string, length = 5_000_000) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

const TEXTS: [what: string, text: string][] = [
  ['one run of base64', fill('aB3+')],
  ['a data URI', `data:image/png;base64,${fill('aB3/')}`],
  ['beginnings of data URIs', fill('data:')],
  ['data URIs without data', fill('data:a/b;base64,')],
  ['small data URIs', fill('data:a/b;base64,AA== ')],
  ['parameters', fill('data:a/b;a;a;a;a;a;a')],
  ['equals signs', fill('=')],
  ['quotes and backslashes', fill('"\\')],
  ['events that do not parse', fill('data: {x}\n\n')],
  ['data lines that do not parse', fill('data: {x}\n')],
  ['empty events', fill('data:{}\n\n')],
  ['comments', fill('\n:')],
  ['chat chunks', fill('data:{"choices":[{"delta":{"content":"x"}}]}\n\n')],
  ['tool calls without an index', fill('data:{"choices":[{"delta":{"tool_calls":[{"id":"a"},{}]}}]}\n\n')],
  ['Anthropic deltas', fill('data:{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}\n\n')],
  ['Responses deltas', fill('data:{"type":"response.output_text.delta","delta":"a"}\n\n')],
  ['Gemini chunks', fill('data:{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n\n')],
  ['DashScope chunks', fill('data:{"output":{"text":"x"}}\n\n')],
  ['a list', `{"output":[${fill('1,')}1],"content":[]}`],
  ['items', `{"input":[${fill('{"type":"reasoning","summary":[{"text":""}]},', 4_999_500)}1]}`],
];

describe('a body of 5 MB', () => {
  it.each(TEXTS)('that is %s is read in linear time', (_what, text) => {
    const before = performance.now();
    readRequest(text);
    readResponse(text);
    withoutMedia(text);
    withoutMedia({ mimeType: 'a/b', data: text });
    expect(performance.now() - before).toBeLessThan(LIMIT_MS);
  });

  it('whose lists are longer than a stack has room for arguments is read', () => {
    const long = Array.from({ length: 500_000 }, () => 'x');
    const items = [
      { type: 'message', content: long },
      { type: 'reasoning', summary: [], content: long },
    ];
    expect(readResponse({ object: 'response', output: items }).output).toMatchObject({ content: { length: 500_000 } });
  });
});

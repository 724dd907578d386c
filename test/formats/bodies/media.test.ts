import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutMedia } from '../../../lib/formats/bodies/media.ts';
import type { Json } from '../../../lib/types.ts';

const bytes = (length: number): string =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 89 + 41) % 256)).toString('base64');
const SMALL = bytes(30);
const LARGE = bytes(12_595);
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAE=';

const TABLE: [what: string, value: Json, without: Json][] = [
  ['a data URI', `data:image/png;base64,${LARGE}`, '[image/png, 12.3 KB]'],
  ['a small data URI', `data:image/png;base64,${SMALL}`, '[image/png, 30 B]'],
  ['a data URI with parameters', `data:audio/l16;rate=24000;base64,${SMALL}`, '[audio/l16, 30 B]'],
  ['a data URI without a type', `data:;base64,${SMALL}`, '[base64 data, 30 B]'],
  ['a data URI of megabytes', `data:video/mp4;base64,${'AAAA'.repeat(1_000_000)}`, '[video/mp4, 2.9 MB]'],
  [
    'data URIs inside a text',
    `see ![a](data:image/png;base64,${SMALL}) and ![b](data:image/gif;base64,${LARGE}).`,
    'see ![a]([image/png, 30 B]) and ![b]([image/gif, 12.3 KB]).',
  ],
  ['a data URI in JSON text', `{"url":"data:image/png;base64,${SMALL}"}`, '{"url":"[image/png, 30 B]"}'],
  [
    'an image of OpenAI',
    { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${SMALL}`, detail: 'low' } },
    { type: 'image_url', image_url: { url: '[image/jpeg, 30 B]', detail: 'low' } },
  ],
  [
    'a sound of OpenAI',
    { type: 'input_audio', input_audio: { data: SMALL, format: 'wav' } },
    { type: 'input_audio', input_audio: { data: '[audio/wav, 30 B]', format: 'wav' } },
  ],
  ['a spoken answer', { audio: { id: 'a', data: SMALL } }, { audio: { id: 'a', data: '[base64 data, 30 B]' } }],
  [
    'a file',
    { file: { file_data: SMALL, filename: 'a' } },
    { file: { file_data: '[base64 data, 30 B]', filename: 'a' } },
  ],
  [
    'a file in a data URI',
    { file: { file_data: `data:application/pdf;base64,${SMALL}` } },
    { file: { file_data: '[application/pdf, 30 B]' } },
  ],
  [
    'a source of Anthropic',
    { type: 'base64', media_type: 'image/webp', data: SMALL },
    { type: 'base64', media_type: 'image/webp', data: '[image/webp, 30 B]' },
  ],
  [
    'inline data of Gemini',
    { mimeType: 'image/png', data: SMALL },
    { mimeType: 'image/png', data: '[image/png, 30 B]' },
  ],
  [
    'inline data with parameters',
    { mime_type: 'audio/L16;rate=24000', data: SMALL },
    { mime_type: 'audio/L16;rate=24000', data: '[audio/L16, 30 B]' },
  ],
  ['a type that is none', { mimeType: 'a b', data: SMALL }, { mimeType: 'a b', data: '[base64 data, 30 B]' }],
  ['an image of a known beginning', { b64_json: PNG }, { b64_json: '[image/png, 20 B]' }],
  ['base64 in lines', { b64_json: `${SMALL}\r\n${SMALL}\r\n` }, { b64_json: '[base64 data, 60 B]' }],
  ['a long text in base64', ['a', LARGE], ['a', '[base64 data, 12.3 KB]']],
];

const KEPT: [what: string, value: Json][] = [
  ['a text', 'data: none; base64, no'],
  ['a data URI that is no base64', 'data:text/plain,hello'],
  ['the beginning of a data URI', 'data:image/png;base64,'],
  ['a short text in base64', SMALL],
  ['a plain text in a source', { type: 'text', media_type: 'text/plain', data: 'hello' }],
  ['data without a type', { data: SMALL }],
  ['data that is no text', { mimeType: 'image/png', data: { a: 1 } }],
  ['an address', { image_url: { url: 'https://a.test/1.png' } }],
  ['many hexadecimal digits', '0123456789abcdef'.repeat(100)],
  ['a long rule', 'x'.repeat(2_000)],
  ['a long text', 'Lorem 1 ipsum '.repeat(200)],
  ['empty data', { b64_json: '' }],
];

describe('base64 data', () => {
  it.each(TABLE)('as %s becomes a marker of its type and size', (_what, value, without) => {
    expect(withoutMedia(value)).toEqual(without);
  });

  it.each(KEPT)('is not seen in %s', (_what, value) => {
    expect(withoutMedia(value)).toBe(value);
  });

  it('is left out alone: everything beside it is the same object as before', () => {
    const kept = { role: 'user', content: 'hi' };
    const value = [kept, { b64_json: PNG }];
    expect((withoutMedia(value) as Json[])[0]).toBe(kept);
  });
});

const fragment = fc.oneof(
  fc.constantFrom('data:', 'image/png', ';base64,', ';a=b', SMALL, PNG, '=', '[image/png, 30 B]', ' ', '\n', LARGE),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const text = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''));
const key = fc.constantFrom(
  'data',
  'type',
  'media_type',
  'mimeType',
  'b64_json',
  'file_data',
  'input_audio',
  '__proto__',
);
const { value: anyValue } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.jsonValue() as fc.Arbitrary<Json>,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries): Json => Object.fromEntries(entries)),
  ),
}));

describe('leaving base64 data out', () => {
  it('twice is the same as once', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const once = withoutMedia(value);
        expect(withoutMedia(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('changes nothing in a value without any', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(!/data|base64/.test(JSON.stringify(value)));
        expect(withoutMedia(value as Json)).toBe(value);
      }),
    );
  });
});

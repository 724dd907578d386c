import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFlat } from '../../lib/record.ts';
import { cards, identities, identityOf, otherCheck, redactor } from './samples.ts';

const all = await redactor();
const before = fc.constantFrom('', ' ', '号码', ':', '"', '\\n', '\\u4e00', '(');
const after = fc.constantFrom('', ' ', '，', '。', '"', '\\n', ')');

describe('check digits', () => {
  it('make an identity number one, whoever it is and whatever it stands in', () => {
    fc.assert(
      fc.property(before, identities, after, (head, number, tail) => {
        expect(all.text(head + number + tail)).toBe(`${head}[id-card]${tail}`);
      }),
    );
  });

  it('make a card number one', () => {
    fc.assert(
      fc.property(before, cards, after, (head, number, tail) => {
        expect(all.text(head + number + tail)).toMatch(/\[(?:bank|id)-card\]/);
        expect(all.text(head + number + tail)).not.toContain(number);
      }),
    );
  });

  it('that are wrong leave a number as it is', async () => {
    for (const [rule, numbers] of [
      ['id-card', identities],
      ['bank-card', cards],
    ] as const) {
      const { text } = await redactor([rule]);
      fc.assert(
        fc.property(numbers, (number) => {
          expect(text(otherCheck(number))).toBe(otherCheck(number));
        }),
      );
    }
  });
});

const FRAGMENTS = [
  ...['13800138000', '+86 139 0013 8000', identityOf('11010519491231002'), '4111111111111111', '4111 1111 1111 1111'],
  ...[
    'ann@example.com',
    '10.0.0.1',
    '2001:db8::1',
    '::',
    `sk-${'a1'.repeat(10)}`,
    'Bearer abcdefgh12345678',
    'E123456',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    'eyJhbGciOi.eyJzdWIiOi.sig',
    '[mobile]',
    '[email',
    'own]',
  ],
  ...['\\', '\\n', '\\u4e00', '\\u', '"', '{', '}', '[', ']', ',', ':', ' ', '-', '.', '@', '%40', '0', '1', 'a', 'z'],
  ...['中', '\ud800', '\udc00', '😀'],
];
const mixed = fc
  .array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 4 })), { maxLength: 12 })
  .map((parts) => parts.join(''));

describe('redaction', () => {
  it('done twice is done once', async () => {
    const own = await redactor(undefined, { employee: 'E\\d{4,6}', own: '[a-z]{2,}', any: '9.*' });
    fc.assert(
      fc.property(mixed, (text) => {
        for (const each of [all, own]) expect(each.text(each.text(text))).toBe(each.text(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('of a record done twice is done once', () => {
    const values = fc.oneof(
      mixed,
      mixed.map((text) => JSON.stringify({ a: [text], 中: 13800138000 })),
    );
    fc.assert(
      fc.property(values, values, (ai_log, content) => {
        const once = all.record(fromFlat({ ai_log, content }));
        expect(all.record(once)).toBe(once);
      }),
    );
  });

  it('leaves lone surrogates and everything else that is not looked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '中', 'x', ' ') }), (text) => {
        expect(all.text(text)).toBe(text);
      }),
    );
  });

  it('keeps JSON JSON, and its shape', () => {
    const json = fc.oneof(
      fc.json({ stringUnit: fc.constantFrom(...FRAGMENTS) }),
      fc.constantFrom('13800138000', '4111111111111111', '{"a":1234567890123456789,"b":13800138000}'),
    );
    const nested = fc
      .tuple(json, json)
      .map(([a, b]) => `{"a":${a},"inner":${JSON.stringify(b)}, "n":9007199254740993}`);
    fc.assert(
      fc.property(nested, (text) => {
        const after = all.record(fromFlat({ ai_log: text })).fields.get('ai_log') ?? '';
        expect(shapeOf(JSON.parse(after))).toEqual(shapeOf(JSON.parse(text)));
        // What is a number alone is a text like any other.
        if (/^[[{"]/.test(JSON.parse(text).inner)) expect(() => JSON.parse(JSON.parse(after).inner)).not.toThrow();
        expect(after).toContain('9007199254740993');
      }),
      { numRuns: 300 },
    );
  });
});

/** Keys and lengths without the values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return 'value';
  return Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]);
}

describe('a megabyte made to be slow', () => {
  const LONG = 1_000_000;
  const units = [
    ...[
      '1',
      '1 ',
      '4',
      '4444 ',
      '4111 1111 1111 111',
      '138 ',
      '13800138000',
      '+86',
      '110101199003',
      'a',
      'f',
      'a1b',
      'Zab',
    ],
    ...['a@', '@', '@a.', 'a.', '%40', ':', '::', ' ::', 'a:', '1:', '1.', '1.1.1.', '10.0.0.1.'],
    ...['-----BEGIN ', '-----BEGIN PRIVATE KEY-----', '-----BEGIN A PRIVATE KEY-----x-----END ', 'Bearer ', 'Bearer+'],
    ...['Basic aaaaaa/', 'sk-', 'sk-a', 'xoxb-', 'eyJ', '-eyJ', 'eyJaaaaaaaaa.', '.eyJaaaaaaaaa', '\\', '\\n', '\\u00'],
    ...['[', '[mobile]', '"', '{"', '{"a":', '["', '["1",'],
  ];

  it.each(units)('of %s takes less than two seconds', (unit) => {
    const text = unit.repeat(Math.ceil(LONG / unit.length));
    const record = fromFlat({ ai_log: text });
    const began = performance.now();
    all.record(record);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

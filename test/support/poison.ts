import fc from 'fast-check';
import type { Json, LlmCall } from '../../lib/types.ts';
import { callOf } from './calls.ts';

/** Texts that have broken servers: halves of surrogate pairs, control characters, escapes in what looks like JSON. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        ...['\ud800', '\udc00', '\ud83d\ude00', '\u0000', '\u0007', '\u2028', '\ufeff', 'a', '长', '"', '\\', '{', '['],
        ...[
          '\\ud800',
          '\\uDC00',
          '\\ud83d\\ude00',
          '\\\\ud800',
          '\\u0000',
          '{"a":"\\ud800"}',
          '["\\uDfff"]',
          '"\\ud801"',
        ],
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('{"a":"\\ud800\\ud800"}', ' ["\\ud83d", "\\ude00"]', '"\\ud800"', '__proto__', 'x'.repeat(1500)),
  // A pair that a cut at a limit would split.
  fc.constantFrom(199, 200, 999, 1000, 3999).map((length) => `${'x'.repeat(length)}\u{1f600}`),
);

export const number: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    1e30,
    -1e30,
    Number.NaN,
    Infinity,
    -Infinity,
    -1,
    -0,
    0,
    2 ** 63,
    2 ** 64,
    1e12,
    0.1,
    5e-324,
    8.64e15,
  ),
  fc.double(),
  fc.integer(),
);

export const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(text, tie('json'), { maxKeys: 3 }),
  ),
})).json;

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** The n-th call, with poison in every field but its ids. */
export function poisonedCall(n: number): fc.Arbitrary<LlmCall> {
  const trace = fc.record(
    {
      name: text,
      userId: text,
      sessionId: text,
      tags: fc.array(text, { maxLength: 60 }),
      metadata: fc.dictionary(text, json, { maxKeys: 4 }),
    },
    { requiredKeys: ['name', 'tags', 'metadata'] },
  );
  const observation = fc.record(
    {
      type: fc.constantFrom('generation', 'embedding', 'retriever', 'span', 'tool'),
      name: text,
      model: text,
      modelParameters: fc.dictionary(text, json, { maxKeys: 3 }),
      input: json,
      output: json,
      usageDetails: fc.dictionary(text, number, { maxKeys: 4 }),
      costDetails: fc.dictionary(text, number, { maxKeys: 4 }),
      level: fc.constantFrom('DEBUG', 'DEFAULT', 'WARNING', 'ERROR'),
      statusMessage: text,
      startTime: number,
      endTime: number,
      completionStartTime: number,
    },
    { requiredKeys: ['type', 'name', 'level', 'startTime', 'endTime'] },
  );
  return fc.tuple(trace, observation, optional(fc.boolean())).map(([t, o]) => {
    const plain = callOf(n);
    return { trace: { ...t, id: plain.trace.id }, observation: { ...o, id: plain.observation.id } } as LlmCall;
  });
}

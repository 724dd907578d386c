import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanOf } from '../../lib/langfuse/span.ts';
import type { Json, JsonObject } from '../../lib/types.ts';
import { callOf } from '../support/calls.ts';

interface Value {
  readonly stringValue?: string;
  readonly arrayValue?: { readonly values: readonly Value[] };
}

interface Span {
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Value }[];
}

function spanWith(metadata: JsonObject, name = 'chat'): Span {
  const { trace, observation } = callOf(1);
  return JSON.parse(spanOf({ trace: { ...trace, metadata }, observation: { ...observation, name } })) as Span;
}

function metadataIn({ attributes }: Span): unknown {
  const found = attributes.filter(({ key }) => key.startsWith('langfuse.observation.metadata'));
  expect(found.length).toBeLessThanOrEqual(1);
  const text = found[0]?.value.stringValue;
  return text === undefined ? undefined : JSON.parse(text);
}

describe('the metadata of a span', () => {
  it.each<[string, Json, unknown]>([
    ['a text', 'plain', 'plain'],
    ['a text with quotes and backslashes', 'a "b" \\ c\n', 'a "b" \\ c\n'],
    ['a text in Chinese', '网关', '网关'],
    ['a text that looks like a number', '5', '5'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['a number', 1.5, 1.5],
    ['a number that JSON has no word for', Number.POSITIVE_INFINITY, 'Infinity'],
    ['a boolean', false, false],
    ['nothing', null, 'null'],
    ['a list, as JSON text', ['a', 1], '["a",1]'],
    ['an object, as JSON text', { a: { b: '"' } }, '{"a":{"b":"\\""}}'],
  ])('keeps %s', (_, value, kept) => {
    expect(metadataIn(spanWith({ first: 'x', value }))).toEqual({ first: 'x', value: kept });
  });

  it('is no attribute at all when there is none', () => {
    expect(metadataIn(spanWith({}))).toBeUndefined();
  });

  it('is one attribute with every name and value, whatever they are', () => {
    const names = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((name) => !/\p{Cc}/u.test(name));
    const values = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(fc.dictionary(names, values, { minKeys: 1 }), (metadata) => {
        expect(Object.entries(metadataIn(spanWith(metadata)) as object)).toEqual(Object.entries(metadata));
      }),
    );
  });
});

it('a name with quotes, backslashes and emoji stays as it is', () => {
  expect(spanWith({}, 'a "b" \\ 😀').name).toBe('a "b" \\ 😀');
});

it.each([
  ['as many tags as may be', 50, 50],
  ['more tags, each of them short and plain,', 51, 50],
])('%s are sent up to the fiftieth', (_, many, kept) => {
  const { trace, observation } = callOf(1);
  const tags = Array.from({ length: many }, (_, n) => `tag-${n}`);
  const { attributes } = JSON.parse(spanOf({ trace: { ...trace, tags }, observation })) as Span;
  const sent = attributes.find(({ key }) => key === 'langfuse.trace.tags')?.value.arrayValue?.values;
  expect(sent?.map(({ stringValue }) => stringValue)).toEqual(tags.slice(0, kept));
});

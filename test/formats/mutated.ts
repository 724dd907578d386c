import fc from 'fast-check';
import type { Json } from '../../lib/types.ts';
import { BY_FORMAT } from './every-format.ts';
import type { Flat } from './lines.ts';

const BASES = BY_FORMAT.map(([, record]) => record);

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('-', '', 'null', '{}', '[]', '\ud800', '{"__proto__":{"a":1}}', '9'.repeat(400), '1e400', '-1'),
  fc.constantFrom('2026-11-21T07:00:00Z', '1795244400123456789', '99999999999', '0', 'NaN', '[map[a:b]]', '"'),
);
const anyValue: fc.Arbitrary<Json> = fc.oneof(anyText, fc.jsonValue() as fc.Arbitrary<Json>);

const mutation: fc.Arbitrary<(flat: Flat) => Flat> = fc.oneof(
  fc.tuple(fc.nat(), anyValue).map(([n, value]) => changed(n, () => value)),
  fc.tuple(fc.nat(), fc.nat()).map(([n, at]) => changed(n, (text) => text.slice(0, at % (text.length + 1)))),
  fc
    .tuple(fc.nat(), fc.nat(), anyText)
    .map(([n, at, more]) =>
      changed(n, (text) => text.slice(0, at % (text.length + 1)) + more + text.slice(at % (text.length + 1))),
    ),
  fc.nat().map((n) => changed(n, (text) => JSON.stringify(text))),
  fc.nat().map((n) => changed(n, (text) => JSON.stringify(text).slice(1, -1))),
  fc
    .tuple(
      fc.constantFrom(
        '__proto__',
        'content',
        'ai_log',
        'answer',
        'status',
        'ai',
        'attribute',
        'messages',
        'metadata',
        '',
      ),
      anyValue,
    )
    .map(
      ([key, value]) =>
        (flat: Flat) =>
          Object.fromEntries([...Object.entries(flat), [key, value]]),
    ),
);
/** A record of any format, with up to four of its fields cut, spliced, escaped once more or of another type. */
export const mutated: fc.Arbitrary<Flat> = fc
  .tuple(fc.constantFrom(...BASES), fc.array(mutation, { maxLength: 4 }))
  .map(([base, mutations]) => mutations.reduce((flat, mutate) => mutate(flat), base));

function changed(n: number, change: (text: string) => Json): (flat: Flat) => Flat {
  return (flat) => {
    const entries = Object.entries(flat);
    const [key, value] = entries[n % entries.length] ?? ['', ''];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return Object.fromEntries([...entries, [key, change(text)]]);
  };
}

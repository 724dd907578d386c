import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches, parseGlob } from '../lib/glob.ts';

const match = (pattern: string, text: string) => matches(parseGlob(pattern), text);

const CASES: [pattern: string, text: string, expected: boolean][] = [
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'anything at all', true],
  ['**', 'a', true],
  ['?', '', false],
  ['?', 'a', true],
  ['?', 'ab', false],
  ['chat', 'chat', true],
  ['chat', 'Chat', false],
  ['chat', 'chat-1', false],
  ['chat-*', 'chat-', true],
  ['chat-*', 'a-chat-1', false],
  ['*-probe', 'health-probe', true],
  ['*-probe', 'health-probe-2', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['*ab', 'aab', true],
  ['*a?c*', 'xxabaabcda', true],
  ['a*?', 'a', false],
  ['a*?', 'ab', true],
  ['\\*', '*', true],
  ['\\*', 'x', false],
  ['a\\?', 'ab', false],
  ['\\\\*', '\\x', true],
  ['\\,\\;', ',;', true],
  ['\\a', 'a', true],
  ['end\\', 'end\\', true],
  ['.+', 'aa', false],
  ['千?', '千问', true],
  ['?', '\u{1f600}', true],
  ['??', '\u{1f600}', false],
  ['*?b', '\u{1f600}b', true],
  ['*\ude00', '\u{1f600}', false],
  ['\ud83d?', '\ud83d\ud83d', true],
];

/** The same by its definition, without a thought for speed. */
function reference(pattern: string[], text: string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') return reference(rest, text) || (text.length > 0 && reference(pattern, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && reference(rest, text.slice(1));
}

describe('a glob', () => {
  it.each(CASES)('%j on %j: %s', (pattern, text, expected) => {
    expect(match(pattern, text)).toBe(expected);
  });

  it('matches what its definition says', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '\u{1f600}', '*', '?'), { maxLength: 8 });
    const text = fc.array(fc.constantFrom('a', 'b', '\u{1f600}'), { maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(match(p.join(''), t.join(''))).toBe(reference(p, t));
      }),
      { numRuns: 3_000 },
    );
  });

  it('matches any text of which every character is escaped, and only that', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
        const escaped = [...text].map((char) => `\\${char}`).join('');
        expect(match(escaped, text)).toBe(true);
        expect(match(escaped, other)).toBe(text === other);
      }),
    );
  });

  it('takes a time that grows with the text, not with the ways to divide it', () => {
    const text = 'a'.repeat(200_000);
    const started = performance.now();
    expect(match(`${'a*'.repeat(50)}b`, text)).toBe(false);
    expect(match(`*${'?a*'.repeat(50)}b`, text)).toBe(false);
    expect(match(`${'*a'.repeat(50)}`, text)).toBe(true);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

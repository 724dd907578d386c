import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../lib/arena.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  // Lone surrogates, and texts that fill slabs or fit into none.
  fc.array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.constantFrom('a', '中', '😀'), fc.integer({ min: 0, max: 200_000 }))
    .map(([unit, times]) => unit.repeat(times)),
);

describe('what was written into an arena', () => {
  it('is the text in UTF-8, and stays so whatever is written behind it, there and in other arenas', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 30 }), (texts) => {
        const [one, other] = [new Arena(), new Arena()];
        const written = texts.map(([said, first]) => (first ? one : other).write(said));
        expect(written.map((bytes, i) => bytes.equals(Buffer.from(texts[i]?.[0] ?? '')))).not.toContain(false);
        one.release();
        other.release();
      }),
      { numRuns: 200 },
    );
  });

  it('stands side by side in memory of 512 KB, as long as there is room for all that a text may take', () => {
    const arena = new Arena();
    const first = arena.write('ab');
    // In UTF-8 a text may be three times as long: exactly what is left.
    const last = arena.write('x'.repeat((512 * 1024 - 2) / 3));
    expect(last.buffer).toBe(first.buffer);
    expect(last.byteOffset).toBe(2);
    expect(arena.write('x'.repeat(150_000)).buffer).not.toBe(first.buffer);
    arena.release();
  });

  it('stays so when other arenas are released and written to', () => {
    const [kept, ...others] = [new Arena(), new Arena(), new Arena()];
    const bytes = kept?.write('kept');
    for (let round = 0; round < 5; round++) {
      for (const other of others) for (let i = 0; i < 20; i++) other.write('x'.repeat(50_000));
      for (const other of others) other.release();
    }
    expect(bytes?.toString()).toBe('kept');
  });

  it('is written over once it is released', () => {
    const arena = new Arena();
    const bytes = arena.write('before');
    arena.release();
    arena.release();
    const arenas = Array.from({ length: 30 }, () => new Arena());
    // Each of them has its own memory, and one of them that of before.
    const all = arenas.map((other, i) => other.write(`after${i}`));
    expect(all.map(String)).toEqual(arenas.map((_, i) => `after${i}`));
    expect(bytes.toString()).not.toBe('before');
  });
});

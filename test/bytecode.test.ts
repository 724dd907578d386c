import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytecodeOf, requireCompiled } from '../lib/bytecode.ts';

const ONE = 'exports.number = () => 1;';
const TWO = 'exports.number = () => 2;';
const digestOf = (source: string) => createHash('sha256').update(source).digest();

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bytecode-'));
  path = join(folder, 'module.js');
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(source: string, bytecode?: Uint8Array): Record<string, (...given: unknown[]) => unknown> {
  writeFileSync(path, source);
  if (bytecode) writeFileSync(`${path}.bytecode`, bytecode);
  return requireCompiled(path) as Record<string, (...given: unknown[]) => unknown>;
}

describe('requireCompiled', () => {
  it('runs the bytecode, not the source', () => {
    // V8 compares lengths: it takes the bytecode of one for that of the other.
    const foreign = Buffer.concat([digestOf(TWO), bytecodeOf(ONE, 'module.js').subarray(32)]);
    expect(load(TWO, foreign).number?.()).toBe(1);
  });

  it('runs the source where the bytecode is that of another of the same length', () => {
    expect(load(TWO, bytecodeOf(ONE, 'module.js')).number?.()).toBe(2);
  });

  it.each([
    ['missing', undefined],
    ['empty', Buffer.alloc(0)],
    ['a digest alone', digestOf(ONE)],
    ['garbage', Buffer.concat([digestOf(ONE), Buffer.alloc(4_000, 7)])],
    ['cut', bytecodeOf(ONE, 'module.js').subarray(0, -50)],
    ['of another V8', bytecodeOf(ONE, 'module.js').fill(0, 36, 40)],
  ])('runs the source where the bytecode is %s', (_, bytecode) => {
    expect(load(ONE, bytecode).number?.()).toBe(1);
  });

  it('gives a module what Node gives it', () => {
    const source = `
      exports.paths = () => [__filename, __dirname, require('./other.js').path, this === exports, module.exports === exports];
      // at the end`;
    writeFileSync(join(folder, 'other.js'), 'exports.path = __filename');
    const own = [path, folder, join(folder, 'other.js'), true, true];
    expect(load(source, bytecodeOf(source, 'module.js')).paths?.()).toEqual(own);
    expect(load('module.exports = { number: () => 3 }').number?.()).toBe(3);
  });

  it('names the file where an error was thrown', () => {
    const source = 'exports.fail = () => {\n  throw new Error("here") };';
    const { fail } = load(source, bytecodeOf(source, 'module.js'));
    const stack = (() => {
      try {
        return fail?.();
      } catch (error) {
        return (error as Error).stack;
      }
    })();
    expect(stack).toContain('module.js:2:');
  });

  it('throws what the module throws', () => {
    expect(() => load('throw new Error("at once")')).toThrow('at once');
  });
});

describe('bytecodeOf', () => {
  it('leaves V8 as it was, also after a source that is no JavaScript', () => {
    expect(() => bytecodeOf('%', 'module.js')).toThrow(SyntaxError);
    const [before, after] = [bytecodeOf(ONE, 'module.js'), bytecodeOf(ONE, 'module.js')];
    expect(after.equals(before)).toBe(true);
  });
});

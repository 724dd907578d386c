import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytecodeOf, requireCompiled } from '../lib/bytecode.ts';

const ONE = 'exports.number = () => 1;';
const TWO = 'exports.number = () => 2;';
const BYTECODE = bytecodeOf(ONE, 'module.js');
/** Bytecode that is said to be this source's. */
const sealed = (source: string, bytecode: Uint8Array) =>
  Buffer.concat([createHash('sha256').update(source).update(bytecode).digest(), bytecode]);

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
    expect(load(TWO, sealed(TWO, BYTECODE.subarray(32))).number?.()).toBe(1);
  });

  it('runs the source where the bytecode is that of another of the same length', () => {
    expect(load(TWO, BYTECODE).number?.()).toBe(2);
  });

  it.each([
    ['missing', undefined],
    ['empty', Buffer.alloc(0)],
    ['nothing but a digest', sealed(ONE, Buffer.alloc(0))],
    ['something else', sealed(ONE, Buffer.alloc(4_000, 7))],
    ['cut', BYTECODE.subarray(0, -50)],
    // V8 would run it, and crash.
    ['damaged', Buffer.from(BYTECODE).fill(0, 200, 260)],
    ["another V8's", sealed(ONE, Buffer.from(BYTECODE.subarray(32)).fill(0, 4, 8))],
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
    expect(bytecodeOf(ONE, 'module.js').equals(BYTECODE)).toBe(true);
  });
});

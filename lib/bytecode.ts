import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const DIGEST_BYTES = 32;

/**
 * V8's bytecode of all functions of a CommonJS module, for {@link requireCompiled}: after a digest of both, for V8 compares
 * no more of the source than its length, though two builds may differ in a commit's name alone, and runs damaged bytecode
 * until it crashes. Stacks call the module `name`, wherever it is run. Throws SyntaxError.
 */
export function bytecodeOf(source: string, name: string): Buffer {
  const bytecode = compiledWhole(source, name).createCachedData();
  return Buffer.concat([digestOf(source, bytecode), bytecode]);
}

/** V8 takes no bytecode that was written with other flags than it has when it reads it: they are only set meanwhile. */
function compiledWhole(source: string, name: string): Script {
  setFlagsFromString('--no-lazy');
  try {
    return new Script(wrapped(source), { filename: name });
  } finally {
    setFlagsFromString('--lazy');
  }
}

/**
 * What `require(path)` returns, with the bytecode that lies beside it as `<path>.bytecode`: a new process compiles neither
 * the module nor its functions as they are called. Without that file, and with one of another bundle, of another V8 or
 * another V8's flags, it is compiled as ever. Throws what the module throws.
 */
export function requireCompiled(path: string): unknown {
  const source = readFileSync(path, 'utf8');
  const cachedData = bytecodeFor(source, `${path}.bytecode`);
  const script = new Script(wrapped(source), { filename: path, ...(cachedData && { cachedData }) });
  const module = { exports: {} };
  script.runInThisContext().call(module.exports, module.exports, createRequire(path), module, path, dirname(path));
  return module.exports;
}

function bytecodeFor(source: string, path: string): Buffer | undefined {
  try {
    const file = readFileSync(path);
    const bytecode = file.subarray(DIGEST_BYTES);
    return digestOf(source, bytecode).equals(file.subarray(0, DIGEST_BYTES)) ? bytecode : undefined;
  } catch {
    return undefined;
  }
}

/** As Node wraps a CommonJS module. */
function wrapped(source: string): string {
  return `(function (exports, require, module, __filename, __dirname) { ${source}\n})`;
}

function digestOf(source: string, bytecode: Uint8Array): Buffer {
  return createHash('sha256').update(source).update(bytecode).digest();
}

import type { Json, LlmCall } from './types.ts';

/** A field smaller than this is not worth cutting: a call that is too large all the same cannot be made to fit. */
const SMALLEST = 2_000;
const ROUNDS = 32;

/**
 * The call, made to fit into `maxBytes`: its largest fields are cut one after the other, each with a mark that says how
 * much is missing, and the metadata names them under `clipped`. `undefined` when even that is not enough.
 * `sizeOf` tells the bytes a call takes when written.
 */
export function clip(call: LlmCall, maxBytes: number, sizeOf: (call: LlmCall) => number): LlmCall | undefined {
  let fitted = call;
  for (let round = 0; round < ROUNDS; round++) {
    const excess = sizeOf(fitted) - maxBytes;
    if (excess <= 0) return fitted;
    const [name, text] = largest(fitted);
    if (text.length < SMALLEST) return undefined;
    // Not more than three quarters at once, so that two large fields shrink together. Escapes take two bytes and more.
    const keep = Math.max(Math.floor(text.length / 4), text.length - excess - SMALLEST / 2);
    fitted = replaced(fitted, name, cut(text, keep));
  }
  return undefined;
}

function largest({ trace, observation: { input, output } }: LlmCall): [string, string] {
  const fields: [string, Json | undefined][] = [
    ['input', input],
    ['output', output],
    ...Object.entries(trace.metadata),
  ];
  return fields
    .map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : JSON.stringify(value ?? '')])
    .reduce((a, b) => (b[1].length > a[1].length ? b : a));
}

const MARK = /\n… \[(\d+) characters left out: the call was too large for Langfuse\]$/;

function cut(text: string, keep: number): string {
  const before = Number(MARK.exec(text)?.[1] ?? 0);
  const plain = text.replace(MARK, '');
  const missing = before + plain.length - keep;
  return `${plain.slice(0, keep).toWellFormed()}\n… [${missing} characters left out: the call was too large for Langfuse]`;
}

function replaced({ trace, observation }: LlmCall, name: string, value: string): LlmCall {
  const before = Array.isArray(trace.metadata.clipped) ? trace.metadata.clipped : [];
  const clipped = before.includes(name) ? before : [...before, name];
  if (name === 'input' || name === 'output') {
    return {
      trace: { ...trace, metadata: { ...trace.metadata, clipped } },
      observation: { ...observation, [name]: value },
    };
  }
  return { trace: { ...trace, metadata: { ...trace.metadata, [name]: value, clipped } }, observation };
}

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
    const { at, text } = largest(fitted);
    if (text.length < SMALLEST) return undefined;
    // Not more than three quarters at once, so that two large fields shrink together. Escapes take two bytes and more.
    const keep = Math.max(Math.floor(text.length / 4), text.length - excess - SMALLEST / 2);
    fitted = replaced(fitted, at, cut(text, keep));
  }
  return undefined;
}

interface Place {
  readonly in: 'observation' | 'metadata';
  readonly name: string;
}

interface Field {
  readonly at: Place;
  readonly text: string;
}

function largest({ trace, observation: { input, output } }: LlmCall): Field {
  const fields = [
    fieldOf('observation', 'input', input),
    fieldOf('observation', 'output', output),
    ...Object.entries(trace.metadata).map(([name, value]) => fieldOf('metadata', name, value)),
  ];
  return fields.reduce((a, b) => (b.text.length > a.text.length ? b : a));
}

function fieldOf(place: Place['in'], name: string, value: Json | undefined): Field {
  return { at: { in: place, name }, text: typeof value === 'string' ? value : JSON.stringify(value ?? '') };
}

const MARK = /\n… \[(\d+) characters left out: the call was too large for Langfuse\]$/;

function cut(text: string, keep: number): string {
  const before = Number(MARK.exec(text)?.[1] ?? 0);
  const plain = text.replace(MARK, '');
  const missing = before + plain.length - keep;
  return `${plain.slice(0, keep).toWellFormed()}\n… [${missing} characters left out: the call was too large for Langfuse]`;
}

function replaced({ trace, observation }: LlmCall, at: Place, value: string): LlmCall {
  const before = Array.isArray(trace.metadata.clipped) ? trace.metadata.clipped : [];
  const clipped = before.includes(at.name) ? before : [...before, at.name];
  // The metadata may have an `input` of its own.
  const own = at.in === 'metadata' ? { [at.name]: value } : {};
  const cut = at.in === 'observation' ? { [at.name]: value } : {};
  return {
    trace: { ...trace, metadata: { ...trace.metadata, ...own, clipped } },
    observation: { ...observation, ...cut },
  };
}

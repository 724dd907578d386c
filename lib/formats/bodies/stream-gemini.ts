import type { Json, JsonObject } from '../../types.ts';
import { isObject, present } from '../values/values.ts';
import { listIn } from './body.ts';

interface Candidate {
  finish?: Json;
  readonly parts: Json[];
}

/** The generateContent response that the chunks of streamGenerateContent make: parts of text that adjoin are one. */
export function geminiStream(chunks: JsonObject[]): JsonObject {
  const candidates = new Map<Json, Candidate>();
  for (const candidate of chunks.flatMap((chunk) => listIn(chunk.candidates))) {
    if (!isObject(candidate)) continue;
    const known = candidates.get(candidate.index ?? 0) ?? { parts: [] };
    candidates.set(candidate.index ?? 0, known);
    if (present(candidate.finishReason)) known.finish = candidate.finishReason;
    for (const part of listIn(isObject(candidate.content) ? candidate.content.parts : undefined))
      known.parts.push(part);
  }
  return { candidates: [...candidates.values()].map(joined) };
}

function joined({ finish, parts }: Candidate): JsonObject {
  const content = { role: 'model', parts: merged(parts) };
  return { content, ...(finish !== undefined && { finishReason: finish }) };
}

function merged(parts: Json[]): Json[] {
  const result: Json[] = [];
  let texts: string[] = [];
  let thought = false;
  const close = (): void => {
    if (texts.length > 0) result.push({ text: texts.join(''), ...(thought && { thought }) });
    texts = [];
  };
  for (const part of parts) {
    const text = isObject(part) && typeof part.text === 'string' ? part.text : undefined;
    const thinks = isObject(part) && part.thought === true;
    if (text === undefined || thinks !== thought) close();
    if (text === undefined) result.push(part);
    else texts.push(text);
    thought = thinks;
  }
  close();
  return result;
}

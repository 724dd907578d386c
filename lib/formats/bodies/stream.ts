import type { Json, JsonObject } from '../../types.ts';
import { firstPresent, isObject } from '../values/values.ts';
import { eventsIn } from './sse.ts';
import { anthropicStream, isAnthropicEvent } from './stream-anthropic.ts';
import { chatStream } from './stream-chat.ts';
import { dashscopeStream } from './stream-dashscope.ts';
import { geminiStream } from './stream-gemini.ts';
import { isResponsesEvent, responsesStream } from './stream-responses.ts';

/**
 * The response that a stream would have been without streaming: `text` is a raw event stream of OpenAI's chat,
 * completions or responses API, of Anthropic, Gemini or DashScope. A cut stream gives what is there. `undefined` for a
 * text that is no such stream.
 */
export function assembledStream(text: Json | undefined): JsonObject | undefined {
  return typeof text === 'string' ? joinedChunks(eventsIn(text)) : undefined;
}

/** The same of chunks that are read already. */
export function joinedChunks(values: Json[]): JsonObject | undefined {
  const chunks = values.filter((value) => isObject(value));
  const assemble = assemblerOf(chunks);
  if (!assemble) return chunks.find(isError);
  const shared = common(chunks);
  const whole = assemble(chunks);
  const error = firstPresent(whole.error, shared.error);
  return { ...shared, ...whole, ...(error !== undefined && { error }) };
}

type Assembler = (chunks: JsonObject[]) => JsonObject;

function assemblerOf(chunks: JsonObject[]): Assembler | undefined {
  for (const chunk of chunks) {
    if (isResponsesEvent(chunk)) return responsesStream;
    if (isAnthropicEvent(chunk)) return anthropicStream;
    if (Array.isArray(chunk.candidates)) return geminiStream;
    if (Array.isArray(chunk.choices)) return chatStream;
    if (isObject(chunk.output)) return dashscopeStream;
  }
  return undefined;
}

/** What every API but Anthropic's and the Responses API repeats on its chunks. The last usage counts them all. */
function common(chunks: JsonObject[]): JsonObject {
  const common: JsonObject = {};
  for (const chunk of chunks) {
    for (const name of ['id', 'model', 'modelVersion', 'responseId', 'request_id']) {
      const value = firstPresent(common[name], chunk[name]);
      if (value !== undefined) common[name] = value;
    }
    for (const name of ['usage', 'usageMetadata']) {
      const value = firstPresent(chunk[name]);
      if (value !== undefined) common[name] = value;
    }
    if (isError(chunk)) common.error = chunk.error ?? chunk;
  }
  return common;
}

/** An error in the middle of a stream: an `error` of its own, or an event that is one. */
function isError(chunk: JsonObject): boolean {
  if (firstPresent(chunk.error) !== undefined) return true;
  const bare = typeof chunk.message === 'string' && firstPresent(chunk.code) !== undefined;
  return bare && firstPresent(chunk.output, chunk.choices) === undefined;
}

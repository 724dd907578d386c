import type { Json, JsonObject } from '../../types.ts';
import { isObject } from '../values/values.ts';
import { textIn } from './body.ts';
import { withoutMedia } from './media.ts';

/** What one side says before the other does, gathered from an API's blocks, parts or items. */
export interface Turn {
  /** Parts of ChatML: `{type: 'text', text}`, `{type: 'image_url', image_url: {url}}`, or the API's own. */
  readonly content: Json[];
  readonly reasoning: string[];
  readonly calls: JsonObject[];
}

export function newTurn(): Turn {
  return { content: [], reasoning: [], calls: [] };
}

/** The ChatML message that Langfuse renders: `{role, content, reasoning_content?, tool_calls?}`. */
export function messageOf(role: string, { content, reasoning, calls }: Turn): JsonObject {
  return {
    role,
    content: contentOf(content),
    ...(reasoning.length > 0 && { reasoning_content: reasoning.join('\n\n') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** The content of a message: no parts are `null`, one part of text is that text, anything else stays a list. */
export function contentOf(parts: Json[]): Json {
  const [first] = parts;
  if (first === undefined) return null;
  const bare = parts.length === 1 && isObject(first) && first.type === 'text';
  return bare && typeof first.text === 'string' ? first.text : parts;
}

export function textPart(text: string): JsonObject {
  return { type: 'text', text };
}

export function imagePart(url: string): JsonObject {
  return { type: 'image_url', image_url: { url } };
}

/** A file in base64 as the part that Langfuse renders and stores as media: an image, a sound or any other file. */
export function dataPart(mimeType: string, data: string): JsonObject {
  // `audio/L16;codec=pcm;rate=24000`
  const type = mimeType.replace(/\s{0,8};.*$/s, '');
  if (type.startsWith('audio/')) return { type: 'input_audio', input_audio: { data, format: type.slice(6) } };
  const uri = `data:${type};base64,${data}`;
  return type.startsWith('image/') ? imagePart(uri) : { type: 'file', file: { file_data: uri } };
}

/** A call of a tool in ChatML. `input` is JSON text, or the value of which it is made. */
export function toolCall(id: Json | undefined, name: Json | undefined, input: Json | undefined): JsonObject {
  const written = typeof input === 'string' ? input : JSON.stringify(withoutMedia(input ?? {}));
  return {
    ...(textIn(id) !== undefined && { id: id ?? null }),
    type: 'function',
    function: { name: textIn(name) ?? '', arguments: written },
  };
}

/** What a tool answered, in ChatML; `more` are further members, such as its name. */
export function toolMessage(id: Json | undefined, content: Json, more: JsonObject = {}): JsonObject {
  return { role: 'tool', ...(textIn(id) !== undefined && { tool_call_id: id ?? null }), ...more, content };
}

/** The input of a request: its messages, beside the tools it offers, if any. */
export function withTools(messages: Json, tools: Json | undefined): Json {
  return Array.isArray(tools) && tools.length > 0 ? { messages, tools } : messages;
}

/** A bare declaration of a function as the tool that Langfuse renders. */
export function functionTool(declaration: Json): Json {
  return { type: 'function', function: declaration };
}

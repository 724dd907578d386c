import type { Json, JsonObject } from '../../types.ts';
import { isObject, present, structured } from '../values/values.ts';
import { contentOf, fromParts, listIn, toolCall } from './parts.ts';

/** Members of a logged message that are none of ChatML's: the call shows them elsewhere, or they name no content. */
const NOT_CHATML = new Set(['finish_reason', 'index', 'event.name', 'gen_ai.system', 'gen_ai.message.index']);

/**
 * Messages as ChatML (`{role, content, reasoning_content, tool_calls, tool_call_id}`), from the semantic conventions
 * (`{role, parts}`), OpenInference (`{message: {…}}`), OpenLLMetry and the events of older conventions. What is ChatML
 * already stays as it is.
 */
export function chatMessages(list: readonly Json[]): Json[] {
  return list.flatMap(chatMessage);
}

function chatMessage(item: Json): Json[] {
  const wrapped = isObject(item) ? (structured(item.message) ?? item) : item;
  const message = isObject(wrapped) ? wrapped : item;
  if (!isObject(message)) return [message];
  const parts = listIn(message.parts);
  return parts ? fromParts(message, parts) : [named(message)];
}

function named(message: JsonObject): JsonObject {
  const kept = Object.entries(message).filter(([name]) => !NOT_CHATML.has(name) && !REPLACED.has(name));
  const contents = listIn(message.contents)?.map(openInferencePart);
  const content = contents ? contentOf(contents, '\n') : partsIn(message.content);
  const calls = callsIn(message);
  return {
    ...Object.fromEntries(kept),
    ...(content !== undefined && { content }),
    ...(calls && { tool_calls: calls }),
  };
}

/** Members that are shown in ChatML's way, in the place where they stood. */
const REPLACED = new Set(['contents', 'tool_calls', 'function_call_name', 'function_call_arguments_json']);

/** A content that is a list of parts is read, should it be text; a text that merely holds JSON stays one. */
function partsIn(content: Json | undefined): Json | undefined {
  const list = typeof content === 'string' ? listIn(content) : undefined;
  const parts = list?.every((part) => isObject(part) && typeof part.type === 'string');
  return list && parts && list.length > 0 ? [...list] : content;
}

function openInferencePart(item: Json): Json {
  const part = isObject(item) && isObject(item.message_content) ? item.message_content : item;
  if (!isObject(part) || !isObject(part.image)) return part;
  const { image } = part;
  const url = isObject(image.image) ? image.image.url : image.url;
  return typeof url === 'string' ? { type: 'image_url', image_url: { url } } : part;
}

function callsIn(message: JsonObject): Json[] | undefined {
  const calls = listIn(message.tool_calls);
  if (calls && calls.length > 0) {
    return calls.map((call) => toolCall(isObject(call) && isObject(call.tool_call) ? call.tool_call : call));
  }
  const { function_call_name: name, function_call_arguments_json: given } = message;
  return present(name) ? [toolCall({ name, arguments: given ?? {} })] : undefined;
}

/** An answer of one message is shown as that message; several choices as a list. */
export function answer(messages: readonly Json[]): Json | undefined {
  return messages.length > 1 ? [...messages] : messages[0];
}

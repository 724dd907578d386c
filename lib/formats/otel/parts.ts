import type { Json, JsonObject } from '../../types.ts';
import { isObject, present, structured } from '../values/values.ts';

/** A message of the semantic conventions, `{role, parts}`, as the ChatML messages that say the same. */
export function fromParts(message: JsonObject, parts: readonly Json[]): JsonObject[] {
  const answers = parts.filter((part) => isOf(part, 'tool_call_response'));
  const spoken = parts.filter((part) => !isOf(part, 'tool_call_response'));
  const tools = answers.map((part) => toolMessage(part));
  // A message of tool results alone has nothing to say in its own role.
  return spoken.length === 0 && tools.length > 0 ? tools : [spokenMessage(message, spoken), ...tools];
}

function spokenMessage({ role, name }: JsonObject, parts: readonly Json[]): JsonObject {
  const separator = role === 'assistant' ? '' : '\n';
  const reasoning = parts.filter((part) => isOf(part, 'reasoning') || isOf(part, 'thinking'));
  const calls = parts.filter((part) => isOf(part, 'tool_call') || isOf(part, 'server_tool_call'));
  const served = parts.filter((part) => isOf(part, 'server_tool_call_response'));
  const others = new Set([...reasoning, ...calls, ...served]);
  return {
    ...(present(role) && { role }),
    ...(present(name) && { name }),
    content: contentOf(
      parts.filter((part) => !others.has(part)),
      separator,
    ),
    ...(reasoning.length > 0 && { reasoning_content: reasoning.map((part) => textOf(part) ?? '').join(separator) }),
    ...(calls.length > 0 && { tool_calls: calls.map(toolCall) }),
    // ChatML has no place for what a provider's own tool answered.
    ...(served.length > 0 && { server_tool_call_responses: served }),
  };
}

/**
 * Parts as a message's content: one text where there is nothing but text, else ChatML's list of parts, in which media
 * stay as they are. An assistant's texts are pieces of one answer and follow each other without a break.
 */
export function contentOf(parts: readonly Json[], separator: string): Json {
  if (parts.length === 0) return null;
  const texts = parts.map(textOf);
  if (texts.every((text) => text !== undefined)) return texts.join(separator);
  return parts.map((part, i) => {
    const text = texts[i];
    return text === undefined ? part : { type: 'text', text };
  });
}

/** The text of a text part: `{type: 'text', content}`, `{type: 'text', text}` or `{text}`. */
function textOf(part: Json): string | undefined {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return undefined;
  const { type = 'text', content, text } = part;
  const said = content ?? text;
  return ['text', 'reasoning', 'thinking'].includes(String(type)) && typeof said === 'string' ? said : undefined;
}

function isOf(part: Json, type: string): boolean {
  return isObject(part) && part.type === type;
}

function toolMessage(part: Json): JsonObject {
  const { id, name, response, result, content } = isObject(part) ? part : {};
  const said = response ?? result ?? content ?? null;
  return {
    role: 'tool',
    ...(present(id) && { tool_call_id: id }),
    ...(present(name) && { name }),
    content: said === null ? null : jsonText(said),
  };
}

/** A call of a tool in ChatML, from any convention's: arguments are JSON text. */
export function toolCall(call: Json): Json {
  const chatMl = isObject(call) && isObject(call.function) && typeof call.function.arguments === 'string';
  if (!isObject(call) || (chatMl && present(call.type))) return call;
  const inner = isObject(call.function) ? call.function : call;
  const name = inner.name ?? call.name;
  const given = inner.arguments ?? inner.args ?? inner.input ?? call.server_tool_call ?? {};
  return {
    ...(present(call.id) && { id: call.id }),
    type: 'function',
    function: { ...(present(name) && { name }), arguments: jsonText(given) },
  };
}

function jsonText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A list that may have been written as JSON text. */
export function listIn(value: Json | undefined): readonly Json[] | undefined {
  const read = structured(value);
  return Array.isArray(read) ? read : undefined;
}

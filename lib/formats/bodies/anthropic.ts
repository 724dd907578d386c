import type { Json, JsonObject } from '../../types.ts';
import { isObject, present } from '../values/values.ts';
import { listIn, textIn } from './body.ts';
import {
  contentOf,
  dataPart,
  imagePart,
  messageOf,
  newTurn,
  type Turn,
  textPart,
  toolCall,
  toolMessage,
  withTools,
} from './message.ts';

/** Blocks that only this API has. A message of text alone reads the same in every API. */
const OWN_BLOCKS: ReadonlySet<Json> = new Set(['tool_use', 'tool_result', 'thinking', 'redacted_thinking', 'image']);

/** Whether a request with messages is one of the Messages API (docs.anthropic.com, API reference, Messages). */
export function isAnthropic(request: JsonObject): boolean {
  if (present(request.system) || present(request.anthropic_version)) return true;
  if (listIn(request.tools).some((tool) => isObject(tool) && present(tool.input_schema))) return true;
  return listIn(request.messages).some(
    (message) =>
      isObject(message) &&
      listIn(message.content).some((block) => isObject(block) && OWN_BLOCKS.has(block.type ?? null)),
  );
}

/** The messages of a request, its system prompt first, in ChatML; with tools `{messages, tools}`. */
export function anthropicInput({ system, messages, tools }: JsonObject): Json {
  const prompt = typeof system === 'string' ? system : contentOf(listIn(system));
  const led = present(prompt) ? [{ role: 'system', content: prompt }] : [];
  return withTools([...led, ...listIn(messages).flatMap(messagesOf)], tools);
}

/** The message that an answer's content blocks make. */
export function anthropicOutput(content: Json[]): JsonObject {
  return messageOf('assistant', turnOf(content));
}

/** Results of tools are blocks of the user's message here, and messages of their own in ChatML. */
function messagesOf(message: Json): Json[] {
  if (!isObject(message) || !Array.isArray(message.content) || message.content.length === 0) return [message];
  const results = message.content.filter(isResult);
  const others = message.content.filter((block) => !isResult(block));
  const { role, content: _content, ...rest } = message;
  const said = others.length > 0 ? [{ ...messageOf(textIn(role) ?? 'user', turnOf(others)), ...rest }] : [];
  return [...results.map(resultMessage), ...said];
}

function isResult(block: Json): block is JsonObject {
  return isObject(block) && block.type === 'tool_result';
}

function resultMessage({ tool_use_id, content, is_error }: JsonObject): JsonObject {
  const said = Array.isArray(content) ? contentOf(turnOf(content).content) : (content ?? null);
  return toolMessage(tool_use_id, said, is_error === true ? { is_error } : {});
}

function turnOf(blocks: Json[]): Turn {
  const turn = newTurn();
  for (const block of blocks) add(turn, block);
  return turn;
}

function add({ content, reasoning, calls }: Turn, block: Json): void {
  if (!isObject(block)) content.push(typeof block === 'string' ? textPart(block) : block);
  else if (block.type === 'tool_use') calls.push(toolCall(block.id, block.name, block.input));
  else if (block.type === 'thinking') reasoning.push(...texts(block.thinking));
  else if (block.type === 'redacted_thinking') reasoning.push('[redacted]');
  else content.push(block.type === 'image' ? image(block) : block);
}

/** Thinking may come as a mere signature. */
function texts(value: Json | undefined): string[] {
  const text = textIn(value);
  return text === undefined ? [] : [text];
}

function image(block: JsonObject): JsonObject {
  const source = isObject(block.source) ? block.source : {};
  if (typeof source.data === 'string') return dataPart(textIn(source.media_type) ?? 'image/png', source.data);
  return typeof source.url === 'string' ? imagePart(source.url) : block;
}

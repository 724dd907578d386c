import type { Json, JsonObject } from '../../types.ts';
import { isObject, present } from '../values/values.ts';
import { listIn, textIn } from './body.ts';
import {
  contentOf,
  imagePart,
  messageOf,
  newTurn,
  type Turn,
  textPart,
  toolCall,
  toolMessage,
  withTools,
} from './message.ts';

/** Whether a request with an `input` is one of the Responses API: embeddings have an `input`, too. */
export function isResponses({ input, instructions, tools }: JsonObject): boolean {
  return present(instructions) || listIn(tools).length > 0 || listIn(input).some(isItem);
}

/** The instructions and the input of a request as messages; with tools `{messages, tools}`. */
export function responsesInput({ input, instructions, tools }: JsonObject): Json {
  const led = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : listIn(instructions);
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : listIn(input);
  return withTools(messagesOf([...led, ...items]), tools);
}

/** The message that the output items of an answer make. */
export function responsesOutput(items: Json[]): JsonObject {
  const turn = newTurn();
  for (const item of items) add(turn, item);
  return messageOf('assistant', turn);
}

/** Whether a list holds items of this API: messages, calls, their results, reasoning. */
export function isItem(item: Json): item is JsonObject {
  if (!isObject(item)) return false;
  if (typeof item.role === 'string') return true;
  return typeof item.type === 'string' && (item.type === 'message' || isAssistants(item) || isResult(item));
}

function isAssistants(item: JsonObject): boolean {
  if (typeof item.role === 'string') return item.role === 'assistant';
  return item.type === 'reasoning' || (typeof item.type === 'string' && item.type.endsWith('_call'));
}

function isResult(item: JsonObject): boolean {
  return typeof item.type === 'string' && item.type.endsWith('_call_output');
}

/** What the assistant reasoned, said and called in a row is one message. */
function messagesOf(items: Json[]): Json[] {
  const messages: Json[] = [];
  let turn = newTurn();
  const close = (): void => {
    if (turn.content.length + turn.reasoning.length + turn.calls.length > 0)
      messages.push(messageOf('assistant', turn));
    turn = newTurn();
  };
  for (const item of items) {
    const own = isObject(item) && isAssistants(item);
    if (own) add(turn, item);
    else close();
    if (!own) messages.push(isObject(item) ? othersMessage(item) : item);
  }
  close();
  return messages;
}

function othersMessage(item: JsonObject): Json {
  if (isResult(item)) return toolMessage(item.call_id, contentOf(partsOf(item.output)));
  return typeof item.role === 'string' ? { role: item.role, content: contentOf(partsOf(item.content)) } : item;
}

function add({ content, reasoning, calls }: Turn, item: Json): void {
  if (!isObject(item)) content.push(item);
  else if (item.type === 'reasoning')
    addAll(reasoning, [...listIn(item.summary), ...listIn(item.content)].flatMap(text));
  else if (typeof item.type === 'string' && item.type.endsWith('_call')) calls.push(call(item));
  else addAll(content, partsOf(item.content ?? item));
}

/** One by one: a stack holds only so many arguments. */
function addAll<T>(list: T[], items: T[]): void {
  for (const item of items) list.push(item);
}

/** Of reasoning only the text is legible: the rest is encrypted. */
function text(part: Json): string[] {
  return isObject(part) && typeof part.text === 'string' ? [part.text] : [];
}

/** A function's call has a name and arguments, a custom tool's an input; a hosted tool's type is its name. */
function call({
  type,
  id,
  call_id,
  name,
  arguments: written,
  input,
  status: _status,
  ...rest
}: JsonObject): JsonObject {
  const hosted = typeof type === 'string' ? type.slice(0, -'_call'.length) : '';
  return toolCall(call_id ?? id, textIn(name) ?? hosted, written ?? input ?? rest);
}

function partsOf(content: Json | undefined): Json[] {
  if (typeof content === 'string') return [textPart(content)];
  if (Array.isArray(content)) return content.map(partOf);
  return content === undefined || content === null ? [] : [content];
}

function partOf(part: Json): Json {
  if (!isObject(part)) return part;
  const { type, text: said, refusal, image_url } = part;
  if (typeof said === 'string' && (type === 'input_text' || type === 'output_text')) return textPart(said);
  if (type === 'refusal' && typeof refusal === 'string') return textPart(refusal);
  if (type === 'input_image' && typeof image_url === 'string') return imagePart(image_url);
  if (type !== 'input_file') return part;
  const { type: _type, ...file } = part;
  return { type: 'file', file };
}

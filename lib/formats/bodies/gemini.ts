import type { Json, JsonObject } from '../../types.ts';
import { isObject, present } from '../values/values.ts';
import { listIn, textIn } from './body.ts';
import {
  contentOf,
  dataPart,
  functionTool,
  imagePart,
  messageOf,
  newTurn,
  type Turn,
  textPart,
  toolCall,
  toolMessage,
  withTools,
} from './message.ts';

/**
 * The contents of a generateContent request (ai.google.dev/api/generate-content) as messages, its system instruction
 * first; with function declarations `{messages, tools}`. Members may be written in camel case or with underscores.
 */
export function geminiInput(request: JsonObject): Json {
  const { contents, tools } = request;
  const system = contentOf(turnOf(partsIn(request.systemInstruction ?? request.system_instruction)).content);
  const led = present(system) ? [{ role: 'system', content: system }] : [];
  const said = Array.isArray(contents) ? contents : [contents ?? null];
  return withTools([...led, ...said.flatMap(messagesOf)], listIn(tools).flatMap(toolsOf));
}

/** The text of an embedContent or batchEmbedContents request. `undefined` for other requests. */
export function geminiEmbedded({ content, requests }: JsonObject): Json | undefined {
  if (isObject(content) && Array.isArray(content.parts)) return contentOf(turnOf(content.parts).content);
  const each = listIn(requests).flatMap((one) => (isObject(one) ? (geminiEmbedded(one) ?? []) : []));
  return each.length > 0 ? each : undefined;
}

/** The message of each candidate; one candidate's message stands alone. `undefined` where there is none. */
export function geminiOutput(candidates: Json[]): Json | undefined {
  const messages = candidates.map((candidate) =>
    messageOf('assistant', turnOf(partsIn(isObject(candidate) ? candidate.content : undefined))),
  );
  return messages.length > 1 ? messages : messages[0];
}

function partsIn(content: Json | undefined): Json[] {
  if (typeof content === 'string') return [{ text: content }];
  return isObject(content) ? listIn(content.parts ?? (content.text === undefined ? [] : [content])) : [];
}

function messagesOf(content: Json): Json[] {
  const parts = partsIn(content);
  if (parts.length === 0) return [content];
  const results = parts.flatMap(resultOf);
  const others = parts.filter((part) => resultOf(part).length === 0);
  const role = isObject(content) ? textIn(content.role) : undefined;
  const said = others.length > 0 ? [messageOf(role === 'model' ? 'assistant' : (role ?? 'user'), turnOf(others))] : [];
  return [...results, ...said];
}

function resultOf(part: Json): JsonObject[] {
  const result = isObject(part) ? (part.functionResponse ?? part.function_response) : undefined;
  if (!isObject(result)) return [];
  return [toolMessage(result.id, result.response ?? null, present(result.name) ? { name: result.name } : {})];
}

function turnOf(parts: Json[]): Turn {
  const turn = newTurn();
  for (const part of parts) add(turn, part);
  return turn;
}

function add({ content, reasoning, calls }: Turn, part: Json): void {
  const call = isObject(part) ? (part.functionCall ?? part.function_call) : undefined;
  if (isObject(call)) calls.push(toolCall(call.id, call.name, call.args));
  else if (isObject(part) && part.thought === true) reasoning.push(textIn(part.text) ?? '');
  else content.push(isObject(part) ? partOf(part) : part);
}

function partOf(part: JsonObject): JsonObject {
  if (typeof part.text === 'string') return textPart(part.text);
  const data = part.inlineData ?? part.inline_data;
  const file = part.fileData ?? part.file_data;
  if (isObject(data) && typeof data.data === 'string') return dataPart(typeIn(data), data.data);
  if (!isObject(file) || !typeIn(file).startsWith('image/')) return part;
  return imagePart(textIn(file.fileUri ?? file.file_uri) ?? '');
}

function typeIn(data: JsonObject): string {
  return textIn(data.mimeType ?? data.mime_type) ?? 'application/octet-stream';
}

function toolsOf(tool: Json): Json[] {
  const declared = isObject(tool) ? (tool.functionDeclarations ?? tool.function_declarations) : undefined;
  return Array.isArray(declared) ? declared.map(functionTool) : [tool];
}

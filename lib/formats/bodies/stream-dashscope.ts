import type { Json, JsonObject } from '../../types.ts';
import { isObject, present } from '../values/values.ts';
import { listIn, stated } from './body.ts';
import { addFragments, joinedCalls, newFragments, piecesOf } from './tool-fragments.ts';

/** The native DashScope answer that its chunks make, whether each tells what is new or all there is so far. */
export function dashscopeStream(chunks: JsonObject[]): JsonObject {
  const outputs = chunks.map(({ output }) => output).filter((output) => isObject(output));
  const choices = outputs.map(({ choices }) => listIn(choices)[0]).filter((choice) => isObject(choice));
  if (choices.length === 0) return { output: textOutput(outputs) };
  const messages = choices.map(({ message }) => message).filter((message) => isObject(message));
  const finish = choices.findLast(({ finish_reason }) => present(finish_reason))?.finish_reason;
  return { output: { choices: [stated<JsonObject>({ message: messageOf(messages), finish_reason: finish })] } };
}

function textOutput(outputs: JsonObject[]): JsonObject {
  const texts = outputs.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
  const last = outputs.at(-1) ?? {};
  return texts.length > 0 ? { ...last, text: joiner([texts])(texts) } : last;
}

function messageOf(messages: JsonObject[]): JsonObject {
  const contents = messages.map(({ content }) => textOf(content));
  const reasonings = messages.map(({ reasoning_content: reasoning }) => textOf(reasoning));
  const fragments = newFragments();
  for (const { tool_calls } of messages) addFragments(fragments, tool_calls);
  const join = joiner([contents, reasonings, ...piecesOf(fragments)]);
  const calls = joinedCalls(fragments, join);
  return stated<JsonObject>({
    role: 'assistant',
    content: join(contents) || (otherContent(messages) ?? (calls.length > 0 ? null : '')),
    reasoning_content: join(reasonings) || undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
  });
}

/** With `incremental_output` pieces follow each other; without it each text begins with the one before it. */
function joiner(lists: string[][]): (pieces: string[]) => string {
  const said = lists.map((pieces) => pieces.filter((piece) => piece !== ''));
  const cumulative = said.every((pieces) => pieces.every((piece, i) => piece.startsWith(pieces[i - 1] ?? '')));
  return cumulative ? (pieces) => pieces.findLast((piece) => piece !== '') ?? '' : (pieces) => pieces.join('');
}

/** Multimodal models have a list of `{text}` for a content. */
function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  return listIn(content)
    .map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

/** A content of images and the like, which comes whole. */
function otherContent(messages: JsonObject[]): Json | undefined {
  const contents = messages.map(({ content }) => content);
  return contents.findLast((content) => Array.isArray(content) && content.length > 0);
}

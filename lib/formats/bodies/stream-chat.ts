import type { Json, JsonObject } from '../../types.ts';
import { firstPresent, isObject, present } from '../values/values.ts';
import { listIn, stated, textIn } from './body.ts';
import { addFragments, type Fragments, joinedCalls, newFragments } from './tool-fragments.ts';

interface Choice {
  role?: string;
  finish?: Json;
  readonly content: string[];
  readonly reasoning: string[];
  readonly refusal: string[];
  /** Of the completions API. */
  readonly text: string[];
  readonly calls: Fragments;
}

/** The chat or text completion that its chunks make (platform.openai.com, API reference, Chat, Streaming). */
export function chatStream(chunks: JsonObject[]): JsonObject {
  const choices = new Map<Json, Choice>();
  let usage: Json | undefined;
  for (const chunk of chunks) {
    for (const choice of listIn(chunk.choices)) {
      if (!isObject(choice)) continue;
      add(choiceAt(choices, choice.index ?? 0), choice);
      // Moonshot's place for it.
      usage = firstPresent(choice.usage, usage);
    }
  }
  return { choices: [...choices.values()].map(joined), ...(usage !== undefined && { usage }) };
}

function choiceAt(choices: Map<Json, Choice>, index: Json): Choice {
  const known = choices.get(index);
  if (known) return known;
  const fresh = { content: [], reasoning: [], refusal: [], text: [], calls: newFragments() };
  choices.set(index, fresh);
  return fresh;
}

function add(choice: Choice, { delta, message, text, finish_reason }: JsonObject): void {
  push(choice.text, text);
  if (present(finish_reason)) choice.finish = finish_reason;
  const said = delta ?? message;
  if (!isObject(said)) return;
  choice.role ??= textIn(said.role) ?? 'assistant';
  push(choice.content, said.content);
  push(choice.reasoning, said.reasoning_content ?? said.reasoning);
  push(choice.refusal, said.refusal);
  addFragments(choice.calls, said.tool_calls);
}

function push(texts: string[], value: Json | undefined): void {
  if (typeof value === 'string') texts.push(value);
}

function joined({ role, finish, content, reasoning, refusal, text, calls }: Choice): JsonObject {
  const ended = finish === undefined ? {} : { finish_reason: finish };
  if (role === undefined) return { text: text.join(''), ...ended };
  const tool_calls = joinedCalls(calls);
  const message = stated<JsonObject>({
    role,
    content: content.join('') || (tool_calls.length > 0 ? null : ''),
    reasoning_content: reasoning.join('') || undefined,
    refusal: refusal.join('') || undefined,
    tool_calls: tool_calls.length > 0 ? tool_calls : undefined,
  });
  return { message, ...ended };
}

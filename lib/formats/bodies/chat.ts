import type { Json, JsonObject } from '../../types.ts';
import { isObject, present } from '../values/values.ts';
import { listIn, textIn } from './body.ts';
import { functionTool, withTools } from './message.ts';

/** The messages of a chat completions request as they are; with tools `{messages, tools}`. */
export function chatInput({ messages, tools, functions }: JsonObject): Json {
  return withTools(messages ?? null, present(tools) ? tools : listIn(functions).map(functionTool));
}

/** The message or the text of each choice; one choice's stands alone. `undefined` where there is none. */
export function chatOutput(choices: Json[]): Json | undefined {
  const answers = choices.flatMap((choice) => (isObject(choice) ? (answerOf(choice) ?? []) : []));
  return answers.length > 1 ? answers : answers[0];
}

function answerOf({ message, delta, text }: JsonObject): Json | undefined {
  const said = message ?? delta;
  if (isObject(said)) return plainMessage(said);
  return typeof said === 'string' ? said : textIn(text);
}

/** A message without members that say nothing (`tool_calls: null`), its role and content first. */
export function plainMessage({ role, content, reasoning, ...rest }: JsonObject): JsonObject {
  const kept = Object.entries(rest).filter(([, value]) => present(value) && !(Array.isArray(value) && !value.length));
  return {
    role: textIn(role) ?? 'assistant',
    content: content ?? null,
    // vLLM's and OpenRouter's name for it.
    ...(present(reasoning) && { reasoning_content: reasoning }),
    ...Object.fromEntries(kept),
  };
}

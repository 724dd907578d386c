import type { Json, JsonObject } from '../../types.ts';
import { isObject, present, structured } from '../values/values.ts';
import type { Attributes } from './attributes.ts';
import { answer, chatMessages } from './messages.ts';
import type { SpanEvent } from './span.ts';

/** Messages that older conventions log as events: `gen_ai.user.message` and the like, in their order. */
export function heard(events: readonly SpanEvent[]): Json | undefined {
  const messages = events.flatMap((event) => {
    const role = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(event.name)?.[1];
    return role === undefined ? [] : chatMessages([messageOf(event, role)]);
  });
  return messages.length > 0 ? messages : undefined;
}

function messageOf({ attributes }: SpanEvent, role: string): JsonObject {
  const body = attributes.read('gen_ai.event.content', 'body', 'event.body');
  const said = isObject(body) ? body : { content: body ?? attributes.get('content', `gen_ai.${role}.message`) ?? null };
  const { id, ...message } = { ...(isObject(body) ? {} : picked(attributes)), ...said };
  return { role, ...message, ...(present(id) && { [role === 'tool' ? 'tool_call_id' : 'id']: id }) };
}

function picked(attributes: Attributes): JsonObject {
  const names = ['role', 'id', 'name', 'tool_calls', 'tool_call_id'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = attributes.read(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** The choices of the model that older conventions log as events. */
export function choices(events: readonly SpanEvent[]): JsonObject[] {
  return events.flatMap((event) => {
    if (event.name !== 'gen_ai.choice') return [];
    const body = event.attributes.read('gen_ai.event.content', 'body', 'event.body');
    const choice = isObject(body) ? body : Object.fromEntries(event.attributes.values);
    return [{ ...choice, message: structured(choice.message) ?? null }];
  });
}

export function chosen(events: readonly SpanEvent[]): Json | undefined {
  const messages = choices(events).map(({ message, content = null, tool_calls: calls }): Json => {
    const said = isObject(message)
      ? message
      : { content: message ?? content, ...(present(calls) && { tool_calls: calls }) };
    return { role: 'assistant', ...said };
  });
  return answer(chatMessages(messages));
}

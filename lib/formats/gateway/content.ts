import type { Json } from '../../types.ts';
import type { RequestBody } from '../bodies/request.ts';
import type { ResponseBody } from '../bodies/response.ts';
import type { Found } from '../draft.ts';
import type { Line } from '../line/line.ts';
import type { ReadOptions } from '../options.ts';
import { firstPresent, isObject, present, structured } from '../values/values.ts';

/** What the bodies of a request say, where the gateway logs them. */
export interface Bodies {
  readonly request: RequestBody;
  readonly response: ResponseBody;
}

/** Reads the bodies of a line. */
export type BodiesReader = (line: Line) => Bodies;

/** A reader that has to be told how bodies are read. */
export type GatewayReader = (line: Line, options: ReadOptions, bodiesOf: BodiesReader) => Found | undefined;

/** For lines that have no bodies. */
export const noBodies: BodiesReader = () => ({ request: {}, response: {} });

/** Where a gateway logs the bodies of a request and its answer. */
export const BODY_FIELDS = ['request_body', 'response_body'] as const;

/** The prompt: the message list with its system prompt, else the question, else the request's body. */
export function inputOf({ ai }: Line, { request }: Bodies): Json | undefined {
  const system = present(ai.system) ? [{ role: 'system', content: structured(ai.system) ?? null }] : [];
  const messages = structured(ai.messages);
  if (present(messages) && !(Array.isArray(messages) && messages.length === 0)) {
    if (!Array.isArray(messages)) return messages;
    const led = messages.some((message) => isObject(message) && message.role === 'system');
    return led ? messages : [...system, ...messages];
  }
  if (present(ai.question)) {
    const question = structured(ai.question) ?? null;
    return system.length > 0 ? [...system, { role: 'user', content: question }] : question;
  }
  return request.input;
}

/** The answer: a message where it has reasoning or tool calls, else its bare text, else the response's body. */
export function outputOf({ ai }: Line, { response }: Bodies): Json | undefined {
  const toolCalls = structured(ai.tool_calls);
  const calls = Array.isArray(toolCalls) ? toolCalls.length > 0 : present(toolCalls);
  if (calls || present(ai.reasoning)) {
    return {
      role: 'assistant',
      content: ai.answer ?? null,
      ...(present(ai.reasoning) && { reasoning_content: ai.reasoning }),
      ...(calls && { tool_calls: toolCalls ?? null }),
    };
  }
  return firstPresent(ai.answer) ?? response.output;
}

import type { Json } from '../../types.ts';
import { type RequestBody, readRequest } from '../bodies/request.ts';
import { type ResponseBody, readResponse } from '../bodies/response.ts';
import type { Line } from '../line/line.ts';
import { firstPresent, isObject, present, structured } from '../values/values.ts';

/** What the bodies of a request say, where the gateway logs them. */
export interface Bodies {
  readonly request: RequestBody;
  readonly response: ResponseBody;
}

export function bodiesOf({ fields }: Line): Bodies {
  return { request: readRequest(fields.get('request_body')), response: readResponse(fields.get('response_body')) };
}

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

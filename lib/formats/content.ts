import type { Json, JsonObject } from '../types.ts';
import type { Line } from './line.ts';
import { withoutSecrets } from './secrets.ts';
import { firstPresent, isObject, parseJson, present, structured } from './values.ts';

/** Settings of a request that Langfuse shows as model parameters. */
const PARAMETERS = new Set([
  ...['temperature', 'top_p', 'top_k', 'max_tokens', 'max_completion_tokens', 'max_output_tokens', 'stop', 'seed', 'n'],
  ...['stream', 'presence_penalty', 'frequency_penalty', 'response_format', 'tool_choice', 'enable_thinking'],
  ...['reasoning_effort', 'thinking_budget', 'enable_search'],
]);

/** The prompt: the message list with its system prompt, else the question, else the request's body. */
export function inputOf({ ai, fields }: Line): Json | undefined {
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
  return requestInput(fields.get('request_body'));
}

/** The answer: a message where it has reasoning or tool calls, else its bare text, else the response's body. */
export function outputOf({ ai, fields }: Line): Json | undefined {
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
  return firstPresent(ai.answer) ?? responseOutput(fields.get('response_body'));
}

/** The model parameters in the request's body, where the gateway logs it. */
export function parametersOf({ fields }: Line): JsonObject | undefined {
  const body = objectIn(fields.get('request_body'));
  const entries = Object.entries(body ?? {}).filter(([name, value]) => PARAMETERS.has(name) && present(value));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function requestInput(body: string | undefined): Json | undefined {
  const request = objectIn(body);
  if (!request) return present(body) ? body : undefined;
  const input = firstPresent(request.messages, request.input, request.prompt, request.contents);
  // A request without any of these is shown whole, and may carry its key in its body.
  if (input === undefined) return withoutSecrets(request);
  return present(request.tools) ? { messages: input, tools: request.tools } : input;
}

function responseOutput(body: string | undefined): Json | undefined {
  const response = objectIn(body);
  if (!response) return present(body) ? body : undefined;
  const choice = Array.isArray(response.choices) ? response.choices[0] : undefined;
  return firstPresent(isObject(choice) ? choice.message : undefined, response.output, response.content, response);
}

/** The object that a body holds. Usage and model are looked up in a response's. */
export function objectIn(body: string | undefined): JsonObject | undefined {
  const value = present(body) ? parseJson(body) : undefined;
  return isObject(value) ? value : undefined;
}

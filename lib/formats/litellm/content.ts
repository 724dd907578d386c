import type { Json, JsonObject, ObservationType } from '../../types.ts';
import { readRequest } from '../bodies/request.ts';
import { readResponse } from '../bodies/response.ts';
import { withoutSecrets } from '../values/secrets.ts';
import { firstPresent, isObject, present } from '../values/values.ts';
import { objectAt, told, valueAt } from './payload.ts';
import { requestBodyOf } from './request.ts';

/** Parameters that belong to the prompt. */
const PROMPT = ['functions', 'tools'] as const;

/** `{messages, functions?, tools?}`, as LiteLLM's Langfuse callback writes it; of a tool's call its arguments. */
export function litellmInput(payload: JsonObject, type: ObservationType): Json | undefined {
  const called = toolCallOf(payload);
  if (type === 'tool' && told(called?.arguments)) return called?.arguments;
  const { messages } = payload;
  if (told(messages)) return { messages, ...toolsOf(payload) };
  const body = requestBodyOf(payload);
  const asked = body && readRequest(body).input;
  if (!told(asked)) return undefined;
  return isObject(asked) && 'messages' in asked ? asked : { messages: asked };
}

function toolsOf(payload: JsonObject): JsonObject {
  const owners = [objectAt(payload, 'model_parameters') ?? {}, requestBodyOf(payload) ?? {}];
  const tools = PROMPT.map((name) => [name, firstPresent(...owners.map((owner) => owner[name]))] as const);
  return Object.fromEntries(tools.filter((entry): entry is readonly [(typeof PROMPT)[number], Json] => told(entry[1])));
}

/** The first choice's message or text, image data, results of a rerank, the result of a tool; nothing for embeddings. */
export function litellmOutput(payload: JsonObject, type: ObservationType): Json | undefined {
  const { response } = payload;
  if (type === 'embedding') return undefined;
  if (!told(response)) return type === 'tool' ? toolCallOf(payload)?.result : undefined;
  if (!isObject(response)) return response;
  return firstChoice(response.choices) ?? imagesIn(response) ?? readResponse(response).output;
}

function firstChoice(choices: Json | undefined): Json | undefined {
  const [choice] = Array.isArray(choices) ? choices : [];
  if (!isObject(choice)) return undefined;
  return present(choice.message) ? choice.message : firstPresent(choice.text);
}

function imagesIn({ data }: JsonObject): Json | undefined {
  return Array.isArray(data) && data.length > 0 ? data : undefined;
}

/** Scalars as they are and anything else as text, as in LiteLLM's callback; headers of one's own lose their keys. */
export function litellmParameters(payload: JsonObject): JsonObject | undefined {
  const stated = objectAt(payload, 'model_parameters');
  const body = requestBodyOf(payload);
  const parameters = stated && Object.keys(stated).length > 0 ? stated : body && readRequest(body).parameters;
  const kept = Object.entries(withoutSecrets(parameters ?? {})).filter(
    ([name, value]) => !isPrompt(name) && value !== null && value !== '',
  );
  return kept.length > 0 ? Object.fromEntries(kept.map(([name, value]) => [name, flat(value)])) : undefined;
}

function isPrompt(name: string): boolean {
  return PROMPT.some((known) => known === name);
}

function flat(value: Json): Json {
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

/** The call of an MCP tool: `{name, arguments, result, mcp_server_name, namespaced_tool_name}`. */
export function toolCallOf(payload: JsonObject): JsonObject | undefined {
  const value = valueAt(payload, 'metadata.mcp_tool_call_metadata') ?? valueAt(payload, 'mcp_tool_call_metadata');
  return isObject(value) ? value : undefined;
}

import type { Json, JsonObject } from '../../types.ts';
import { withoutSecrets } from '../values/secrets.ts';
import { firstText, isObject, present } from '../values/values.ts';
import { anthropicInput, isAnthropic } from './anthropic.ts';
import { bodyOf, stated, textIn } from './body.ts';
import { chatInput } from './chat.ts';
import { dashscopeInput } from './dashscope.ts';
import { geminiEmbedded, geminiInput } from './gemini.ts';
import { isResponses, responsesInput } from './openai-responses.ts';
import { parametersIn } from './parameters.ts';

/** What a request's body says. */
export interface RequestBody {
  /** As Langfuse renders it: a list of ChatML messages, `{messages, tools}`, a text, or the request's own shape. */
  readonly input?: Json;
  readonly model?: string;
  readonly parameters?: JsonObject;
  /** The end user, as the caller names him. */
  readonly user?: string;
  readonly stream?: boolean;
}

/**
 * Reads the body of an LLM request, an object or JSON text, of OpenAI's chat, completions, responses, embeddings,
 * images and rerank APIs, of Anthropic, Gemini or DashScope. A body of another shape is the input itself, without the
 * secrets in it; a missing body says nothing.
 */
export function readRequest(body: Json | undefined): RequestBody {
  const request = bodyOf(body);
  if (!isObject(request)) return stated<RequestBody>({ input: request });
  return stated<RequestBody>({
    input: inputIn(request),
    model: textIn(request.model),
    parameters: parametersIn(request),
    user: userIn(request),
    stream: typeof request.stream === 'boolean' ? request.stream : undefined,
  });
}

function inputIn(request: JsonObject): Json {
  const { messages, contents, input, query, prompt } = request;
  if (present(messages))
    return Array.isArray(messages) && isAnthropic(request) ? anthropicInput(request) : chatInput(request);
  if (present(contents)) return geminiInput(request);
  if (isObject(input) && present(input)) return dashscopeInput(input, request.parameters);
  const ranked = request.documents ?? request.texts;
  if (present(query) && present(ranked)) return { query, documents: ranked };
  if (present(input)) return isResponses(request) ? responsesInput(request) : input;
  if (present(prompt)) return prompt;
  return geminiEmbedded(request) ?? withoutSecrets(request);
}

function userIn({ user, metadata }: JsonObject): string | undefined {
  const named = isObject(metadata) ? metadata.user_id : undefined;
  const id = present(user) ? user : named;
  return typeof id === 'string' || typeof id === 'number' ? firstText(id) : undefined;
}

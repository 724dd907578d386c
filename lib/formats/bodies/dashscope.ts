import type { Json, JsonObject } from '../../types.ts';
import { withoutSecrets } from '../values/secrets.ts';
import { firstPresent, isObject, present } from '../values/values.ts';
import { chatOutput } from './chat.ts';
import { embeddingsIn } from './embeddings.ts';
import { contentOf, imagePart, textPart, withTools } from './message.ts';

/**
 * The `input` of a native DashScope request (help.aliyun.com, Model Studio, DashScope API reference): messages, a
 * prompt, texts or contents to embed, or what to rank. The tools are among the `parameters`.
 */
export function dashscopeInput(input: JsonObject, parameters: Json | undefined): Json {
  const tools = isObject(parameters) ? parameters.tools : undefined;
  if (Array.isArray(input.messages)) return withTools(input.messages.map(plainContent), tools);
  if (present(input.query) && present(input.documents)) return { query: input.query, documents: input.documents };
  return firstPresent(input.prompt, input.texts, input.contents, input.text) ?? withoutSecrets(input);
}

/** The `output` of a native DashScope answer: messages, a text, vectors or results; anything else as it is. */
export function dashscopeOutput(output: JsonObject): Json | undefined {
  if (Array.isArray(output.choices)) return chatOutput(output.choices.map(plainChoice));
  const embeddings = embeddingsIn(output);
  if (embeddings) return embeddings;
  if (typeof output.text === 'string') return output.text;
  return Array.isArray(output.results) ? output.results : withoutSecrets(output);
}

function plainChoice(choice: Json): Json {
  return isObject(choice) && present(choice.message) ? { ...choice, message: plainContent(choice.message) } : choice;
}

/** Multimodal models have a list of `{text}` and `{image}` for a content. */
function plainContent(message: Json): Json {
  if (!isObject(message) || !Array.isArray(message.content)) return message;
  return { ...message, content: contentOf(message.content.map(partOf)) };
}

function partOf(part: Json): Json {
  if (!isObject(part) || part.type !== undefined) return part;
  if (typeof part.text === 'string') return textPart(part.text);
  return typeof part.image === 'string' ? imagePart(part.image) : part;
}

import type { Json, JsonObject } from '../../types.ts';
import { withoutSecrets } from '../values/secrets.ts';
import { firstPresent, isObject, present } from '../values/values.ts';
import { anthropicOutput } from './anthropic.ts';
import { bodyOf, listIn, stated, textIn } from './body.ts';
import { chatOutput, plainMessage } from './chat.ts';
import { dashscopeOutput } from './dashscope.ts';
import { embeddingsIn } from './embeddings.ts';
import { bareErrorIn, errorIn } from './error-body.ts';
import { geminiOutput } from './gemini.ts';
import { withoutMedia } from './media.ts';
import { isItem, responsesOutput } from './openai-responses.ts';
import { assembledStream, joinedChunks } from './stream.ts';

/** What a response's body says. */
export interface ResponseBody {
  /** As Langfuse renders it: a ChatML message, several choices' messages, a text, or the response's own shape. */
  readonly output?: Json;
  readonly model?: string;
  /** The counts of tokens as the API states them. */
  readonly usage?: Json;
  readonly id?: string;
  /** `code: message`, without secrets. */
  readonly error?: string;
  /** The API's own word: `stop`, `end_turn`, `STOP`, `max_output_tokens`. */
  readonly finishReason?: string;
}

/**
 * Reads the body of an LLM response: an object, JSON text, or the text of an event stream, which is put together, of
 * the APIs that `readRequest` knows. A body of another shape is the output itself, without the secrets in it.
 */
export function readResponse(body: Json | undefined): ResponseBody {
  const response = bodyOf(body);
  if (isObject(response)) return readObject(response);
  // Gemini streams a JSON list unless it is asked for events.
  const whole = Array.isArray(response) ? joinedChunks(response) : assembledStream(response);
  return whole ? readObject(whole) : stated<ResponseBody>({ output: response });
}

function readObject(response: JsonObject): ResponseBody {
  const known = knownOutput(response);
  const error = errorIn(response) ?? (known.read ? undefined : bareErrorIn(response));
  return stated<ResponseBody>({
    output: known.read || error !== undefined ? known.output : withoutSecrets(response),
    model: textIn(firstPresent(response.model, response.modelVersion)),
    usage: firstPresent(response.usage, response.usageMetadata),
    id: textIn(firstPresent(response.id, response.responseId, response.request_id)),
    error,
    finishReason: finishReasonIn(response),
  });
}

/** What was answered; `read` is whether the answer has a known shape, be it without a word in it. */
interface Known {
  readonly read: boolean;
  readonly output?: Json | undefined;
}

function knownOutput(response: JsonObject): Known {
  const { choices, output, content, candidates } = response;
  if (Array.isArray(choices)) return { read: true, output: chatOutput(choices) };
  if (Array.isArray(candidates)) return { read: true, output: geminiOutput(candidates) };
  if (Array.isArray(output) && (response.object === 'response' || output.some(isItem))) {
    return { read: true, output: output.length > 0 ? responsesOutput(output) : undefined };
  }
  if (isObject(output) && present(output)) return { read: true, output: dashscopeOutput(output) };
  if (Array.isArray(content)) return { read: true, output: content.length > 0 ? anthropicOutput(content) : undefined };
  const found = vectorsOrImages(response) ?? textOrMessage(response);
  return { read: found !== undefined, output: found };
}

function vectorsOrImages(response: JsonObject): Json | undefined {
  const embeddings = embeddingsIn(response);
  if (embeddings) return embeddings;
  if (Array.isArray(response.results)) return response.results;
  const images = listIn(response.data).some((item) => isObject(item) && (present(item.url) || present(item.b64_json)));
  return images ? withoutMedia(response.data ?? null) : undefined;
}

/** Ollama and Cohere answer with one `message`, old completions and transcriptions with a text. */
function textOrMessage({ message, response, text, completion, output, content }: JsonObject): Json | undefined {
  if (isObject(message)) return plainMessage(message);
  return [output, content, response, text, completion].find((value) => textIn(value) !== undefined);
}

function finishReasonIn(response: JsonObject): string | undefined {
  const { output, incomplete_details: incomplete, object, status, promptFeedback: feedback } = response;
  const owner = isObject(output) ? output : response;
  const [choice] = listIn(owner.choices ?? owner.candidates);
  return textIn(
    firstPresent(
      ...(isObject(choice) ? [choice.finish_reason, choice.finishReason] : []),
      ...[owner.finish_reason, response.stop_reason, response.done_reason],
      isObject(incomplete) ? incomplete.reason : undefined,
      isObject(feedback) ? feedback.blockReason : undefined,
      object === 'response' ? status : undefined,
    ),
  );
}

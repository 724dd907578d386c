import type { Json, JsonObject } from '../../types.ts';
import { textWithoutSecrets } from '../values/secret-text.ts';
import { firstPresent, isObject, present } from '../values/values.ts';
import { textIn } from './body.ts';

const BESIDE_MESSAGE: ReadonlySet<string> = new Set(['message', 'request_id', 'type']);

/**
 * What an answer says went wrong, `code: message`: OpenAI's, Anthropic's and Gemini's `{error: {message, code | type}}`,
 * or a bare `error` text. Error texts quote keys, so they come out without them.
 */
export function errorIn({ error }: JsonObject): string | undefined {
  if (typeof error === 'string') return present(error) ? textWithoutSecrets(error) : undefined;
  return isObject(error) && present(error) ? described(error) : undefined;
}

/** The same of an answer that is nothing but an error: DashScope's and vLLM's `{code, message}`. */
export function bareErrorIn(response: JsonObject): string | undefined {
  if (textIn(response.message) === undefined) return undefined;
  const alone = Object.keys(response).every((name) => BESIDE_MESSAGE.has(name));
  return alone || isFailure(response) ? described(response) : undefined;
}

/** Applications answer `{code: 0, message: 'success', data}`, which is no error. */
function isFailure({ code, data, result }: JsonObject): boolean {
  if (present(data) || present(result)) return false;
  return typeof code === 'number' ? code >= 400 : typeof code === 'string' && /^(?!0|200|ok|success)./i.test(code);
}

function described(error: JsonObject): string {
  // Gemini's code is the HTTP status, which is known; its status is a word.
  const words = [error.code, error.type, error.status].filter((value) => typeof value === 'string');
  const code = firstPresent(...words, error.code);
  const message = textIn(error.message);
  if (message === undefined && code === undefined) return textWithoutSecrets(JSON.stringify(error));
  return textWithoutSecrets([code, message].filter((part: Json | undefined) => part !== undefined).join(': '));
}

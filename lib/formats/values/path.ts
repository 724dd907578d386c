import type { ObservationType } from '../../types.ts';

const API =
  /(?:^|\/)((?:chat\/|text\/)?completions|(?:v\d\w*\/)?(?:messages|responses)|embeddings|reranks?|images\/\w+|aigc\/[\w-]+\/generation|services\/(?:embeddings|rerank)\/[\w-]+\/[\w-]+)\/?$/;
const GEMINI = /:(\w*(?:generateContent|embedContents?))$/i;

/** A path without its query and fragment, where keys and tokens are often passed. */
export function withoutQuery(path: string): string {
  return path.replace(/[?#].*$/s, '');
}

/**
 * The part of a request path that names an LLM API (`chat/completions`, `v1/messages`, `streamGenerateContent`), or
 * `undefined` for a path of anything else.
 */
export function llmApi(path: string): string | undefined {
  const plain = withoutQuery(path);
  return API.exec(plain)?.[1] ?? GEMINI.exec(plain)?.[1];
}

/** Whether a request asks which models there are. */
export function listsModels(method: string, path: string): boolean {
  return method.toUpperCase() === 'GET' && /\/models(?:\/[^/:]+)?\/?$/.test(withoutQuery(path));
}

/** What an LLM API's path says of the observation's type. */
export function typeOf(path: string): ObservationType {
  const api = llmApi(path) ?? '';
  if (/embed/i.test(api)) return 'embedding';
  return api.includes('rerank') ? 'retriever' : 'generation';
}

import type { JsonObject } from '../../types.ts';
import { objectAt, textAt } from './payload.ts';

/**
 * The body of the request as the proxy got it: rows of the spend table hold it instead of the messages, as the bare body
 * or with the request's URL and headers around it.
 */
export function requestBodyOf(payload: JsonObject): JsonObject | undefined {
  for (const path of ['proxy_server_request', 'metadata.proxy_server_request']) {
    const request = objectAt(payload, path);
    const body = request && (objectAt(request, 'body') ?? request);
    if (body && Object.keys(body).length > 0) return body;
  }
  return undefined;
}

/**
 * What the caller said of a trace in the metadata of the request, where the Langfuse callback of LiteLLM looks for it:
 * `trace_id`, `trace_name`, `generation_name`, `session_id` and so on.
 */
export function requestedOf(payload: JsonObject, name: string): string | undefined {
  const stated = textAt(payload, `metadata.${name}`, `metadata.requester_metadata.${name}`);
  if (stated !== undefined) return stated;
  const body = requestBodyOf(payload);
  return body && textAt(body, `metadata.${name}`, `litellm_metadata.${name}`);
}

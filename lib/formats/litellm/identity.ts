import { contentOf, hash32, observationIdOf } from '../../identity.ts';
import type { JsonObject } from '../../types.ts';
import type { Line } from '../line/line.ts';
import { textAt } from './payload.ts';
import { requestedOf } from './request.ts';

/** Where and under which names a call of LiteLLM is shown. */
export interface LitellmIdentity {
  readonly traceId: string;
  readonly observationId: string;
  readonly parentId: string | undefined;
  readonly traceName: string;
  readonly name: string;
  readonly userId: string | undefined;
  readonly sessionId: string | undefined;
}

/**
 * Ids and names as LiteLLM's own Langfuse callback chooses them (litellm/integrations/langfuse/langfuse.py and
 * langfuse_sdk.py), so that calls taken from the logs join the traces that callback writes. `startTime` in Unix ms.
 */
export function identityOf(line: Line, payload: JsonObject, failed: boolean, startTime: number): LitellmIdentity {
  const parent = requestedOf(payload, 'parent_observation_id');
  return {
    traceId: hexOf(traceSeedOf(payload) ?? contentOf(line.record), 32),
    observationId: observationIdOfCall(line, payload, failed, startTime),
    parentId: parent === undefined ? undefined : hexOf(parent, 16),
    ...namesOf(payload),
    userId: userOf(payload),
    sessionId: textAt(payload, 'session_id') ?? requestedOf(payload, 'session_id'),
  };
}

function traceSeedOf(payload: JsonObject): string | undefined {
  const requested = requestedOf(payload, 'existing_trace_id') ?? requestedOf(payload, 'trace_id');
  return requested ?? textAt(payload, 'trace_id', 'litellm_call_id', 'call_id', 'id', 'request_id', 'response.id');
}

function observationIdOfCall(line: Line, payload: JsonObject, failed: boolean, startTime: number): string {
  const own = textAt(payload, 'id', 'request_id', 'litellm_call_id', 'call_id', 'response.id');
  const requested = requestedOf(payload, 'generation_id');
  const id = requested ?? own;
  if (id === undefined) return observationIdOf([contentOf(line.record)]);
  const shared = failed && (requested !== undefined || isOfRequest(payload, id));
  return shared ? observationIdOf([id, startTime, textAt(payload, 'model_id', 'model')]) : hexOf(id, 16);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Whether a failed call's id may be that of others, too: without an answer, which would have one of its own, all attempts
 * of the router at one request carry the request's. The spend table has but one row for a request.
 */
function isOfRequest(payload: JsonObject, id: string): boolean {
  if (textAt(payload, 'request_id') === id) return false;
  return UUID.test(id) || id === textAt(payload, 'litellm_call_id', 'call_id');
}

function namesOf(payload: JsonObject): Pick<LitellmIdentity, 'traceName' | 'name'> {
  const usual = `litellm-${textAt(payload, 'call_type') ?? 'completion'}`;
  const alias = keyAliasOf(payload);
  const named = alias === undefined ? usual : `litellm:${alias}`;
  return {
    traceName: requestedOf(payload, 'trace_name') ?? usual,
    name: requestedOf(payload, 'generation_name') ?? named,
  };
}

/** The name of the virtual key that the call was made with. */
export function keyAliasOf(payload: JsonObject): string | undefined {
  return textAt(payload, 'metadata.user_api_key_alias', 'user_api_key_alias');
}

function userOf(payload: JsonObject): string | undefined {
  const end = textAt(payload, 'end_user', 'metadata.user_api_key_end_user_id');
  // In the spend table the key's user is a column of its own.
  const owner = textAt(payload, 'metadata.user_api_key_user_id', 'user') ?? keyAliasOf(payload);
  return requestedOf(payload, 'trace_user_id') ?? end ?? owner;
}

/** As many hex digits, without dashes, as they are; anything else is hashed: never zeros only, which W3C calls invalid. */
function hexOf(id: string, digits: 16 | 32): string {
  const hex = id.replaceAll('-', '').toLowerCase();
  const valid = hex.length === digits && /^[0-9a-f]+$/.test(hex) && !/^0+$/.test(hex);
  return valid ? hex : hash32(id).slice(0, digits);
}

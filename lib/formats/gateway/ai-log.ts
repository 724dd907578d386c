import type { JsonObject } from '../../types.ts';
import { salvage } from '../line/salvage.ts';
import { isObject, parseJson, present } from '../values/values.ts';

/** What the field `ai_log` holds: `damaged` is its raw text when that is no JSON object. */
export interface AiLog {
  readonly values: JsonObject;
  readonly damaged?: string;
}

/** Keys that the gateway's AI plugins write, which are looked for in a text that does not parse. */
export const AI_KEYS: readonly string[] = [
  ...['question', 'answer', 'system', 'reasoning', 'messages', 'tool_calls'],
  ...['model', 'request_model', 'model_name', 'usage', 'input_token', 'output_token', 'total_token'],
  ...['input_token_details', 'output_token_details', 'reasoning_tokens', 'cached_tokens'],
  ...['llm_first_token_duration', 'llm_service_duration', 'response_type', 'api', 'api_type'],
  ...['chat_id', 'chat_round', 'session_id', 'user_id', 'consumer', 'fallback_from'],
  ...['cache_status', 'token_ratelimit_status', 'safecheck_status', 'mcp_server_name', 'mcp_tool_name'],
];

const PROSE: ReadonlySet<string> = new Set(['question', 'answer', 'system', 'reasoning', 'messages', 'tool_calls']);

/** An escape too many is common (a log line inside a log line); more than this is no log any more. */
const LEVELS = 3;

/** Reads `ai_log`: an object, or JSON text of one that was escaped once or twice more. Missing: no values. */
export function readAiLog(raw: string | undefined): AiLog {
  if (!present(raw)) return { values: {} };
  const object = unescaped(raw);
  if (object) return { values: object };
  return { values: salvage(raw, AI_KEYS, PROSE), damaged: raw };
}

function unescaped(raw: string): JsonObject | undefined {
  let text = raw;
  for (let level = 0; level < LEVELS; level++) {
    if (!present(text)) return {};
    // `{\"model\":…}`: escaped, but without the quotes around it.
    const value = parseJson(text) ?? (/^\s*\{\s*\\+"/.test(text) ? parseJson(`"${text}"`) : undefined);
    if (isObject(value)) return value;
    if (typeof value !== 'string') return undefined;
    text = value;
  }
  return undefined;
}

import type { Json, JsonObject } from '../../types.ts';
import { asObject, inside } from '../line/nested.ts';
import { firstPresent, present } from '../values/values.ts';

/** The plugin that called the LLM, and what it says of the call. */
export interface AiPlugin {
  /** The steps to it in the log: `['ai', 'proxy']`, or `['ai']` where the parts stand without a plugin's name. */
  readonly path: readonly string[];
  readonly says: JsonObject;
}

/** The plugins that pass requests on. Others, such as transformers, call an LLM beside it. */
const PROXIES = ['proxy', 'ai-proxy-advanced', 'ai-proxy'];
const OTHER_TRAFFIC = ['mcp', 'a2a'];
const PARTS = ['usage', 'meta', 'payload'];
/** Kong's documents show `$OPTIONAL_PAYLOAD_REQUEST` and `[$optional_payload_response]` where there is no payload. */
const PLACEHOLDER = /^\[?\$optional_\w{1,40}\]?$/i;

/** The plugin that tells of an LLM call in an `ai` object; `undefined` where none does. */
export function pluginOf(ai: JsonObject): AiPlugin | undefined {
  const proxies = PROXIES.filter((name) => asObject(ai[name]));
  const others = Object.keys(ai).filter((name) => !PARTS.includes(name) && !OTHER_TRAFFIC.includes(name));
  const name =
    proxies.find((proxy) => tells(asObject(ai[proxy]), PARTS)) ??
    others.find((other) => tells(asObject(ai[other]), ['usage', 'meta'])) ??
    proxies[0];
  if (name !== undefined) return { path: ['ai', name], says: asObject(ai[name]) ?? {} };
  return tells(ai, PARTS) ? { path: ['ai'], says: ai } : undefined;
}

/** The body that was sent or answered, where the plugin logs payloads. Version 3.6 has requests beside the plugins. */
export function payloadOf(log: JsonObject, { says }: AiPlugin, which: 'request' | 'response'): Json | undefined {
  const bodies = [inside(says, 'payload', which), inside(log, 'ai', 'payload', which)];
  return firstPresent(...bodies.filter((body) => typeof body !== 'string' || !PLACEHOLDER.test(body)));
}

function tells(says: JsonObject | undefined, parts: readonly string[]): boolean {
  return parts.some((part) => says !== undefined && present(asObject(says[part])));
}

import type { Json, JsonObject } from '../../types.ts';
import { withoutSecrets } from '../values/secrets.ts';
import { firstText, isObject, present, structured } from '../values/values.ts';
import { typed } from './attributes.ts';
import type { Span } from './span.ts';

/** The model that answered, before the one that was asked for. */
const MODELS = [
  ...['langfuse.observation.model.name', 'gen_ai.response.model', 'gen_ai.request.model', 'gen_ai.model_name'],
  ...['gen_ai.response.model_name', 'gen_ai.request.model_name', 'llm.response.model', 'llm.request.model'],
  ...['llm.model_name', 'embedding.model_name', 'reranker.model_name', 'ai.model.id', 'model'],
];

export function modelOf({ attributes }: Span): string | undefined {
  const invoked = attributes.read('llm.invocation_parameters');
  return attributes.text(...MODELS) ?? (isObject(invoked) ? firstText(invoked.model) : undefined);
}

/** Attributes that say no more than the model does. */
export function namesModel(name: string, value: Json, model: string | undefined): boolean {
  return value === model && MODELS.includes(name);
}

const REQUEST = 'gen_ai.request.';
/** What stands among the request's attributes and is no setting of it. */
const NO_SETTING = new Set(['model', 'model_name', 'type', 'tool_calls', 'parameters', 'id']);
const LISTED = ['langfuse.observation.model.parameters', 'gen_ai.request.parameters', 'llm.invocation_parameters'];
/** Content and names that callers pass in the same object as the settings. */
const NO_PARAMETER = new Set(['model', 'messages', 'tools', 'input', 'prompt', 'contents', 'extra_headers', 'api_key']);
const LLM_SETTINGS = /^llm\.(temperature|top_p|top_k|max_tokens|frequency_penalty|presence_penalty|stop)$/;

/** The settings of the request: `gen_ai.request.*` without its prefix, or what other conventions list in one object. */
export function parametersOf({ attributes }: Span): JsonObject | undefined {
  const listed = LISTED.flatMap((name) => {
    const value = attributes.read(name);
    return isObject(value) ? Object.entries(value).filter(([key]) => !NO_PARAMETER.has(key)) : [];
  });
  const named = [...attributes.values].flatMap(([name, value]): [string, Json][] => {
    const setting = settingOf(name);
    return setting === undefined ? [] : [[setting, structured(typed(value)) ?? null]];
  });
  const all = withoutSecrets(Object.fromEntries([...listed, ...named]));
  const kept = Object.entries(all).filter(([, value]) => present(value));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** The setting that an attribute of this name states. */
export function settingOf(name: string): string | undefined {
  const setting = name.startsWith(REQUEST) ? name.slice(REQUEST.length) : LLM_SETTINGS.exec(name)?.[1];
  return setting === undefined || NO_SETTING.has(setting) ? undefined : setting;
}

export function listsParameters(name: string): boolean {
  return LISTED.includes(name);
}

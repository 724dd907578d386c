import type { Json, JsonObject } from '../../types.ts';
import { agentTags } from '../gateway/call.ts';
import { textWithoutSecrets } from '../values/secret-text.ts';
import { present, structured } from '../values/values.ts';
import { finishReasonsOf, isContent } from './content.ts';
import { listsParameters, namesModel, settingOf } from './model.ts';
import { ATTRIBUTES, EVENTS, isBare, listsEvents, RESOURCE, SPAN_ID, type Span, TRACE_ID } from './span.ts';
import { END, START, WAIT_NAMES } from './times.ts';
import { COUNTED } from './usage.ts';

/** Fields of the record that the call shows in a place of its own. */
const FIELDS = new Set([
  ...[...TRACE_ID, ...SPAN_ID, ...ATTRIBUTES, ...RESOURCE, ...EVENTS, ...START, ...END],
  ...['parentSpanID', 'parentSpanId', 'parent_span_id', 'name', 'spanName', 'duration'],
]);
const FLATTENED = new RegExp(`^(?:${[...ATTRIBUTES, ...RESOURCE].join('|')})\\.`);
const NAMED = new Set([
  ...['tag.tags', 'langfuse.trace.tags', 'langfuse.tags', 'langfuse.trace.name', 'langfuse.observation.type'],
  ...['langfuse.observation.level', 'langfuse.observation.status_message'],
  // Keys and tokens stand in a query, under any name.
  ...['langfuse.observation.completion_start_time', 'url.query'],
]);
const LANGFUSE = /^langfuse\.(?:observation|trace)\.metadata\./;
/** The store takes its access keys in the resource, under these names. */
const STORE_KEY = /^sls\.otel\.(?:ak|sts|token)/i;

export interface Shown {
  readonly model: string | undefined;
  readonly userId: string | undefined;
  readonly sessionId: string | undefined;
  readonly statusMessage: string | undefined;
  /** Whether the call shows when the first token came. */
  readonly firstToken: boolean;
  /** Whether the call shows tokens and cost. */
  readonly counted: boolean;
  /** The ids as the record names them, where Langfuse cannot have them so. */
  readonly ids: JsonObject;
}

/** Everything that a span says beside what the call shows: its attributes under their names, resource and events. */
export function metadataOf(span: Span, shown: Shown): JsonObject {
  const { line, attributes, resource, damaged } = span;
  const resources = [...resource.values].filter(([name, value]) => present(value) && !STORE_KEY.test(name));
  const fields = new Map([...line.fields].filter(([name, value]) => isOwn(name, value, shown)));
  const reasons = attributes.get('gen_ai.response.finish_reasons') === undefined ? finishReasonsOf(span) : [];
  const asked = attributes.get('input.value');
  const own = [...attributes.values].filter(
    // Dify logs what a tool was given twice; elsewhere, the name means the schema of the tool.
    ([name, value]) => !isShown(name, value, shown) && !(name === 'tool.parameters' && value === asked),
  );
  return {
    ...agentTags(line),
    ...Object.fromEntries(own.map(([name, value]) => [nameOf(name, fields), value])),
    ...Object.fromEntries([...fields].map(([name, value]) => [name, structured(value) ?? null])),
    ...(resources.length > 0 && { resource: Object.fromEntries(resources) }),
    ...(reasons.length > 0 && { finish_reasons: reasons }),
    ...eventsLeft(span),
    ...shown.ids,
    ...(damaged !== undefined && { attribute_raw: textWithoutSecrets(damaged) }),
  };
}

/** An attribute must not hide a field of the record that has the same name. */
function nameOf(name: string, fields: ReadonlyMap<string, string>): string {
  const plain = name.replace(LANGFUSE, '');
  return fields.has(plain) || plain === 'resource' || plain === 'logs' ? `attribute.${plain}` : plain;
}

function isOwn(name: string, value: string, { statusMessage }: Shown): boolean {
  // A whole record that was logged as one text may bring the store's own fields along.
  if (
    /^__\w{1,40}__$/.test(name) ||
    FIELDS.has(name) ||
    FLATTENED.test(name) ||
    isBare(name) ||
    !present(value) ||
    value === '[]'
  )
    return false;
  return !(name === 'statusMessage' && (value === 'OK' || value === statusMessage));
}

function isShown(name: string, value: Json, shown: Shown): boolean {
  if (!present(value) || isContent(name) || NAMED.has(name) || listsEvents(name, value)) return true;
  if (shown.counted && COUNTED.has(name)) return true;
  if (settingOf(name) !== undefined || listsParameters(name) || namesModel(name, value, shown.model)) return true;
  if (/(?:user|conversation|session|thread)[._]id$/.test(name)) {
    return String(value) === shown.userId || String(value) === shown.sessionId;
  }
  return shown.firstToken && WAIT_NAMES.includes(name);
}

/** Events beside those that hold content. */
function eventsLeft({ events }: Span): JsonObject {
  const left = events.filter(({ name }) => !/^gen_ai\.(?:\w{1,20}\.message$|choice$|content\.|client\.)/.test(name));
  return left.length > 0 ? { logs: left.map(({ value }) => value) } : {};
}

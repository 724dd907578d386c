import type { Json } from '../../types.ts';
import type { Line } from '../line/line.ts';
import { salvage } from '../line/salvage.ts';
import { isObject, present, structured } from '../values/values.ts';
import { Attributes, attributesIn, opened, typed } from './attributes.ts';
import { instantOf } from './instant.ts';

export interface SpanEvent {
  readonly name: string;
  /** Unix milliseconds. */
  readonly time: number | undefined;
  readonly attributes: Attributes;
  /** As it was logged. */
  readonly value: Json;
}

/** A span of a trace store. */
export interface Span {
  readonly line: Line;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly events: readonly SpanEvent[];
  /** The text of attributes that cannot be parsed. */
  readonly damaged?: string;
}

/** The store's own names, and those of other ways into it. */
export const TRACE_ID = ['traceID', 'traceId', 'trace_id'];
export const SPAN_ID = ['spanID', 'spanId', 'span_id'];
export const ATTRIBUTES = ['attribute', 'attributes'];
export const RESOURCE = ['resource', 'resources'];
export const EVENTS = ['logs', 'events'];

/** Conventions whose names a log agent may leave at the top of the record. */
const BARE = /^(?:gen_ai|llm|openinference|traceloop|langfuse|mcp)\.|^(?:input|output)\.value$/;

/** The span that a record of the SLS trace store is (`traceID`, `spanID`), or `undefined`. */
export function spanIn(line: Line, timeZone: string): Span | undefined {
  if (line.text(...TRACE_ID) === undefined || line.text(...SPAN_ID) === undefined) return undefined;
  const field = line.text(...ATTRIBUTES);
  const loose = flattenedIn(line, ATTRIBUTES);
  const own = line.text('traceID') !== undefined && line.text('spanID') !== undefined;
  // In snake case, these are fields of many an application's log.
  if (!own && field === undefined && loose.length === 0) return undefined;
  const whole = attributesIn(field);
  const damaged = field !== undefined && !whole ? field : undefined;
  const values = whole?.values ?? salvaged(damaged);
  const attributes = new Attributes(new Map([...bareIn(line), ...loose, ...values]));
  return {
    line,
    attributes,
    resource: new Attributes(new Map([...flattenedIn(line, RESOURCE), ...resourceIn(line)])),
    events: [...eventsIn(line, timeZone), ...eventsAmong(attributes)],
    ...(damaged !== undefined && { damaged }),
  };
}

function resourceIn(line: Line): Iterable<[string, Json]> {
  return attributesIn(line.text(...RESOURCE))?.values ?? [];
}

/** Fields such as `attribute.gen_ai.request.model`. */
function flattenedIn({ fields }: Line, names: readonly string[]): [string, Json][] {
  const prefixes = names.map((name) => `${name}.`);
  return [...fields].flatMap(([field, value]): [string, Json][] => {
    const prefix = prefixes.find((start) => field.startsWith(start));
    return prefix === undefined ? [] : [[field.slice(prefix.length), structured(typed(value)) ?? null]];
  });
}

function bareIn({ fields }: Line): [string, Json][] {
  return [...fields].filter(([name]) => isBare(name)).map(([name, value]) => [name, typed(value)]);
}

/** Whether a field of the record is an attribute that stands at its top. */
export function isBare(field: string): boolean {
  return BARE.test(field);
}

/** What is read of attributes that were cut off or damaged. */
const SALVAGED = [
  ...['gen_ai.span.kind', 'gen_ai.operation.name', 'gen_ai.request.model', 'gen_ai.response.model'],
  ...['gen_ai.model_name', 'gen_ai.provider.name', 'gen_ai.system', 'gen_ai.prompt', 'gen_ai.completion'],
  ...['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.usage.total_tokens'],
  ...['gen_ai.session.id', 'gen_ai.conversation.id', 'gen_ai.user.id', 'openinference.span.kind', 'llm.model_name'],
  ...['input.value', 'output.value', 'gen_ai.input.messages', 'gen_ai.output.messages', 'session.id', 'user.id'],
];

function salvaged(text: string | undefined): Iterable<[string, Json]> {
  if (text === undefined) return [];
  const names = SALVAGED.map((name) => name.replaceAll('.', '\\.'));
  return Object.entries(salvage(text, names, new Set(['gen_ai.prompt', 'gen_ai.completion', 'input.value'])));
}

function eventsIn(line: Line, timeZone: string): SpanEvent[] {
  const list = opened(line.text(...EVENTS));
  return Array.isArray(list) ? list.map((item) => eventOf(item, timeZone)) : [];
}

function eventOf(item: Json, timeZone: string): SpanEvent {
  const event = isObject(item) ? item : {};
  const at = [event.time, event.Time, event.timeUnixNano, event.time_unix_nano, event.timestamp, event.timeNs];
  const time = at.find((value) => present(value));
  const name = event.name ?? event.Name;
  return {
    name: typeof name === 'string' ? name : '',
    time: time === undefined ? undefined : instantOf(String(time), timeZone),
    attributes: attributesOf(event.attribute ?? event.attributes ?? event.Attributes ?? event.Attribute),
    value: item,
  };
}

/** Attributes in which Pydantic AI logs events: `[{"event.name": "gen_ai.user.message", "content": "hi"}]`. */
const EVENT_LISTS = ['events', 'all_messages_events'];

function eventsAmong({ values }: Attributes): SpanEvent[] {
  return EVENT_LISTS.flatMap((name) => listedEvents(values.get(name)));
}

function listedEvents(value: Json | undefined): SpanEvent[] {
  const list = structured(value);
  const items = Array.isArray(list) ? list : [];
  return items.flatMap((item) => {
    const name = isObject(item) ? item['event.name'] : undefined;
    return typeof name === 'string' ? [{ name, time: undefined, attributes: attributesOf(item), value: item }] : [];
  });
}

/** Whether an attribute is a list of events, which the span's events contain. */
export function listsEvents(name: string, value: Json): boolean {
  return EVENT_LISTS.includes(name) && listedEvents(value).length > 0;
}

function attributesOf(value: Json | undefined): Attributes {
  return attributesIn(value) ?? new Attributes(new Map());
}

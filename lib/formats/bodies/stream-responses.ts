import type { Json, JsonObject } from '../../types.ts';
import { isObject } from '../values/values.ts';
import { listIn } from './body.ts';

interface Item {
  /** As it was announced, or, when it is done, whole. */
  item: JsonObject;
  done: boolean;
  readonly pieces: Map<Kind, string[]>;
}

type Kind = 'text' | 'reasoning' | 'arguments';

const DELTAS: ReadonlyMap<Json, Kind> = new Map([
  ['response.output_text.delta', 'text'],
  ['response.refusal.delta', 'text'],
  ['response.reasoning_summary_text.delta', 'reasoning'],
  ['response.reasoning_text.delta', 'reasoning'],
  ['response.function_call_arguments.delta', 'arguments'],
  ['response.custom_tool_call_input.delta', 'arguments'],
  ['response.mcp_call_arguments.delta', 'arguments'],
]);

/** Whether an event is one of the Responses API's (platform.openai.com, API reference, Streaming events). */
export function isResponsesEvent({ type }: JsonObject): boolean {
  return typeof type === 'string' && type.startsWith('response.');
}

/** The response that its events make: the last one that is told whole, with its items where it does not hold them. */
export function responsesStream(events: JsonObject[]): JsonObject {
  let response: JsonObject = { object: 'response' };
  const items = new Map<Json, Item>();
  for (const event of events) {
    if (isObject(event.response)) response = event.response;
    if (isResponsesEvent(event)) addToItem(items, event);
  }
  return listIn(response.output).length > 0 ? response : { ...response, output: [...items.values()].map(joined) };
}

function addToItem(items: Map<Json, Item>, { type, item, delta, output_index: index = 0 }: JsonObject): void {
  const kind = DELTAS.get(type ?? null);
  if (!isObject(item) && kind === undefined) return;
  const known = items.get(index) ?? { item: kind ? startOf(kind) : {}, done: false, pieces: new Map() };
  items.set(index, known);
  if (isObject(item)) known.item = item;
  if (type === 'response.output_item.done') known.done = true;
  if (kind !== undefined && typeof delta === 'string') pieces(known, kind).push(delta);
}

function pieces({ pieces }: Item, kind: Kind): string[] {
  const known = pieces.get(kind) ?? [];
  pieces.set(kind, known);
  return known;
}

/** Deltas of an item whose announcement was cut tell what it is. */
function startOf(kind: Kind): JsonObject {
  if (kind === 'text') return { type: 'message', role: 'assistant' };
  return { type: kind === 'reasoning' ? 'reasoning' : 'function_call' };
}

function joined({ item, done, pieces }: Item): JsonObject {
  if (done) return item;
  const text = (kind: Kind): string | undefined => pieces.get(kind)?.join('');
  const [said, reasoned, written] = [text('text'), text('reasoning'), text('arguments')];
  return {
    ...item,
    ...(said !== undefined && { content: [{ type: 'output_text', text: said }] }),
    ...(reasoned !== undefined && { summary: [{ type: 'summary_text', text: reasoned }] }),
    ...(written !== undefined && { arguments: written }),
  };
}

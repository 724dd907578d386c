import type { Json, JsonObject } from '../../types.ts';
import { isObject, present } from '../values/values.ts';

const EVENTS: ReadonlySet<Json> = new Set([
  ...['message_start', 'message_delta', 'message_stop'],
  ...['content_block_start', 'content_block_delta', 'content_block_stop'],
]);
/** The member of a block to which each kind of delta adds a piece. */
const MEMBERS: ReadonlyMap<Json, readonly [piece: string, member: string]> = new Map([
  ['text_delta', ['text', 'text']],
  ['thinking_delta', ['thinking', 'thinking']],
  ['input_json_delta', ['partial_json', 'input']],
]);

interface Block {
  readonly start: JsonObject;
  readonly pieces: Map<string, string[]>;
}

/** Whether an event is one of the Messages API's (docs.anthropic.com, Streaming messages). */
export function isAnthropicEvent({ type }: JsonObject): boolean {
  return EVENTS.has(type ?? null);
}

/** The message that its events make. The input of a tool is JSON text, for it may be cut. */
export function anthropicStream(events: JsonObject[]): JsonObject {
  let message: JsonObject = { type: 'message', role: 'assistant' };
  let usage: JsonObject = {};
  const blocks = new Map<Json, Block>();
  for (const event of events) {
    if (event.type === 'message_start' && isObject(event.message)) message = { ...message, ...event.message };
    if (event.type === 'message_delta' && isObject(event.delta)) message = { ...message, ...event.delta };
    usage = counted(counted(usage, isObject(event.message) ? event.message.usage : undefined), event.usage);
    addToBlock(blocks, event);
  }
  const content = [...blocks.values()].map(joined);
  return { ...message, content, ...(present(usage) && { usage }) };
}

/** Counts are running totals; a 0 in a later event does not take back what an earlier one counted. */
function counted(before: JsonObject, more: Json | undefined): JsonObject {
  if (!isObject(more)) return before;
  const told = Object.entries(more).filter(
    ([name, value]) => value !== null && !(value === 0 && present(before[name])),
  );
  return { ...before, ...Object.fromEntries(told) };
}

function addToBlock(blocks: Map<Json, Block>, { type, index = 0, content_block, delta }: JsonObject): void {
  if (type === 'content_block_start' && isObject(content_block)) {
    blocks.set(index, { start: content_block, pieces: new Map() });
  }
  const change = type === 'content_block_delta' && isObject(delta) ? delta : {};
  const [piece, member] = MEMBERS.get(change.type ?? null) ?? [];
  if (piece === undefined || member === undefined) return;
  const text = change[piece];
  // A stream whose beginning was cut tells a block only by its deltas.
  const block = blocks.get(index) ?? { start: startOf(member), pieces: new Map() };
  blocks.set(index, block);
  const pieces = block.pieces.get(member) ?? [];
  block.pieces.set(member, pieces);
  if (typeof text === 'string') pieces.push(text);
}

function startOf(member: string): JsonObject {
  return { type: member === 'input' ? 'tool_use' : member };
}

function joined({ start, pieces }: Block): JsonObject {
  const texts = [...pieces].map(([member, parts]) => {
    const first = start[member];
    return [member, (typeof first === 'string' ? first : '') + parts.join('')];
  });
  return { ...start, ...Object.fromEntries(texts) };
}

import type { Json, JsonObject } from '../../types.ts';
import { isObject } from '../values/values.ts';
import { listIn, textIn } from './body.ts';
import { toolCall } from './message.ts';

interface Fragment {
  id?: string;
  name?: string;
  readonly written: string[];
}

/** The calls of tools that a stream tells piece by piece, by their index. */
export interface Fragments {
  readonly calls: Map<Json, Fragment>;
  /** The key of the call that was told of last. */
  last: Json;
}

export function newFragments(): Fragments {
  return { calls: new Map(), last: 0 };
}

/** Adds what a chunk's `tool_calls` tell: the id and the name come once, the arguments bit by bit. */
export function addFragments(fragments: Fragments, toolCalls: Json | undefined): void {
  for (const call of listIn(toolCalls)) {
    if (!isObject(call)) continue;
    const fragment = fragmentAt(fragments, call.index ?? textIn(call.id));
    const { name, arguments: written } = isObject(call.function) ? call.function : {};
    const id = textIn(call.id);
    if (id !== undefined) fragment.id ??= id;
    if (typeof name === 'string' && name !== '') fragment.name ??= name;
    if (typeof written === 'string') fragment.written.push(written);
    else if (written !== undefined && written !== null) fragment.written.push(JSON.stringify(written));
  }
}

/** A fragment that tells neither index nor id goes on with the last call. */
function fragmentAt(fragments: Fragments, key: Json | undefined): Fragment {
  fragments.last = key ?? fragments.last;
  const known = fragments.calls.get(fragments.last);
  if (known) return known;
  const fresh = { written: [] };
  fragments.calls.set(fragments.last, fresh);
  return fresh;
}

/** The calls in ChatML. `join` makes one text of the pieces of the arguments. */
export function joinedCalls(
  fragments: Fragments,
  join: (pieces: string[]) => string = (pieces) => pieces.join(''),
): JsonObject[] {
  return [...fragments.calls.values()].map(({ id, name, written }) => toolCall(id, name, join(written)));
}

/** The pieces of each call's arguments. */
export function piecesOf(fragments: Fragments): string[][] {
  return [...fragments.calls.values()].map(({ written }) => written);
}

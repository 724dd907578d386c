import type { JsonObject } from '../../types.ts';
import { isObject, parseJson } from '../values/values.ts';

/** The start of an event stream: a field of an event, or a comment. DashScope begins with the id. */
const START = /^\s{0,8}(?:data|event|id|retry)?:/;
/** A stream is cut once or twice; a text with more events that do not parse than this is none. */
const MAX_BROKEN = 1_000;

/**
 * The JSON objects in the data of an event stream (WHATWG HTML, section 9.2), in their order. An event that was cut, and
 * `[DONE]`, are passed over. No objects for a text that is no stream.
 */
export function eventsIn(text: string): JsonObject[] {
  const events: JsonObject[] = [];
  if (!START.test(text)) return events;
  let broken = 0;
  let data: string[] = [];
  for (const line of linesOf(text)) {
    if (line.startsWith('data:')) data.push(line.slice(5).trim());
    if (line !== '' || data.length === 0) continue;
    const read = objectsOf(data);
    if (read.length === 0 && ++broken > MAX_BROKEN) break;
    // One by one: a stack holds only so many arguments.
    for (const event of read) events.push(event);
    data = [];
  }
  return events;
}

/** The lines of a text without their ends, and an empty one to close the last event. */
function* linesOf(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end < 0 ? undefined : end);
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    from = end < 0 ? text.length : end + 1;
  }
  yield '';
}

/** Some log the lines without the empty ones between events, so each is read by itself before they are put together. */
function objectsOf(lines: string[]): JsonObject[] {
  const objects: JsonObject[] = [];
  let broken = 0;
  for (const line of lines) {
    const object = objectOf(line);
    if (object) objects.push(object);
    else if (++broken > MAX_BROKEN) break;
  }
  if (objects.length > 0 || lines.length === 1) return objects;
  const whole = objectOf(lines.join('\n'));
  return whole ? [whole] : [];
}

function objectOf(text: string): JsonObject | undefined {
  const value = text.startsWith('{') && text.endsWith('}') ? parseJson(text) : undefined;
  return isObject(value) ? value : undefined;
}

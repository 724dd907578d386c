import * as z from 'zod/mini';
import { closest } from '../closest.ts';
import { type FieldMap, PLACES } from '../formats/field-map.ts';
import { parseJson } from '../formats/values/values.ts';

const MAX_BYTES = 2048;
/** As many names of a path as are looked for. */
const MAX_STEPS = 8;
const PATHS = `must be a field name of 1 to 200 characters, of at most ${MAX_STEPS} names with dots between, or a list of such`;
const path = z
  .string(PATHS)
  .check(z.refine((text) => text !== '' && text.length <= 200 && text.split('.').length <= MAX_STEPS, PATHS));
const Written = z.record(z.string(), z.union([path, z.array(path).check(z.minLength(1, PATHS))], PATHS));

/**
 * Reads `FIELD_MAP`: JSON of places in the trace's shape and the fields they are taken from, each a path or several of
 * which the first that says anything counts: `{"model": "ai_log.model_name", "userId": ["x_user", "consumer"]}`.
 * In a list a step is an item's place, from 0: `{"output": "response.choices.0.message"}`.
 */
export function parseFieldMap(json: string): { value: FieldMap } | { problems: string[] } {
  if (Buffer.byteLength(json) > MAX_BYTES)
    return { problems: [`is longer than ${MAX_BYTES} bytes; keep the places you need most`] };
  const checked = Written.safeParse(parseJson(json));
  if (!checked.success) {
    const [issue] = checked.error.issues;
    if (issue?.path.length) return { problems: [`${issue.path.join('.').slice(0, 80)}: ${issue.message}`] };
    return { problems: ['must be a JSON object of places and field names, as in {"model": "my_model"}'] };
  }
  const entries = Object.entries(checked.data);
  const problems = entries.flatMap(([place]) => wrongWith(place) ?? []);
  if (problems.length > 0) return { problems };
  return { value: new Map(entries.map(([place, paths]) => [place, [paths].flat()])) };
}

function wrongWith(place: string): string | undefined {
  const known = PLACES.some((name) => (name.endsWith('.') ? place.startsWith(name) && place !== name : place === name));
  if (known) return undefined;
  const near = closest(place, PLACES);
  return `has no place "${place.slice(0, 40)}"${near ? `; did you mean ${near}?` : `; there are ${PLACES.join(', ')}`}`;
}

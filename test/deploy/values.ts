import { deployment, type Shipped } from './schema.ts';

/** Where the schema finds something wrong, as dotted paths that end at the property. */
export function refusals(value: unknown, shipped: Shipped): string[] {
  const issues = deployment(shipped).safeParse(value).error?.issues ?? [];
  return issues.flatMap((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    return keys.map((key) => [...issue.path, ...(key === undefined ? [] : [key])].join('.'));
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What stands at a dotted path, or undefined. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** A copy with `value` at `path`, or, when it is undefined, with nothing there. */
export function mutated(original: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(original);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.length === 0 ? copy : at(copy, keys.join('.'));
  if (!isObject(parent)) throw new Error(`The template has no ${keys.join('.')}.`);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

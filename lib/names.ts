import { closest } from './closest.ts';
import { present } from './formats/values/values.ts';
import type { Facets, Json, LlmCall } from './types.ts';

type Value = (call: LlmCall, facets: Facets) => Json | undefined;

const VALUES: Readonly<Record<string, Value>> = {
  route: (_, { route }) => route,
  model: ({ observation }) => observation.model,
  consumer: (_, { consumer }) => consumer,
  user: ({ trace }) => trace.userId,
  session: ({ trace }) => trace.sessionId,
  format: (_, { format }) => format,
  path: (_, { path }) => path,
  status: (_, { status }) => status,
  type: ({ observation }) => observation.type,
  level: ({ observation }) => observation.level,
  name: ({ trace }) => trace.name,
};

const METADATA = 'metadata.';

/** A text as it is, or placeholders of which the first one that says anything is shown. */
type Part = string | readonly string[];

/** A parsed template, part by part. */
export type Template = readonly Part[];

const DEFAULT_TAGS = '{tags}';

/** Templates of tags; {@link DEFAULT_TAGS} stands for those that a call has by default. */
export type TagTemplates = readonly (Template | typeof DEFAULT_TAGS)[];

const MAX_TEMPLATE = 500;

/** As many as Langfuse is sent. */
const MAX_TAGS = 50;

/** Langfuse takes no longer name. Bounds what many placeholders of long values amount to. */
const MAX_VALUE = 1000;

/** Alternatives that begin with different characters, or end at the next brace: linear. */
const PARTS = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g;

/**
 * Reads a template such as `{consumer|user}/{model}`: placeholders in braces, `|` between alternatives, `{{` and `}}`
 * for braces. Placeholders are route, model, consumer, user, session, format, path, status, type, level, name (the
 * default name) and `metadata.KEY`. A problem says where and what it is, and what to write instead.
 */
export function parseTemplate(text: string): { readonly template: Template } | { readonly problem: string } {
  if (text.length > MAX_TEMPLATE) {
    return { problem: `has ${text.length} characters; shorten it to ${MAX_TEMPLATE} at most` };
  }
  const template: Part[] = [];
  for (const { 0: part, 1: inside, index } of text.matchAll(PARTS)) {
    const names = inside?.split('|').map((name) => name.trim());
    const wrong = names ? names.map(wrongWith).find(Boolean) : unbalanced(part);
    if (wrong !== undefined) return { problem: `at character ${index + 1}, "${part.slice(0, 60)}": ${wrong}` };
    template.push(names ?? (/^[{}]/.test(part) ? part.slice(1) : part));
  }
  return { template };
}

/**
 * What a template says of a call, without blanks at its ends. Empty, too, when it has placeholders and none of them says
 * anything: `user {user}` of nobody is no name.
 */
export function render(template: Template, call: LlmCall, facets: Facets): string {
  const said = template.map((part) => (typeof part === 'string' ? undefined : firstOf(part, call, facets)));
  const silent = said.every((text) => text === undefined);
  if (silent && template.some((part) => typeof part !== 'string')) return '';
  return template
    .map((part, i) => (typeof part === 'string' ? part : (said[i] ?? '')))
    .join('')
    .trim();
}

/** The trace's name by this template, or the default name when the template comes out empty. */
export function traceName(template: Template, call: LlmCall, facets: Facets): string {
  return render(template, call, facets) || call.trace.name;
}

/** Reads the templates of tags, with commas between them; `{tags}` alone stands for the default tags. */
export function parseTags(text: string): { readonly tags: TagTemplates } | { readonly problem: string } {
  const entries = text.split(',').map((entry) => entry.trim());
  const written = entries.filter((entry) => entry !== '');
  if (written.length > MAX_TAGS) return { problem: `has ${written.length} tags; keep ${MAX_TAGS} at most` };
  const tags: (Template | typeof DEFAULT_TAGS)[] = [];
  for (const [i, entry] of written.entries()) {
    const parsed = entry === DEFAULT_TAGS ? ({ template: DEFAULT_TAGS } as const) : parseTemplate(entry);
    if ('problem' in parsed) return { problem: `tag ${i + 1} ${parsed.problem}` };
    tags.push(parsed.template);
  }
  return { tags };
}

/** The tags of a call, each once, without those that come out empty. */
export function renderTags(tags: TagTemplates, call: LlmCall, facets: Facets): string[] {
  const all = tags.flatMap((tag) => (tag === DEFAULT_TAGS ? call.trace.tags : [render(tag, call, facets)]));
  return [...new Set(all.filter((tag) => tag !== ''))];
}

function firstOf(names: readonly string[], call: LlmCall, facets: Facets): string | undefined {
  for (const name of names) {
    const value = lookUp(name, call, facets);
    // Lists and objects are no names.
    const text = typeof value === 'object' || value === undefined ? '' : String(value).slice(0, MAX_VALUE).trim();
    if (present(text)) return text;
  }
  return undefined;
}

function lookUp(name: string, call: LlmCall, facets: Facets): Json | undefined {
  if (!name.startsWith(METADATA)) return VALUES[name]?.(call, facets);
  const { metadata } = call.trace;
  const key = name.slice(METADATA.length);
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}

function wrongWith(name: string): string | undefined {
  if (Object.hasOwn(VALUES, name) || (name.startsWith(METADATA) && name !== METADATA)) return undefined;
  if (name === 'tags') return '{tags} stands for all default tags; it can only be an entry of TAGS, all alone';
  const near = closest(name.toLowerCase(), Object.keys(VALUES));
  const known = [...Object.keys(VALUES), 'metadata.KEY'].join(', ');
  return name === '' || !near
    ? `it names no placeholder; use one of ${known}`
    : `there is no ${name}; did you mean ${near}?`;
}

function unbalanced(part: string): string | undefined {
  if (part === '{') return 'this brace is not closed; close it with }, or write {{ for a brace';
  return part === '}' ? 'this brace was not opened; open it with {, or write }} for a brace' : undefined;
}

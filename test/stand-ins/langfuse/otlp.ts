import { readAttributes } from './attributes.ts';
import { readSpan } from './span.ts';
import type { Export, ObservationPatch, TracePatch } from './types.ts';
import { isObject } from './values.ts';
import type { Dialect } from './version.ts';

type Bag = Record<string, unknown>;
interface Placed {
  readonly span: unknown;
  readonly resource: unknown;
  readonly scope: Bag;
}

/** Refused for the whole export, or what is to be stored of it. */
export type OtlpVerdict =
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'accepted'; readonly spans: number; readonly stored: Export };

/** The ids of all spans of an export, readable or not; for recording and for faults. */
export function spanIds(body: unknown): string[] {
  return placed(body).map(({ span }) => (isObject(span) ? String(span.spanId) : ''));
}

/**
 * A parsed OTLP/JSON export to its verdict. All or nothing on v4: one span that cannot be processed refuses the export.
 * v3 answers 200 and loses it later, which here is an acceptance that stores nothing.
 */
export function readExport(body: unknown, dialect: Dialect, now: number): OtlpVerdict {
  const v4 = dialect.mode !== 'v3';
  if (!isObject(body) || !isListOrAbsent(body.resourceSpans)) return refused('resourceSpans is not an array');
  const spans = placed(body);
  const problems = [...misplaced(body), ...spans.flatMap(({ span }) => problemOf(span))];
  if (problems.length === 0) return { kind: 'accepted', spans: spans.length, stored: convert(spans, v4, now) };
  if (!v4) return { kind: 'accepted', spans: spans.length, stored: { observations: [], traces: [] } };
  const summary = `${problems.length} of ${spans.length} span(s) cannot be processed (${problems[0]})`;
  return refused(`Invalid OTLP trace export: ${summary}. The entire export was rejected`);
}

function refused(error: string): OtlpVerdict {
  return { kind: 'refused', error };
}

function convert(spans: readonly Placed[], v4: boolean, now: number): Export {
  const observations: ObservationPatch[] = [];
  const traces: TracePatch[] = [];
  for (const { span, resource, scope } of spans) {
    const read = readSpan({ span: span as Bag, resource: readAttributes(resource), scope, v4, now });
    if (read.observation !== undefined) observations.push(read.observation);
    if (read.trace !== undefined) traces.push(read.trace);
  }
  return { observations, traces };
}

function placed(body: unknown): Placed[] {
  return bags(body, 'resourceSpans').flatMap((group) =>
    bags(group, 'scopeSpans').flatMap(({ scope, spans }) =>
      list(spans).map((span) => ({
        span,
        resource: isObject(group.resource) ? group.resource.attributes : undefined,
        scope: isObject(scope) ? scope : {},
      })),
    ),
  );
}

/** A `scopeSpans` or `spans` that is there and no array. */
function misplaced(body: Bag): string[] {
  const groups = bags(body, 'resourceSpans');
  const scopes = groups.flatMap((group) => bags(group, 'scopeSpans'));
  return [
    ...groups.filter((group) => !isListOrAbsent(group.scopeSpans)).map(() => 'scopeSpans:not-array'),
    ...scopes.filter((scope) => !isListOrAbsent(scope.spans)).map(() => 'spans:not-array'),
  ];
}

/** Ids are not checked for hex or length, only for being there as text. */
function problemOf(span: unknown): string[] {
  if (!isObject(span)) return ['span:not-object'];
  for (const key of ['traceId', 'spanId']) {
    if (span[key] === undefined || span[key] === null) return [`${key}:absent`];
    if (typeof span[key] !== 'string') return [`${key}:not-string`];
  }
  for (const key of ['attributes', 'events']) if (!isListOrAbsent(span[key])) return [`${key}:not-array`];
  return [];
}

function isListOrAbsent(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}

function bags(value: unknown, key: string): Bag[] {
  return isObject(value) ? list(value[key]).filter(isObject) : [];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

import { contentOf, hash32, traceIdOf } from '../identity.ts';
import type { Json, ObservationType } from '../types.ts';
import { drafted, type Found, skipped, unreadable } from './draft.ts';
import type { Line } from './line/line.ts';
import type { ReadOptions } from './options.ts';
import { inputOf, outputOf } from './otel/content.ts';
import { isAi, isMcp, typeOfSpan } from './otel/kind.ts';
import { metadataOf } from './otel/metadata.ts';
import { modelOf, parametersOf } from './otel/model.ts';
import { httpStatusOf, outcomeOf } from './otel/outcome.ts';
import { SPAN_ID, type Span, spanIn, TRACE_ID } from './otel/span.ts';
import { timesOf } from './otel/times.ts';
import { costOf, usageOf } from './otel/usage.ts';
import { withoutQuery } from './values/path.ts';
import type { StatedUsage } from './values/usage.ts';
import { firstText } from './values/values.ts';

const PARENT_ID = ['parentSpanID', 'parentSpanId', 'parent_span_id'];
const NAMELESS = 'span';

/**
 * Reads a span of the SLS trace store that tells of AI work, in the words of the OpenTelemetry GenAI conventions (old and
 * new), ARMS, OpenLLMetry or OpenInference. `undefined` for a record that is no span, or a span of other work. Fields as
 * in help.aliyun.com/zh/sls/trace-data-formats, attributes as in the conventions' version 1.40.0.
 */
export function readOtel(line: Line, { timeZone, includeMcp }: ReadOptions): Found | undefined {
  const span = spanIn(line, timeZone);
  if (!span || !isAi(span)) return undefined;
  if (isMcp(span) && !includeMcp) return skipped('mcp');
  return callOfSpan(span, timeZone);
}

function callOfSpan(span: Span, timeZone: string): Found {
  const { line, attributes } = span;
  const times = timesOf(span, timeZone);
  if (!times) return unreadable('the span has neither a start nor a __time__: when it ran is unknown');
  const ids = idsOf(line);
  const name = line.text('name', 'spanName') ?? attributes.text('gen_ai.operation.name') ?? NAMELESS;
  const [userId, sessionId] = [attributes.text(...USERS), attributes.text(...SESSIONS)];
  const outcome = outcomeOf(span);
  const firstToken = times.completionStartTime !== undefined;
  const type = typeOfSpan(span);
  const counted = !SUMS.has(type);
  const usage = counted ? usageOf(attributes) : {};
  const content = { input: inputOf(span), output: outputOf(span) };
  const model = wouldBeCounted(type, content, usage) ? undefined : modelOf(span);
  const { statusMessage } = outcome;
  const shown = { model, userId, sessionId, statusMessage, firstToken, counted, ids: ids.named };
  return drafted({
    ...{ traceId: ids.trace, observationId: ids.span, parentId: ids.parent, name, userId, sessionId, model, times },
    type,
    traceName: traceNameOf(span),
    tags: tagsIn(attributes.read('langfuse.trace.tags', 'langfuse.tags', 'tag.tags')),
    modelParameters: parametersOf(span),
    ...content,
    ...(counted && { usage, costDetails: costOf(attributes) }),
    ...outcome,
    metadata: metadataOf(span, shown),
    ...{ route: attributes.text('http.route'), status: httpStatusOf(span), path: pathOf(span) },
  });
}

/** What these state is the sum of the calls below them, which Langfuse would count twice. */
const SUMS: ReadonlySet<ObservationType> = new Set(['agent', 'chain']);

/** Such a span leaves the work to the calls below it, whatever model it names. */
const CALLERS: ReadonlySet<ObservationType> = new Set([...SUMS, 'span']);

/**
 * Whether Langfuse would count and price what the calls below a span say a second time: it does so with the content of
 * all that names a model it knows and states no usage (`getUsageUnits` of its IngestionService), whatever its type.
 */
function wouldBeCounted(type: ObservationType, { input, output }: Content, usage: StatedUsage): boolean {
  const stated = Object.values(usage).some((count) => (count ?? 0) > 0);
  return CALLERS.has(type) && !stated && (input !== undefined || output !== undefined);
}

interface Content {
  readonly input: Json | undefined;
  readonly output: Json | undefined;
}

const USERS = [
  ...['langfuse.user.id', 'user.id', 'gen_ai.user.id', 'enduser.id', 'langfuse.trace.user_id'],
  ...['traceloop.association.properties.user_id', 'ai.telemetry.metadata.userId'],
];
const SESSIONS = [
  ...['langfuse.session.id', 'gen_ai.conversation.id', 'session.id', 'gen_ai.session.id'],
  ...['traceloop.association.properties.session_id', 'traceloop.association.properties.thread_id'],
  'ai.telemetry.metadata.sessionId',
];

/** Any span of a trace may be the last to name it in Langfuse, so all have to give it the same name: the service's. */
function traceNameOf({ line, attributes, resource }: Span): string | undefined {
  const service = line.text('service', 'serviceName') ?? resource.text('service.name');
  return attributes.text('langfuse.trace.name') ?? service;
}

interface Ids {
  readonly trace: string;
  readonly span: string;
  readonly parent: string | undefined;
  /** The record's own ids, where others had to be made of them. */
  readonly named: Record<string, Json>;
}

function idsOf(line: Line): Ids {
  const [traceText = '', spanText = '', parentText = ''] = [TRACE_ID, SPAN_ID, PARENT_ID].map((of) => line.text(...of));
  const trace = traceIdOf(traceText) ?? hash32(contentOf(line.record));
  const span = spanIdOf(spanText) ?? hash32(contentOf(line.record)).slice(0, 16);
  const parent = parentText === spanText || parentText === '' ? undefined : spanIdOf(parentText);
  const named = {
    ...(trace !== traceText.toLowerCase() && { traceID: traceText }),
    ...(span !== spanText.toLowerCase() && { spanID: spanText }),
  };
  return { trace, span, parent: parent === span ? undefined : parent, named };
}

/** 16 hex digits as they are, anything else hashed, for a span and its children's parent alike; zeros are no id. */
function spanIdOf(text: string): string | undefined {
  const id = text.toLowerCase();
  if (/^0+$/.test(id)) return undefined;
  return /^[0-9a-f]{16}$/.test(id) ? id : hash32(text).slice(0, 16);
}

function tagsIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap((tag) => firstText(tag) ?? []);
  const text = firstText(value);
  return text === undefined ? [] : [text];
}

function pathOf({ attributes }: Span): string | undefined {
  const path = attributes.text('url.path', 'http.target');
  const address = attributes.text('url.full', 'http.url');
  const found = path ?? /^https?:\/\/[^/?#]{1,255}(\/[^?#]*)/i.exec(address ?? '')?.[1];
  return found === undefined ? undefined : withoutQuery(found);
}

import type { ReadOptions } from '../formats/options.ts';
import { read } from '../formats/read.ts';
import { renderTags, type TagTemplates, type Template, traceName } from '../names.ts';
import { type Prices, priced } from '../prices.ts';
import type { Redactor } from '../redact/redactor.ts';
import { leftOut, type Selection } from '../select/selection.ts';
import type { Facets, Identity, JsonObject, LlmCall, LogRecord, Reading } from '../types.ts';
import { type Capture, captured } from './capture.ts';
import { DEFAULT_DESTINATION, destinationOf, type TenantRoute } from './routes.ts';

/** What of the calls in the logs is shown in Langfuse, and how: everything that the operator may set about it. */
export interface ViewOptions extends ReadOptions {
  readonly traceName?: Template | undefined;
  readonly tags?: TagTemplates | undefined;
  readonly prices?: Prices | undefined;
  readonly selection?: Selection | undefined;
  readonly capture?: Capture | undefined;
  readonly redactor?: Redactor | undefined;
  /** Whether dead letters keep what the redactor takes out. */
  readonly rawLetters?: boolean | undefined;
  readonly routes?: readonly TenantRoute[] | undefined;
}

/**
 * What a log record is in the operator's eyes: a call as it is sent, or why none is. Pure, and the same for a fresh log,
 * a replayed letter and `npm run explain`. `known` is the identity of a record that was redacted since it was read as a
 * call: what it says now decides neither whether the call is sent, nor as which one, nor where to.
 */
export function view(record: LogRecord, options: ViewOptions, known?: Identity): Reading {
  const reading = read(record, options);
  if (reading.kind !== 'call') return reading;
  const { call, facets } = reading;
  const reason = known || !options.selection ? undefined : leftOut(call, facets, options.selection);
  if (reason) return { kind: 'skip', reason };
  const destination = keptDestination(known, options) ?? destinationOf(call, facets, options.routes);
  const seen = shown(call, facets, options);
  const sent = known ? identified(seen, known) : seen;
  return { ...reading, call: destination === DEFAULT_DESTINATION ? sent : { ...sent, destination } };
}

/** A route may be gone since: then there is nothing better than the conditions. */
function keptDestination(known: Identity | undefined, { routes = [] }: ViewOptions): string | undefined {
  if (!known) return undefined;
  const { destination = DEFAULT_DESTINATION } = known;
  const exists = destination === DEFAULT_DESTINATION || routes.some(({ name }) => name === destination);
  return exists ? destination : undefined;
}

function identified(call: LlmCall, { traceId: id, observationId }: Identity): LlmCall {
  return { ...call, trace: { ...call.trace, id }, observation: { ...call.observation, id: observationId } };
}

function shown(call: LlmCall, facets: Facets, options: ViewOptions): LlmCall {
  const { prices, capture = 'true', redactor } = options;
  const named = withNames(prices ? priced(call, prices) : call, facets, options);
  const bounded = captured(named, capture);
  return redactor ? redacted(bounded, redactor) : bounded;
}

function withNames(call: LlmCall, facets: Facets, { traceName: template, tags }: ViewOptions): LlmCall {
  if (!template && !tags) return call;
  const trace = {
    ...call.trace,
    ...(template && { name: traceName(template, call, facets) }),
    ...(tags && { tags: renderTags(tags, call, facets) }),
  };
  return { ...call, trace };
}

function redacted({ trace, observation }: LlmCall, redactor: Redactor): LlmCall {
  const { input, output, statusMessage, modelParameters } = observation;
  return {
    trace: { ...trace, metadata: redactor.json({ ...trace.metadata }) as JsonObject },
    observation: {
      ...observation,
      ...(input !== undefined && { input: redactor.json(input) }),
      ...(output !== undefined && { output: redactor.json(output) }),
      ...(statusMessage !== undefined && { statusMessage: redactor.text(statusMessage) }),
      ...(modelParameters && { modelParameters: redactor.json({ ...modelParameters }) as JsonObject }),
    },
  };
}

import { read } from '../formats/index.ts';
import type { ReadOptions } from '../formats/options.ts';
import { renderTags, type TagTemplates, type Template, traceName } from '../names.ts';
import { type Prices, priced } from '../prices.ts';
import type { Redactor } from '../redact/redactor.ts';
import { leftOut, type Selection } from '../select/selection.ts';
import type { Facets, LlmCall, LogRecord, Reading } from '../types.ts';
import { type Capture, captured } from './capture.ts';
import { destinationOf, type TenantRoute } from './routes.ts';

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
 * a replayed letter and `npm run explain`.
 */
export function view(record: LogRecord, options: ViewOptions): Reading {
  const reading = read(record, options);
  if (reading.kind !== 'call') return reading;
  const { call, facets } = reading;
  const reason = options.selection && leftOut(call, facets, options.selection);
  if (reason) return { kind: 'skip', reason };
  return { ...reading, call: { ...shown(call, facets, options), ...destinationOf(call, facets, options.routes) } };
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
  const { input, output, statusMessage } = observation;
  return {
    trace: { ...trace, metadata: redactor.json({ ...trace.metadata }) as LlmCall['trace']['metadata'] },
    observation: {
      ...observation,
      ...(input !== undefined && { input: redactor.json(input) }),
      ...(output !== undefined && { output: redactor.json(output) }),
      ...(statusMessage !== undefined && { statusMessage: redactor.text(statusMessage) }),
    },
  };
}

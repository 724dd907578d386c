import type { Json } from '../../lib/types.ts';
import type { WholeCall } from './call.ts';

/** An observation of Langfuse's read API, or of a store that names its fields the same. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * An observation as the page needs it; `undefined` for what has no id or no time. Takes `GET /api/public/observations`
 * and a trace's `observations` (Langfuse 3) and `GET /api/public/v2/observations` (4 and Cloud).
 */
export function callOf(row: Row, trace: Row = {}): WholeCall | undefined {
  const { id, traceId } = row;
  const start = timeOf(row.startTime);
  if (typeof id !== 'string' || typeof traceId !== 'string' || start === undefined) return undefined;
  const usage = numbersIn(row.usageDetails);
  const costs = numbersIn(row.costDetails);
  return {
    ...{ id, traceId, start, usage, costs },
    end: timeOf(row.endTime) ?? start,
    type: (textOf(row.type) ?? 'span').toLowerCase(),
    name: textOf(row.name) ?? '',
    level: textOf(row.level) ?? 'DEFAULT',
    tags: Array.isArray(row.tags ?? trace.tags) ? ((row.tags ?? trace.tags) as unknown[]).map(String) : [],
    ...given({
      parentId: textOf(row.parentObservationId),
      traceName: textOf(row.traceName) ?? textOf(trace.name),
      model: textOf(row.providedModelName) ?? textOf(row.model),
      user: textOf(row.userId) ?? textOf(trace.userId),
      session: textOf(row.sessionId) ?? textOf(trace.sessionId),
      first: timeOf(row.completionStartTime),
      input: usage.input,
      output: usage.output,
      tokens: usage.total,
      cost: costs.total ?? positive(row.totalCost) ?? positive(row.calculatedTotalCost),
      statusMessage: textOf(row.statusMessage),
      asked: contentOf(row.input),
      answered: contentOf(row.output),
      parameters: contentOf(row.modelParameters),
      metadata: contentOf(row.metadata),
      environment: textOf(row.environment),
      release: textOf(row.release) ?? textOf(trace.release),
    }),
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : value;
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A cost of 0 is what Langfuse says of a model whose price it does not know. */
function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function numbersIn(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
}

/** The list of v2 gives contents as text: what was JSON becomes JSON again. */
function contentOf(value: unknown): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string' || !/^\s{0,99}[[{]/.test(value)) return value as Json;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

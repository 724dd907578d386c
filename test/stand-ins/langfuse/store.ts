import type { JsonObject } from '../../../lib/types.ts';
import type { Export, LangfuseMode, ObservationPatch, StoredObservation, StoredTrace, TracePatch } from './types.ts';
import { mergeDeep } from './values.ts';

/** One send of one observation; `readableAt` is when the read API shows it. */
interface Row {
  readonly patch: ObservationPatch;
  readonly readableAt: number;
}

interface TraceRow {
  readonly patch: TracePatch;
  readonly readableAt: number;
}

/** What was stored over either transport, and how the version shows it. */
export class Store {
  #rows: Row[] = [];
  #traces: TraceRow[] = [];
  readonly #mode: LangfuseMode;

  constructor(mode: LangfuseMode) {
    this.#mode = mode;
  }

  /** Adds one export; the same span twice in it is one row, the last one. */
  add(stored: Export, readableAt: number): void {
    const distinct = new Map(stored.observations.map((patch) => [rowKey(patch), patch]));
    this.#rows.push(...[...distinct.values()].map((patch) => ({ patch, readableAt })));
    this.#traces.push(...stored.traces.map((patch) => ({ patch, readableAt })));
  }

  clear(): void {
    this.#rows = [];
    this.#traces = [];
  }

  /** Each send, unmerged. */
  rows(at = Number.POSITIVE_INFINITY): StoredObservation[] {
    return this.#readable(this.#rows, at).map(complete);
  }

  /** Merged: v3 and dual by id, v4 by trace, id and start, as its table converges in the end. */
  observations(at = Number.POSITIVE_INFINITY): StoredObservation[] {
    const patches = this.#readable(this.#rows, at);
    if (this.#mode === 'v4-events-only')
      return [...new Map(patches.map((patch) => [rowKey(patch), patch])).values()].map(complete);
    const traces = new Map(this.traces(at).map((trace) => [trace.id, trace]));
    return [...grouped(patches).values()].map((same) => ofTrace(complete(same.reduce(mergeObservation)), traces));
  }

  traces(at = Number.POSITIVE_INFINITY): StoredTrace[] {
    return [...grouped(this.#readable(this.#traces, at)).values()].map((same) =>
      completeTrace(same.reduce(mergeTrace)),
    );
  }

  #readable<T extends { eventTime: number }>(all: readonly { patch: T; readableAt: number }[], at: number): T[] {
    return all.filter(({ readableAt }) => readableAt <= at).map(({ patch }) => patch);
  }
}

function rowKey({ traceId, id, startTime }: ObservationPatch): string {
  return JSON.stringify([traceId, id, startTime]);
}

/** By id, each group in the order of its event times: the order in which the server merges. */
function grouped<T extends { id: string; eventTime: number }>(patches: readonly T[]): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const patch of patches.toSorted((a, b) => a.eventTime - b.eventTime)) {
    const group = groups.get(patch.id);
    if (group === undefined) groups.set(patch.id, [patch]);
    else group.push(patch);
  }
  return groups;
}

function mergeObservation(earlier: ObservationPatch, later: ObservationPatch): ObservationPatch {
  return {
    ...earlier,
    ...present(later),
    metadata: mergeDeep(earlier.metadata ?? {}, later.metadata ?? {}),
    traceId: earlier.traceId,
    startTime: earlier.startTime ?? later.startTime,
    environment: earlier.environment ?? later.environment,
  };
}

function mergeTrace(earlier: TracePatch, later: TracePatch): TracePatch {
  return {
    ...earlier,
    ...present(later),
    metadata: mergeDeep(earlier.metadata ?? {}, later.metadata ?? {}),
    tags: [...new Set([...(earlier.tags ?? []), ...(later.tags ?? [])])],
    timestamp: earlier.timestamp ?? later.timestamp,
    environment: earlier.environment ?? later.environment,
  };
}

/** Without the keys that say nothing, so that they do not undo what an earlier send said. */
function present<T extends object>(patch: T): T {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => !saysNothing(value))) as T;
}

function saysNothing(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

function complete({ eventTime, ...patch }: ObservationPatch): StoredObservation {
  const defaults = { level: 'DEFAULT', usageDetails: {}, costDetails: {}, environment: 'default', tags: [] };
  const metadata: JsonObject = patch.metadata ?? {};
  return { ...defaults, ...present(patch), startTime: patch.startTime ?? eventTime, metadata } as StoredObservation;
}

function completeTrace({ eventTime, ...patch }: TracePatch): StoredTrace {
  const metadata: JsonObject = patch.metadata ?? {};
  const defaults = { tags: [], environment: 'default' };
  return { ...defaults, ...present(patch), timestamp: patch.timestamp ?? eventTime, metadata } as StoredTrace;
}

/** Where traces are stored, what a reader sees beside an observation comes from its trace. */
function ofTrace(observation: StoredObservation, traces: ReadonlyMap<string, StoredTrace>): StoredObservation {
  const trace = traces.get(observation.traceId);
  if (trace === undefined) return observation;
  const { name, userId, sessionId, tags, release } = trace;
  return { ...observation, ...present({ traceName: name, userId, sessionId, release }), tags };
}

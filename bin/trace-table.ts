import { ALL } from '../lib/formats/all.ts';
import { read } from '../lib/formats/read.ts';
import type { LlmCall } from '../lib/types.ts';
import type { LangfuseStandIn, StoredObservation } from '../test/stand-ins/langfuse.ts';
import { parseRecords } from './records.ts';
import { type Stage, sampleText } from './stage.ts';
import { type Column, table } from './table.ts';
import { traceLinks } from './trace-links.ts';

/** What a person wants to know of a call at a glance. Times in Unix milliseconds. */
interface Row {
  readonly traceId: string;
  readonly name: string;
  readonly model?: string | undefined;
  readonly userId?: string | undefined;
  readonly tokens?: number | undefined;
  readonly level: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly completionStartTime?: number | undefined;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'time', value: ({ startTime }) => new Date(startTime).toISOString().slice(11, 23) },
  { title: 'name', value: ({ name }) => name },
  { title: 'model', value: ({ model }) => model ?? '–' },
  { title: 'user', value: ({ userId }) => userId ?? '–' },
  { title: 'tokens', right: true, value: ({ tokens }) => `${tokens ?? '–'}` },
  { title: 'latency', right: true, value: ({ startTime, endTime }) => seconds(endTime - startTime) },
  {
    title: 'first token',
    right: true,
    value: ({ startTime, completionStartTime: first }) => (first ? seconds(first - startTime) : '–'),
  },
  { title: 'level', value: ({ level }) => level },
];

/** The traces on a stage: what the stand-in holds, or what was sent to a real Langfuse, with links. */
export async function traceTable(stage: Stage): Promise<string> {
  if (stage.langfuse) return table(sorted(arrived(stage.langfuse)), COLUMNS);
  const link = await traceLinks(stage.env);
  return table(sorted(sent()), [...COLUMNS, { title: 'link', value: ({ traceId }) => link(traceId) }]);
}

function sorted(rows: Row[]): Row[] {
  return rows.sort((a, b) => a.startTime - b.startTime);
}

function arrived(langfuse: LangfuseStandIn): Row[] {
  return langfuse.observations().map((o: StoredObservation) => ({
    traceId: o.traceId,
    name: o.name ?? '',
    model: o.model ?? undefined,
    userId: o.userId ?? undefined,
    tokens: o.usageDetails.total,
    level: o.level,
    startTime: o.startTime,
    endTime: o.endTime ?? o.startTime,
    completionStartTime: o.completionStartTime ?? undefined,
  }));
}

/** Langfuse shows what it took only after some seconds: this is read from the samples as the function reads them. */
function sent(): Row[] {
  const readings = parseRecords(sampleText(), new Date(0)).records.map((record) =>
    read(record, { readers: ALL, timeZone: 'UTC' }),
  );
  return readings.flatMap((reading) => (reading.kind === 'call' ? [rowOf(reading.call)] : []));
}

function rowOf({ trace, observation: o }: LlmCall): Row {
  const { model, level, startTime, endTime, completionStartTime } = o;
  const times = { startTime, endTime, completionStartTime };
  return {
    traceId: trace.id,
    name: o.name,
    model,
    userId: trace.userId,
    tokens: o.usageDetails?.total,
    level,
    ...times,
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

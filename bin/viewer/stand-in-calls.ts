import type { LangfuseStandIn } from '../../test/stand-ins/langfuse.ts';
import { brief, type CallSource } from './call.ts';
import { callOf, type Row } from './row.ts';

/** The calls that the Langfuse stand-in holds, at the moment they arrive. */
export function standInCalls(langfuse: LangfuseStandIn): CallSource {
  const all = () => langfuse.observations().flatMap((row) => callOf(row as unknown as Row) ?? []);
  return {
    place: 'Langfuse stand-in on this machine',
    mark: () => `${langfuse.requests.filter(({ transport, status }) => transport && status).length}`,
    calls: async () => all().map(brief),
    trace: async (id) => all().filter(({ traceId }) => traceId === id),
  };
}

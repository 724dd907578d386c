import type { LangfuseStandIn } from '../../test/stand-ins/langfuse.ts';
import { brief, type CallSource, type WholeCall } from './call.ts';
import { callOf, type Row } from './row.ts';

/** The calls that the Langfuse stand-in holds, at the moment they arrive. */
export function standInCalls(langfuse: LangfuseStandIn): CallSource {
  let read: { mark: string; calls: readonly WholeCall[] } = { mark: '', calls: [] };
  const mark = () => `${langfuse.requests.filter(({ transport, status }) => transport && status).length}`;
  const all = () => {
    const now = mark();
    if (now !== read.mark) {
      const calls = langfuse.observations().flatMap((row) => callOf(row as unknown as Row) ?? []);
      read = { mark: now, calls };
    }
    return read.calls;
  };
  return {
    place: 'Langfuse stand-in on this machine',
    mark,
    calls: async () => all().map(brief),
    trace: async (id) => all().filter(({ traceId }) => traceId === id),
  };
}

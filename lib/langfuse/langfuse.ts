import type { Transport } from '../config.ts';
import type { LangfuseAccess } from './exchange.ts';
import { otlpSink } from './otlp.ts';
import { inspectServer, type LangfuseServer } from './server.ts';
import type { Failure, TraceSink } from './sink.ts';

/** A server and the transport to use with it. */
export interface Route {
  readonly sink: TraceSink;
  readonly server: LangfuseServer;
}

/** A Langfuse project. Lives as long as the instance, so that the server is asked for its version once. */
export interface Langfuse {
  /** The route to use, or why there is none now: the server did not say what it is. */
  route(signal: AbortSignal): Promise<Route | Failure>;
  /** To be called when the server takes no ingestion events. Whether there is another transport to use. */
  switchToOtlp(): boolean;
}

/** Opens a project; nothing is sent before the first call of `route`. */
export function openLangfuse(access: LangfuseAccess, transport: Transport): Langfuse {
  let route: Promise<Route | Failure> | undefined;
  const find = async (signal: AbortSignal): Promise<Route | Failure> => {
    const server = await inspectServer(access, signal);
    if ('kind' in server) return server;
    const otlp = transport === 'otlp' || (transport === 'auto' && server.otlp);
    return { server, sink: otlp ? otlpSink(access) : await ingestion(access, server) };
  };
  return {
    async route(signal) {
      route ??= find(signal);
      const found = await route;
      // Asked again at the next attempt, once for all that wait.
      if (!('sink' in found)) route = undefined;
      return found;
    },
    switchToOtlp() {
      if (transport !== 'auto') return false;
      route = Promise.resolve({ sink: otlpSink(access), server: { otlp: true, typed: true, mergesLate: true } });
      return true;
    },
  };
}

/** The package is loaded only for a server that needs it: most take OTLP. */
async function ingestion(access: LangfuseAccess, { typed }: LangfuseServer): Promise<TraceSink> {
  const { ingestionSink } = await import('./ingestion.ts');
  return ingestionSink(access, typed);
}

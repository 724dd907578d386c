import { afterEach } from 'vitest';
import type { Transport } from '../../lib/config.ts';
import { Delivery, type DeliveryPorts } from '../../lib/deliver.ts';
import type { Deliveries } from '../../lib/destinations.ts';
import type { LangfuseAccess } from '../../lib/langfuse/exchange.ts';
import { type Langfuse, openLangfuse } from '../../lib/langfuse/langfuse.ts';
import { storedAmong } from '../../lib/langfuse/stored.ts';
import type { CallKey } from '../../lib/types.ts';
import {
  type Fault,
  type FaultRequest,
  type LangfuseOptions,
  type LangfuseStandIn,
  startLangfuse,
} from '../stand-ins/langfuse.ts';
import { type FakeClock, fakeClock } from './clock.ts';

/** A delivery that knows no server; with a `settle` of its own it stands in for one. */
export const IDLE: Omit<Deliveries, 'settle'> = {
  ready: async () => undefined,
  written: () => undefined,
  shown: async () => undefined,
  halt: undefined,
  halts: [],
};

export interface Site {
  readonly server: LangfuseStandIn;
  readonly access: LangfuseAccess;
  readonly langfuse: Langfuse;
  readonly clock: FakeClock;
  /** One invocation's delivery. */
  readonly deliver: (ports?: Partial<DeliveryPorts>) => Delivery;
}

export interface SiteOptions extends LangfuseOptions {
  readonly transport?: Transport;
  readonly access?: Partial<LangfuseAccess>;
}

const open: LangfuseStandIn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A Langfuse on loopback, and deliveries to it; closed after the test. */
export async function site({ transport = 'auto', access: more, ...options }: SiteOptions = {}): Promise<Site> {
  const server = await startLangfuse(options);
  open.push(server);
  const { url: host, publicKey, secretKey } = server;
  const access: LangfuseAccess = { host, publicKey, secretKey, timeoutMs: 10_000, ...more };
  const langfuse = openLangfuse(access, transport);
  const clock = fakeClock();
  const { signal } = new AbortController();
  const lookup = (calls: readonly CallKey[]) => storedAmong(calls, access, signal);
  const sendUntil = clock.now() + 280_000;
  const deliver = (ports: Partial<DeliveryPorts> = {}) =>
    new Delivery({ langfuse, lookup, clock, concurrency: 16, random: () => 0.5, signal, sendUntil, ...ports });
  return { server, access, langfuse, clock, deliver };
}

/** How many requests of a kind the server saw. */
export function counted({ requests }: LangfuseStandIn): { otlp: number; ingestion: number; reads: number } {
  const of = (transport: string) => requests.filter((request) => request.transport === transport).length;
  const reads = requests.filter(({ path }) => path === '/api/public/v2/observations').length;
  return { otlp: of('otlp'), ingestion: of('ingestion'), reads };
}

/** The first `times` deliveries meet the fault. */
export function atFirst(times: number, fault: Fault) {
  return ({ number }: FaultRequest) => (number > 0 && number <= times ? fault : undefined);
}

import type { Env } from '../lib/config.ts';
import { answerOf, ended, started } from './children.ts';
import type { LangfuseCounts } from './servers/langfuse.ts';
import type { ServersOptions } from './servers/main.ts';
import type { SlsCounts } from './servers/sls.ts';
import type { Workshop } from './workshop.ts';

export interface Counts {
  readonly sls: SlsCounts;
  readonly langfuse: LangfuseCounts;
}

/** An SLS and a Langfuse in a process of their own, so that their work is not counted with what is measured. */
export interface Servers {
  readonly sls: string;
  readonly langfuse: Langfuse;
  readonly logsPerGroup: number;
  counts(): Promise<Counts>;
  close(): Promise<void>;
}

/** The Langfuse that is not stood in for, where the environment names one with its keys. */
export function realLangfuse({
  LANGFUSE_HOST: host,
  LANGFUSE_PUBLIC_KEY,
  LANGFUSE_SECRET_KEY,
}: Env): Langfuse | undefined {
  if (!host || !LANGFUSE_PUBLIC_KEY || !LANGFUSE_SECRET_KEY) return undefined;
  return { host: host.replace(/\/+$/, ''), publicKey: LANGFUSE_PUBLIC_KEY, secretKey: LANGFUSE_SECRET_KEY };
}

export interface Langfuse {
  readonly host: string;
  readonly publicKey: string;
  readonly secretKey: string;
}

export interface Surroundings {
  readonly slsMs?: number;
  readonly langfuseMs?: number;
  readonly logsPerGroup?: number;
  readonly groupsPerPage?: number;
  readonly callsPerSecond?: number;
  readonly ingestedPerSecond?: number;
  readonly queueSeconds?: number;
}

/** Log groups with a text of their own. */
const GROUPS = 50;

export async function startServers(workshop: Workshop, surroundings: Surroundings = {}): Promise<Servers> {
  const { slsMs = 0, langfuseMs = 0, logsPerGroup = 40, groupsPerPage, ...queue } = surroundings;
  const sls = { latencyMs: slsMs, logsPerGroup, groups: GROUPS, ...(groupsPerPage !== undefined && { groupsPerPage }) };
  const { callsPerSecond, ingestedPerSecond, queueSeconds } = queue;
  const limits = {
    ...(callsPerSecond !== undefined && { callsPerSecond }),
    ...(ingestedPerSecond !== undefined && { ingestedPerSecond }),
    ...(queueSeconds !== undefined && { queueSeconds }),
  };
  const options: ServersOptions = { sls, langfuse: { latencyMs: langfuseMs, ...limits } };
  const child = started(await workshop.program('servers/main.ts'), options);
  const urls = await answerOf<{ sls: string; langfuse: string }>(child);
  const counts = async (): Promise<Counts> => {
    child.send('count');
    return answerOf<Counts>(child);
  };
  const langfuse = { host: urls.langfuse, publicKey: 'pk-lf-bench', secretKey: 'sk-lf-bench' };
  return { sls: urls.sls, langfuse, logsPerGroup, counts, close: () => ended(child) };
}

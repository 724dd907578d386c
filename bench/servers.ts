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
  readonly langfuse: string;
  readonly logsPerGroup: number;
  counts(): Promise<Counts>;
  close(): Promise<void>;
}

export interface Surroundings {
  readonly slsMs?: number;
  readonly langfuseMs?: number;
  readonly logsPerGroup?: number;
  readonly groupsPerPage?: number;
  readonly callsPerSecond?: number;
  readonly queueSeconds?: number;
}

/** Log groups with a text of their own. */
const GROUPS = 50;

export async function startServers(workshop: Workshop, surroundings: Surroundings = {}): Promise<Servers> {
  const { slsMs = 0, langfuseMs = 0, logsPerGroup = 40, groupsPerPage, ...queue } = surroundings;
  const sls = { latencyMs: slsMs, logsPerGroup, groups: GROUPS, ...(groupsPerPage !== undefined && { groupsPerPage }) };
  const { callsPerSecond, queueSeconds } = queue;
  const limits = {
    ...(callsPerSecond !== undefined && { callsPerSecond }),
    ...(queueSeconds !== undefined && { queueSeconds }),
  };
  const options: ServersOptions = { sls, langfuse: { latencyMs: langfuseMs, ...limits } };
  const child = started(await workshop.program('servers/main.ts'), options);
  const urls = await answerOf<{ sls: string; langfuse: string }>(child);
  const counts = async (): Promise<Counts> => {
    child.send('count');
    return answerOf<Counts>(child);
  };
  return { ...urls, logsPerGroup, counts, close: () => ended(child) };
}

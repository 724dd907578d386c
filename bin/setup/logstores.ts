import { additionTo, type Index } from './index-of-log.ts';
import type { Project } from './sls.ts';
import type { Finding, Step } from './step.ts';

const DAYS = 30;
const NO_LOGSTORE = ['LogStoreNotExist'];
const NO_INDEX = [...NO_LOGSTORE, 'IndexConfigNotExist'];

/** The logstore of the gateway's log: looked for, not made, since it is filled by others. */
export function sourceStep(project: Project, name: string): Step {
  const look = async (): Promise<Finding> => {
    if ((await logstoreOf(project, name)) !== undefined) return { kind: 'exists' };
    const message = `There is no logstore ${name} in the project ${project.name}.\nCheck SLS_PROJECT and SLS_LOGSTORE, or have the gateway deliver its log there first.`;
    return { kind: 'wrong', message };
  };
  return { what: `SLS logstore ${project.name}/${name}, the source`, look };
}

/** A logstore with its index. */
export function logstoreSteps(project: Project, name: string, index: Index): Step[] {
  const place = `SLS logstore ${project.name}/${name}`;
  return [
    { what: place, look: () => lookAtLogstore(project, name) },
    { what: `${place}: index`, look: () => lookAtIndex(project, name, index) },
  ];
}

function logstoreOf(project: Project, name: string): Promise<unknown> {
  const resource = `logstore/${name}`;
  return project.call({ method: 'GET', path: `/logstores/${name}`, action: 'GetLogStore', resource }, NO_LOGSTORE);
}

async function lookAtLogstore(project: Project, name: string): Promise<Finding> {
  if ((await logstoreOf(project, name)) !== undefined) return { kind: 'exists' };
  // One shard, which takes 5 MB/s, and more when there is more.
  const body = { logstoreName: name, ttl: DAYS, shardCount: 1, autoSplit: true, maxSplitShard: 16 };
  const request = { path: '/logstores', body, action: 'CreateLogStore', resource: `logstore/${name}` };
  const apply = () => project.call({ ...request, method: 'POST' });
  return { kind: 'missing', notes: [`+ kept for ${DAYS} days`], apply };
}

async function lookAtIndex(project: Project, name: string, wanted: Index): Promise<Finding> {
  const at = { path: `/logstores/${name}/index`, resource: `logstore/${name}` };
  const before = await project.call<Index>({ ...at, method: 'GET', action: 'GetIndex' }, NO_INDEX);
  if (before === undefined) {
    const apply = () => project.call({ ...at, method: 'POST', action: 'CreateIndex', body: wanted });
    return { kind: 'missing', notes: [], apply };
  }
  const { notes, index } = additionTo(before, wanted);
  if (notes.length === 0) return { kind: 'exists' };
  const apply = () => project.call({ ...at, method: 'PUT', action: 'UpdateIndex', body: index });
  return { kind: 'differs', notes, apply };
}

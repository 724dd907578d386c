import { type Finding, fail, ok } from './exam.ts';
import { ask, asked, type Logstore } from './sls.ts';

/** A logstore with its shards, those that are written to first. */
export interface Sharded {
  readonly store: Logstore;
  readonly shards: readonly number[];
}

/** Lists the shards, which shows that project and logstore are there and may be read. Simple Log Service "ListShards". */
export function checkShards(store: Logstore, signal: AbortSignal): Promise<Finding<Sharded>> {
  return asked(store, 'log:ListShards', async () => {
    const all = shardsIn(await ask(store, undefined, {}, signal));
    const { project, logstore, access } = store;
    const where = `${project}/${logstore} in ${access.region}`;
    if (all.length === 0)
      return fail(`${where} has no shard.`, 'Check SLS_LOGSTORE; a logstore that is used has one at least.');
    const written = all.filter(({ readonly }) => !readonly);
    const closed = all.length > written.length ? `, ${all.length - written.length} of them only to be read` : '';
    const shards = [...written, ...all.filter(({ readonly }) => readonly)].map(({ id }) => id);
    return ok(`${where} has ${all.length} ${all.length === 1 ? 'shard' : 'shards'}${closed}.`, { store, shards });
  });
}

function shardsIn(answer: unknown): { readonly id: number; readonly readonly: boolean }[] {
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((shard: { shardID?: unknown; status?: unknown } | null) => {
    const id = Number(shard?.shardID ?? Number.NaN);
    return Number.isSafeInteger(id) ? [{ id, readonly: shard?.status === 'readonly' }] : [];
  });
}

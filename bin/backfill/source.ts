import * as z from 'zod/mini';
import { backoff } from '../../lib/sls/backoff.ts';
import { type SlsAccess, send } from '../../lib/sls/client.ts';
import { type Failure, failureOfAnswer, failureOfExchange } from '../../lib/sls/failure.ts';

export interface Shard {
  readonly id: number;
  /** `readonly` after a split or a merge: what it holds can still be read. */
  readonly status: string;
}

/** What SLS said, or why it did not; `again`: whether it may say it later. */
export type Said<T> =
  | { readonly kind: 'said'; readonly value: T }
  | { readonly kind: 'failed'; readonly message: string; readonly again: boolean };

/** The logstore as a backfill asks it; see {@link openSource}. */
export interface Source {
  shards(): Promise<Said<readonly Shard[]>>;
  /** The cursor of the first packet that the shard received at that time (Unix seconds) or later. */
  cursorAt(shard: number, seconds: number): Promise<Said<string>>;
  /** When the packet of a cursor was received, Unix seconds. */
  timeOf(shard: number, cursor: string): Promise<Said<number>>;
}

const ATTEMPTS = 4;
const Shards = z.array(z.object({ shardID: z.int(), status: z._default(z.string(), 'readwrite') }));
const Cursor = z.object({ cursor: z.string().check(z.minLength(1)) });
const Time = z.object({ cursor_time: z.coerce.number() });

/** Source: Simple Log Service "ListShards", "GetCursor", "GetCursorTime". `random` is in [0, 1). */
export function openSource(
  { project, logstore }: { readonly project: string; readonly logstore: string },
  access: SlsAccess,
  random: () => number,
): Source {
  const root = `/logstores/${encodeURIComponent(logstore)}/shards`;
  const ask = async <T>(what: string, path: string, query: Record<string, string>, read: (body: unknown) => T) => {
    const where = `${what} ${project}/${logstore}${path.slice(root.length)}`;
    for (let attempt = 1; ; attempt++) {
      const answer = await once({ project, path, query }, access, read);
      if (answer.kind === 'said') return answer;
      if (answer.retry === 'no' || attempt === ATTEMPTS) return failed(where, answer, project, logstore);
      await access.clock.sleep(backoff(answer.retry, attempt, random()));
    }
  };
  const ofShard = (shard: number) => `${root}/${shard}`;
  return {
    shards: () =>
      ask('ListShards', root, {}, (body) =>
        Shards.parse(body)
          .map(({ shardID: id, status }) => ({ id, status }))
          .sort((a, b) => a.id - b.id),
      ),
    cursorAt: (shard, seconds) =>
      ask('GetCursor', ofShard(shard), { type: 'cursor', from: `${seconds}` }, (body) => Cursor.parse(body).cursor),
    timeOf: (shard, cursor) =>
      ask('GetCursorTime', ofShard(shard), { type: 'cursor_time', cursor }, (body) => Time.parse(body).cursor_time),
  };
}

async function once<T>(
  request: Parameters<typeof send>[0],
  access: SlsAccess,
  read: (body: unknown) => T,
): Promise<{ readonly kind: 'said'; readonly value: T } | Failure> {
  try {
    const response = await send(request, access);
    if (response.status !== 200) return await failureOfAnswer(response, access.credentials);
    const text = (await response.body()).toString('utf8');
    return readable(text, read) ?? UNREADABLE;
  } catch (error) {
    return failureOfExchange(error);
  }
}

const UNREADABLE: Failure = {
  kind: 'failure',
  retry: 'few',
  code: 'Unreadable',
  message: 'the answer is not one of SLS. Check SLS_ENDPOINT, and that no proxy answers instead.',
};

function readable<T>(text: string, read: (body: unknown) => T): { kind: 'said'; value: T } | undefined {
  try {
    return { kind: 'said', value: read(JSON.parse(text)) };
  } catch {
    return undefined;
  }
}

function failed(
  where: string,
  { code, status, message, retry, requestId }: Failure,
  project: string,
  logstore: string,
) {
  const next =
    `Allow log:ListShards and log:GetCursorOrData on acs:log:*:*:project/${project}/logstore/${logstore} to these ` +
    'credentials, and check that a temporary one has not expired.';
  const said = code === 'Unauthorized' ? `SLS answered ${status} ${code}. ${next}` : message;
  const id = requestId === undefined ? '' : ` Request id ${requestId}.`;
  return { kind: 'failed', message: `${where}: ${said}${id}`, again: retry !== 'no' } as const;
}

import { HttpError } from '../http.ts';
import type { CursorRange } from '../types.ts';
import { type SlsAccess, send } from './client.ts';
import { failureOfAnswer, failureOfExchange } from './failure.ts';
import { PullError } from './pull-error.ts';

/**
 * The cursor of the oldest log that the range's shard still holds. Source: Simple Log Service "GetCursor", `from=begin`.
 *
 * @throws PullError when SLS does not tell
 */
export async function oldestCursor(range: CursorRange, access: SlsAccess, signal?: AbortSignal): Promise<string> {
  const { project, logstore, shard } = range;
  const path = `/logstores/${encodeURIComponent(logstore)}/shards/${shard}`;
  try {
    const response = await send({ project, path, query: { type: 'cursor', from: 'begin' } }, access, signal);
    if (response.status !== 200) throw refused(range, await failureOfAnswer(response, access.credentials));
    const cursor = cursorIn((await response.body()).toString('utf8'));
    if (cursor !== undefined) return cursor;
  } catch (error) {
    if (error instanceof HttpError) throw refused(range, failureOfExchange(error));
    throw error;
  }
  const message = 'the answer holds no cursor. Check the endpoint (SLS_ENDPOINT).';
  throw refused(range, { code: 'Unreadable', message });
}

function cursorIn(text: string): string | undefined {
  try {
    const { cursor } = (JSON.parse(text) ?? {}) as { cursor?: unknown };
    return typeof cursor === 'string' && cursor !== '' ? cursor : undefined;
  } catch {
    return undefined;
  }
}

function refused(range: CursorRange, { code, message }: { code: string; message: string }): PullError {
  const where = `GetCursor ${range.project}/${range.logstore}/${range.shard}`;
  return new PullError(`${where}: ${message}`, { code, cursor: range.begin, attempts: 1 });
}

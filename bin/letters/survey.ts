import type { Bucket, StoredObject } from '../../lib/letters/bucket.ts';
import { lettersIn, reasonOf } from './objects.ts';

/** Letters of one reason. Times of their first failure, Unix milliseconds. */
export interface Count {
  readonly letters: number;
  readonly oldest: number;
  readonly newest: number;
}

/**
 * An object of dead letters: what is in it by reason, its content left behind. One that cannot be read has the reason
 * `undecodable` (the next replay moves it to parked/), one without letters `empty`.
 */
export interface Summary {
  readonly key: string;
  readonly bytes: number;
  readonly why: ReadonlyMap<string, Count>;
}

const AT_ONCE = 16;
/** Fewer are read before one wonders. */
const MANY = 200;

/** Reads every object below `prefix`; `tell` hears how it goes when there are many. */
export async function survey(bucket: Bucket, prefix: string, tell: (line: string) => void): Promise<Summary[]> {
  const objects: StoredObject[] = [];
  for await (const object of bucket.list(prefix)) objects.push(object);
  let done = 0;
  const summaries = await mapAtMost(objects, AT_ONCE, async (object) => {
    const body = await bucket.get(object.key);
    if (++done % MANY === 0) tell(`${done} of ${objects.length} objects read below ${prefix}`);
    return body && summaryOf(object, body);
  });
  // A replay may have settled some meanwhile.
  return summaries.filter((summary) => summary !== undefined);
}

function summaryOf({ key, bytes, modifiedAt }: StoredObject, body: Buffer): Summary {
  const why = new Map<string, Count>();
  const letters = lettersIn(body);
  for (const letter of letters ?? []) {
    const at = letter.firstFailedAt;
    why.set(reasonOf(letter), merged(why.get(reasonOf(letter)), { letters: 1, oldest: at, newest: at }));
  }
  const nothing = letters ? 'empty' : 'undecodable';
  if (why.size === 0) why.set(nothing, { letters: 0, oldest: modifiedAt, newest: modifiedAt });
  return { key, bytes, why };
}

/** Two counts as one. */
export function merged(a: Count | undefined, b: Count): Count {
  if (!a) return b;
  return {
    letters: a.letters + b.letters,
    oldest: Math.min(a.oldest, b.oldest),
    newest: Math.max(a.newest, b.newest),
  };
}

async function mapAtMost<T, R>(items: readonly T[], atMost: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [i, item] of left) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: atMost }, worker));
  return results;
}

import type { Bucket } from '../../lib/letters/bucket.ts';
import { decodeLetters } from '../../lib/letters/decode.ts';
import type { Letter } from '../../lib/types.ts';

export type Operation = 'put' | 'claim' | 'get' | 'delete' | 'list';

/** A bucket in memory, of which every operation can be watched, held up or refused. */
export interface MemoryBucket extends Bucket {
  readonly objects: Map<string, Buffer>;
  /** Every operation begun, in order, as `put key`. */
  readonly operations: string[];
  /** Awaited before an operation takes effect; what it throws, the operation rejects with. */
  before: (operation: Operation, key: string) => void | Promise<void>;
  /** Awaited once it took effect: an operation that rejects here was done all the same. */
  after: (operation: Operation, key: string) => void | Promise<void>;
  /** The letters under a prefix, by key. */
  letters(prefix: string): Record<string, Letter[]>;
}

export function memoryBucket(): MemoryBucket {
  const objects = new Map<string, Buffer>();
  const operations: string[] = [];
  const keys = (prefix: string) => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const act = async <T>(operation: Operation, key: string, effect: () => T): Promise<T> => {
    operations.push(`${operation} ${key}`);
    await bucket.before(operation, key);
    const result = effect();
    await bucket.after(operation, key);
    return result;
  };
  const store = (key: string, body: Uint8Array) => {
    // OSS refuses a key that begins with a slash.
    if (key === '' || key.startsWith('/')) throw new Error('InvalidObjectName');
    objects.set(key, Buffer.from(body));
  };
  const bucket: MemoryBucket = {
    objects,
    operations,
    before: () => {},
    after: () => {},
    put: (key, body) => act('put', key, () => store(key, body)),
    claim: (key, body) =>
      act('claim', key, () => {
        if (objects.has(key)) return false;
        store(key, body);
        return true;
      }),
    get: (key) => act('get', key, () => objects.get(key)),
    delete: (key) => act('delete', key, () => void objects.delete(key)),
    async *list(prefix) {
      let after = '';
      // One at a time, as the parts of a long listing: what is written behind the cursor meanwhile is listed too.
      for (;;) {
        const key = await act('list', prefix, () => keys(prefix).find((each) => each > after));
        if (key === undefined) return;
        yield { key, bytes: objects.get(key)?.length ?? 0, modifiedAt: 0 };
        after = key;
      }
    },
    letters: (prefix) =>
      Object.fromEntries(keys(prefix).map((key) => [key, decodeLetters(objects.get(key) ?? Buffer.of())])),
  };
  return bucket;
}

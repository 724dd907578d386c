import { InvocationError } from '../errors.ts';
import type { Bucket } from './bucket.ts';

const ALLOW = 'oss:ListObjects, oss:GetObject, oss:PutObject and oss:DeleteObject';

/** The bucket, of which every failure is an InvocationError that says what was to be done, and what to check. */
export function explained(bucket: Bucket): Bucket {
  return {
    put: (key, body) => bucket.put(key, body).catch(failed('write', key)),
    claim: (key, body) => bucket.claim(key, body).catch(failed('claim', key)),
    get: (key) => bucket.get(key).catch(failed('read', key)),
    delete: (key) => bucket.delete(key).catch(failed('delete', key)),
    async *list(prefix) {
      try {
        yield* bucket.list(prefix);
      } catch (cause) {
        failed('list', prefix)(cause);
      }
    },
  };
}

function failed(what: string, key: string) {
  return (cause: unknown): never => {
    const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    const next = `The letters are still there. Check that the bucket exists and that the role may ${ALLOW}.`;
    throw new InvocationError('dead-letter', `OSS did not ${what} ${key} (${said}). ${next}`, { cause });
  };
}

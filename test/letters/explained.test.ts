import { expect, it } from 'vitest';
import { InvocationError } from '../../lib/errors.ts';
import type { Bucket } from '../../lib/letters/bucket.ts';
import { explained } from '../../lib/letters/explained.ts';
import { memoryBucket } from '../support/bucket.ts';

const body = Buffer.from('letters');

async function listed(bucket: Bucket): Promise<void> {
  for await (const _ of bucket.list('some/'));
}

it.each<[string, (bucket: Bucket) => Promise<unknown>, string]>([
  ['list', listed, 'list some/'],
  ['put', (bucket) => bucket.put('some/key', body), 'write some/key'],
  ['claim', (bucket) => bucket.claim('some/key', body), 'claim some/key'],
  ['get', (bucket) => bucket.get('some/key'), 'read some/key'],
  ['delete', (bucket) => bucket.delete('some/key'), 'delete some/key'],
])('what fails of %s is told with what was to be done, its cause and the next step', async (_, work, done) => {
  for (const [cause, said] of [
    [Object.assign(new Error('no right'), { name: 'AccessDeniedError' }), 'AccessDeniedError: no right'],
    ['gone', 'gone'],
  ] as const) {
    const bucket = memoryBucket();
    bucket.before = () => Promise.reject(cause);
    const error = await work(explained(bucket)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvocationError);
    expect(error).toMatchObject({ code: 'dead-letter', cause });
    expect(String(error)).toContain(
      `OSS did not ${done} (${said}). The letters are still there. Check that the bucket`,
    );
  }
});

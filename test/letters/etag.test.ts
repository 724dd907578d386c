import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { contradicts } from '../../lib/letters/etag.ts';

const body = Buffer.from('letters');
const md5 = createHash('md5').update(body).digest('hex');

it.each<[string, Record<string, unknown>, boolean]>([
  ['the MD5 of what was sent', { etag: `"${md5.toUpperCase()}"` }, false],
  ['it in small letters', { etag: md5 }, false],
  ['the MD5 of something else', { etag: `"${'5B3C'.repeat(8)}"` }, true],
  ['the MD5 of something else, without quotes', { etag: '5b3c'.repeat(8) }, true],
  [
    'no MD5, because the bucket encrypts',
    { etag: `"${'0'.repeat(32)}"`, 'x-oss-server-side-encryption': 'KMS' },
    false,
  ],
  ['no MD5, because it was put in parts', { etag: '"5B3C1A2E053D763E1B002CC607C5A0FE-2"' }, false],
  ['no MD5, but ends like one', { etag: `"1-${'5B3C'.repeat(8)}"` }, false],
  ['nothing', {}, false],
])('is told from the answer to a put whose ETag is %s', (_, headers, expected) => {
  expect(contradicts(headers, body)).toBe(expected);
});

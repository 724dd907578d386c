import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLetterBox } from '../../lib/letters/box.ts';
import { type OssStandIn, startOss } from '../stand-ins/oss.ts';
import { type FakeClock, fakeClock } from '../support/clock.ts';

const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret-of-oss', securityToken: 'token-of-oss' };

describe('the letter box', () => {
  let oss: OssStandIn;
  let clock: FakeClock;
  beforeEach(async () => {
    oss = await startOss({ credentials, bucket: 'dead' });
    clock = fakeClock();
  });
  afterEach(() => oss.close());

  const box = (secret = credentials.accessKeySecret) => {
    const access = { bucket: 'dead', region: 'cn-hangzhou', endpoint: oss.url };
    return openLetterBox({ ...access, credentials: { ...credentials, accessKeySecret: secret } }, clock, () => 0.5);
  };
  const body = Buffer.from('letters');

  it('stores what it is given, byte for byte, with a checksum', async () => {
    await box().put('a/b c%/长-1.ndjson.gz', body);
    expect(oss.objects.get('a/b c%/长-1.ndjson.gz')?.body).toEqual(body);
    expect(oss.requests[0]?.headers['content-type']).toBe('application/gzip');
    const md5 = createHash('md5').update(body).digest('base64');
    expect(oss.requests[0]?.headers['content-md5']).toBe(md5);
    expect(clock.slept).toEqual([]);
  });

  it.each([
    ['a 503', { kind: 'status', status: 503, code: 'ServiceUnavailable' }],
    ['a reset', { kind: 'reset' }],
    ['a reset after storing', { kind: 'stored-then-reset' }],
  ] as const)('tries again after %s', async (_, fault) => {
    oss.fault = ({ number }) => (number <= 2 ? fault : undefined);
    await box().put('key', body);
    expect(oss.objects.get('key')?.body).toEqual(body);
    expect(clock.slept.length).toBeGreaterThan(0);
  });

  it('rejects after four attempts, and names no secret', async () => {
    oss.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    const error = await box()
      .put('key', body)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(String(error)).not.toMatch(/secret-of-oss|token-of-oss/);
    expect(oss.requests).toHaveLength(4);
    expect(clock.slept).toEqual([400, 1600, 6400]);
  });

  it('rejects when the keys are wrong', async () => {
    await expect(box('wrong').put('key', body)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    expect(oss.objects.size).toBe(0);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeLetters } from '../../lib/letters/decode.ts';
import { encodeLetters } from '../../lib/letters/encode.ts';
import type { ReplayReceipt } from '../../lib/replay.ts';
import type { Letter } from '../../lib/types.ts';
import type { Invocation } from '../stand-ins/fc.ts';
import { type FcApiStandIn, startFcApi } from '../stand-ins/fc-api.ts';
import { type LangfuseStandIn, startLangfuse } from '../stand-ins/langfuse.ts';
import { type OssStandIn, startOss } from '../stand-ins/oss.ts';
import { recordOf } from '../support/records.ts';
import { command, type Finished } from './command.ts';

const ACCOUNT = '1234567890123456';
const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret-of-cli', securityToken: 'token-of-cli' };
const HOUR = 3_600_000;
const FIRST = 'letters/v1/proj/store/0/2026/11/21/1-a.ndjson.gz';
const SECOND = 'letters/v1/proj/store/1/2026/11/21/2-b.ndjson.gz';
const GIVEN_UP = 'letters/parked/v1/proj/store/0/2026/11/20/3-c.ndjson.gz';
const PARKED_FIRST = FIRST.replace('letters/v1/', 'letters/parked/v1/');
const RECEIPT = { objects: 1, letters: 2, settled: 2, kept: 0, parked: 0, why: {}, more: false, requestId: 'r' };

let oss: OssStandIn;
let langfuse: LangfuseStandIn | undefined;
let api: FcApiStandIn | undefined;
let env: Record<string, string>;
let finished: Finished[];

beforeEach(async () => {
  oss = await startOss({ credentials, bucket: 'dead-letters' });
  finished = [];
  env = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: credentials.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: credentials.securityToken,
    DEAD_LETTER_BUCKET: 'dead-letters',
    DEAD_LETTER_PREFIX: 'letters',
    OSS_ENDPOINT: oss.url,
  };
});

afterEach(async () => {
  await Promise.all([oss, langfuse, api].map((server) => server?.close()));
  langfuse = undefined;
  api = undefined;
  for (const { stdout, stderr } of finished) {
    expect(stdout + stderr).not.toMatch(/secret-of-cli|token-of-cli|sk-lf-stand-in/);
    expect(stderr).not.toMatch(/\n\s+at /);
  }
});

async function letters(args: readonly string[], more: Record<string, string> = {}): Promise<Finished> {
  const result = await command('letters', args, { ...env, ...more });
  finished.push(result);
  return result;
}

function store(key: string, body: Buffer, ageMs = 0): void {
  oss.objects.set(key, { body, etag: '"x"', lastModified: new Date(Date.now() - ageMs), headers: {} });
}

function bodyOf(key: string): Buffer {
  return oss.objects.get(key)?.body ?? Buffer.alloc(0);
}

function stampOf(ageMs: number) {
  const at = Date.now() - ageMs;
  return { requestId: 'request-1', replays: 1, firstFailedAt: at, lastFailedAt: at };
}

function recordLetter(n: number, ageMs = 0): Letter {
  const origin = { project: 'proj', logstore: 'store', shard: 0, position: { cursor: 'MTIz', group: 2, index: 3 } };
  const rejection = { why: 'refused', message: 'model: too long', status: 413, attempts: 2 } as const;
  return { kind: 'record', ...stampOf(ageMs), rejection, origin, record: recordOf(n) };
}

function rangeLetter(ageMs = 0): Letter {
  const endpoint = 'http://cn-hangzhou-intranet.log.aliyuncs.com';
  const range = { endpoint, project: 'proj', logstore: 'store', shard: 1, begin: 'MTIz', end: 'NDU2' };
  return { kind: 'range', ...stampOf(ageMs), reason: 'outage', message: 'Langfuse is down', range };
}

function fill(): void {
  store(FIRST, encodeLetters([recordLetter(1, 5 * HOUR + 1_000), recordLetter(2, 3 * HOUR + 1_000)]));
  store(SECOND, encodeLetters([rangeLetter(2 * HOUR + 1_000), recordLetter(3, 50 * HOUR)]));
  store(GIVEN_UP, encodeLetters([recordLetter(4, 72 * HOUR + 1_000)]));
  store('letters/progress/proj/store/0.json', Buffer.from('{}'));
  store('other/v1/proj/store/0/x.ndjson.gz', encodeLetters([recordLetter(5)]));
}

describe('npm run letters -- list', () => {
  it('counts letters by reason and by object, the parked ones apart', async () => {
    fill();
    const { code, stdout, stderr } = await letters(['list']);
    const [waiting = '', parked = ''] = stdout.split('Parked, in');
    expect(waiting).toMatch(/reason +letters +objects +oldest +newest\n/);
    expect(waiting).toMatch(/\nrefused +3 +2 +2 d +3 h\n/);
    expect(waiting).toMatch(/\nrange:outage +1 +1 +2 h +2 h\n/);
    expect(waiting).toMatch(new RegExp(`\\n${FIRST} +2 +refused 2 +5 h +${bodyOf(FIRST).length}\\n`));
    expect(waiting).toMatch(new RegExp(`\\n${SECOND} +2 +range:outage 1, refused 1 +2 d +\\d+\\n`));
    expect(parked).toContain(GIVEN_UP);
    expect(parked).toMatch(/\nrefused +1 +1 +3 d +3 d\n/);
    expect(stdout).not.toMatch(/progress|other|question/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('prints the same as one line of JSON', async () => {
    fill();
    const { code, stdout } = await letters(['list', '--json']);
    const { bucket, prefix, waiting, parked } = JSON.parse(stdout);
    expect({ bucket, prefix }).toEqual({ bucket: 'dead-letters', prefix: 'letters' });
    expect(waiting.reasons).toMatchObject([
      { reason: 'refused', letters: 3, objects: 2 },
      { reason: 'range:outage', letters: 1, objects: 1 },
    ]);
    expect(waiting.objects[0]).toMatchObject({ key: FIRST, letters: 2, why: { refused: 2 } });
    expect(waiting.objects[0].bytes).toBe(bodyOf(FIRST).length);
    expect(Date.parse(waiting.objects[0].newest) - Date.parse(waiting.objects[0].oldest)).toBeCloseTo(2 * HOUR, -3);
    expect(parked.objects).toMatchObject([{ key: GIVEN_UP, letters: 1 }]);
    expect(code).toBe(0);
  });

  it('says so when there is none, here as there', async () => {
    expect((await letters(['list'])).stdout).toBe(
      'Waiting to be replayed, in oss://dead-letters/letters/v1/: no dead letter\n',
    );
    const empty = { reasons: [], objects: [] };
    expect(JSON.parse((await letters(['list', '--json'])).stdout)).toMatchObject({ waiting: empty, parked: empty });
  });

  it('shows an object that cannot be read, and one that is empty, instead of failing at them', async () => {
    store(FIRST, Buffer.from('no gzip'), 3 * HOUR + 1_000);
    store(SECOND, encodeLetters([]));
    const { code, stdout } = await letters(['list']);
    expect(stdout).toMatch(new RegExp(`\\n${FIRST} +0 +undecodable 0 +3 h +7\\n`));
    expect(stdout).toMatch(new RegExp(`\\n${SECOND} +0 +empty 0 `));
    expect(code).toBe(0);
  });

  it('tells on standard error how far it is when there are many objects', async () => {
    const body = encodeLetters([recordLetter(1)]);
    for (let n = 0; n < 450; n++) store(`letters/v1/proj/store/0/2026/11/21/${n}-a.ndjson.gz`, body);
    const { stdout, stderr } = await letters(['list', '--json']);
    expect(JSON.parse(stdout).waiting.reasons).toMatchObject([{ reason: 'refused', letters: 450, objects: 450 }]);
    expect(stderr.trim().split('\n')).toEqual([
      '200 of 450 objects read below letters/v1/',
      '400 of 450 objects read below letters/v1/',
    ]);
  });
});

describe('npm run letters -- show', () => {
  it('prints why, when, where and what of every letter', async () => {
    fill();
    const { code, stdout } = await letters(['show', FIRST]);
    expect(stdout).toMatch(/^letter 1 of 2: refused\n/);
    expect(stdout).toMatch(/\n\nletter 2 of 2: refused\n/);
    expect(stdout).toMatch(/ message +model: too long\n +status +413\n +attempts +2\n +replays +1 in vain\n/);
    expect(stdout).toMatch(/ failed +first \d{4}-\S+Z, last \d{4}-\S+Z\n +request +request-1\n/);
    expect(stdout).toMatch(/ shard +proj\/store\/0\n +position +page MTIz, group 2, log 3\n/);
    expect(stdout).toContain('"request_id": "request-1"');
    expect(stdout).toContain('question 1');
    expect(code).toBe(0);
  });

  it('prints the range of a range letter', async () => {
    fill();
    const { stdout } = await letters(['show', SECOND]);
    expect(stdout).toMatch(/^letter 1 of 2: range:outage\n +message +Langfuse is down\n/);
    expect(stdout).toMatch(/ shard +proj\/store\/1\n +range +from MTIz to NDU2\n +endpoint +http:\/\/cn-hangzhou/);
  });

  it('ends quietly when its reader has seen enough', async () => {
    store(FIRST, encodeLetters(Array.from({ length: 5_000 }, (_, n) => recordLetter(n))));
    const args = ['--import', 'tsx', 'bin/letters.ts', 'show', FIRST];
    const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env } });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('prints the stored lines as NDJSON', async () => {
    fill();
    const { stdout } = await letters(['show', GIVEN_UP, '--json']);
    expect(stdout).toBe(gunzipSync(bodyOf(GIVEN_UP)).toString('utf8'));
    expect(JSON.parse(stdout)).toMatchObject({ v: 1, kind: 'record', why: 'refused' });
  });

  it('lets no letter move the cursor of the terminal', async () => {
    const message = 'red \u001b[31m, up \u009b1A, and\nanother line';
    store(FIRST, encodeLetters([{ ...rangeLetter(), message } as Letter]));
    const { stdout } = await letters(['show', FIRST]);
    expect(stdout).toContain('red \\u001b[31m, up \\u009b1A, and\\nanother line\n');
  });

  it.each([
    ['no gzip', Buffer.from('some text that nobody may see'), []],
    ['no gzip', Buffer.from('some text that nobody may see'), ['--json']],
    ['no letters', gzipSync('some text that nobody may see\n'), []],
  ])('says that an object is none of letters when it holds %s, and quotes nothing of it', async (_, body, args) => {
    store(FIRST, body);
    const { code, stdout, stderr } = await letters(['show', FIRST, ...args]);
    expect(stderr).toMatch(/does not hold dead letters: .*show --json/);
    expect(stderr).not.toContain('nobody');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

describe('npm run letters -- park', () => {
  it('writes the object below parked/ first and deletes it then', async () => {
    fill();
    const written = decodeLetters(bodyOf(FIRST));
    const { code, stdout } = await letters(['park', FIRST]);
    expect(stdout).toBe(`Parked: ${FIRST} is now ${PARKED_FIRST}\n`);
    expect(decodeLetters(bodyOf(PARKED_FIRST))).toEqual(written);
    const writes = oss.requests.filter(({ method, key }) => method !== 'GET' && !key.includes('lease'));
    expect(writes.map(({ method, key }) => [method, key])).toEqual([
      ['PUT', PARKED_FIRST],
      ['DELETE', FIRST],
    ]);
    expect([...oss.objects.keys()].filter((key) => key.includes('lease') || key === FIRST)).toEqual([]);
    expect(code).toBe(0);
  });

  it('keeps what was parked of the same object before', async () => {
    const [old, young] = [recordLetter(1), recordLetter(2)];
    store(PARKED_FIRST, encodeLetters([old]));
    store(FIRST, encodeLetters([young]));
    expect((await letters(['park', FIRST])).code).toBe(0);
    expect(decodeLetters(bodyOf(PARKED_FIRST))).toEqual([old, young]);
  });

  it('finishes a move that was interrupted, without doubling a letter', async () => {
    store(FIRST, encodeLetters([recordLetter(1)]));
    store(PARKED_FIRST, bodyOf(FIRST));
    expect((await letters(['park', FIRST])).code).toBe(0);
    expect(decodeLetters(bodyOf(PARKED_FIRST))).toHaveLength(1);
    expect(oss.objects.has(FIRST)).toBe(false);
  });

  it('moves an object that nobody can read, and puts the next one beside it', async () => {
    store(FIRST, Buffer.from('no gzip'));
    expect((await letters(['park', FIRST])).code).toBe(0);
    expect(bodyOf(PARKED_FIRST).toString()).toBe('no gzip');
    store(FIRST, encodeLetters([recordLetter(1)]));
    const { code, stdout } = await letters(['park', FIRST]);
    const [, beside = ''] = / is now (\S+)\n/.exec(stdout) ?? [];
    expect(beside).not.toBe(PARKED_FIRST);
    expect(decodeLetters(bodyOf(beside))).toHaveLength(1);
    expect([code, oss.objects.has(FIRST), bodyOf(PARKED_FIRST).toString()]).toEqual([0, false, 'no gzip']);
  });

  it('deletes nothing when the letters cannot be written', async () => {
    fill();
    oss.fault = ({ method, key }) =>
      method === 'PUT' && key === PARKED_FIRST ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined;
    const { code, stderr } = await letters(['park', FIRST]);
    expect(stderr).toMatch(/AccessDenied \(403\).*\n.*oss:PutObject/);
    expect([code, oss.objects.has(FIRST)]).toEqual([1, true]);
  });

  it('waits for its turn while a replay is running', async () => {
    fill();
    const lease = { holder: 'replay-7', expiresAt: Date.now() + HOUR };
    store('letters/replay.lease.json', Buffer.from(JSON.stringify(lease)));
    const { code, stderr } = await letters(['park', FIRST]);
    expect(stderr).toMatch(/Nothing is moved: replay-7 is at work/);
    expect([code, oss.objects.has(FIRST), oss.objects.has('letters/replay.lease.json')]).toEqual([1, true, true]);
  });

  it('refuses what is parked already', async () => {
    fill();
    const { code, stderr } = await letters(['park', GIVEN_UP]);
    expect(stderr).toMatch(/is parked already/);
    expect([code, oss.objects.has(GIVEN_UP)]).toEqual([1, true]);
  });
});

describe.each(['show', 'park'])('npm run letters -- %s', (name) => {
  it.each([
    ['that is not there', `${FIRST}x`, /1-a\.ndjson\.gzx is not in the bucket dead-letters/],
    ['below another prefix', 'other/v1/proj/store/0/x.ndjson.gz', /is not under letters\/v1\/.*DEAD_LETTER_PREFIX/],
    ['of something else', 'letters/progress/proj/store/0.json', /is not under letters\/v1\//],
    ['of a folder', 'letters/v1/', /is not under letters\/v1\//],
  ])('refuses a key %s', async (_, key, message) => {
    fill();
    const before = oss.objects.size;
    const { code, stdout, stderr } = await letters([name, key]);
    expect(stderr).toMatch(message);
    expect({ code, stdout, objects: oss.objects.size }).toEqual({ code: 1, stdout: '', objects: before });
  });
});

describe('npm run letters -- replay', () => {
  async function withLangfuse(): Promise<Record<string, string>> {
    langfuse = await startLangfuse();
    const { url, publicKey, secretKey } = langfuse;
    return { LANGFUSE_HOST: url, LANGFUSE_PUBLIC_KEY: publicKey, LANGFUSE_SECRET_KEY: secretKey };
  }

  it('runs the built function here: the letters arrive, and the receipt is the only line on standard output', async () => {
    store(FIRST, encodeLetters([recordLetter(1), recordLetter(2)]));
    const { code, stdout, stderr } = await letters(['replay'], await withLangfuse());
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ objects: 1, letters: 2, settled: 2, why: { refused: 2 } });
    expect(stderr).toContain('"message":"replayed"');
    expect(langfuse?.observations()).toHaveLength(2);
    expect([...oss.objects.keys()]).toEqual([]);
    expect(code).toBe(0);
  });

  it('replays no more than it is asked to', async () => {
    fill();
    const args = ['replay', '--prefix', 'proj/store/', '--limit', '1'];
    const { stdout } = await letters(args, await withLangfuse());
    expect(JSON.parse(stdout)).toMatchObject({ objects: 1, letters: 2, settled: 2, more: true });
    expect([oss.objects.has(FIRST), oss.objects.has(SECOND)]).toEqual([false, true]);
  });

  it('only counts in a dry run', async () => {
    fill();
    const { stdout } = await letters(['replay', '--dry-run'], await withLangfuse());
    expect(JSON.parse(stdout)).toMatchObject({ objects: 2, letters: 4, kept: 4, settled: 0 });
    expect(langfuse?.observations()).toEqual([]);
    expect(oss.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('says that another replay is running', async () => {
    fill();
    const lease = { holder: 'replay-7', expiresAt: Date.now() + HOUR };
    store('letters/replay.lease.json', Buffer.from(JSON.stringify(lease)));
    const { code, stdout, stderr } = await letters(['replay'], await withLangfuse());
    expect((JSON.parse(stdout) as ReplayReceipt).busy).toContain('replay-7');
    expect(stderr).toContain('Nothing was done: another replay is running');
    expect(code).toBe(0);
  });

  it('exits with 1 and the message when the replay threw', async () => {
    fill();
    oss.fault = ({ key }) => (key === FIRST ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined);
    const { code, stdout, stderr } = await letters(['replay', '--timeout', '5'], await withLangfuse());
    expect(stderr).toMatch(/The replay threw .*Error: /);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('names all mistakes of the configuration at once', async () => {
    const { code, stdout, stderr } = await letters(['replay'], { ON_OUTAGE: 'panic', DEAD_LETTER_BUKET: 'x' });
    for (const name of ['LANGFUSE_HOST', 'LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY', 'ON_OUTAGE']) {
      expect(stderr).toMatch(new RegExp(`^ {2}- ${name} `, 'm'));
    }
    expect(stderr).toMatch(/DEAD_LETTER_BUKET .*did you mean DEAD_LETTER_BUCKET/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

describe('npm run letters -- replay --remote', () => {
  let events: string[];
  let outcome:
    | Omit<Extract<Invocation, { ok: true }>, 'requestId'>
    | Omit<Extract<Invocation, { ok: false }>, 'requestId'>;

  beforeEach(async () => {
    events = [];
    outcome = { ok: true, result: JSON.stringify(RECEIPT) };
    const run = async (event: Buffer): Promise<Invocation> => {
      events.push(event.toString('utf8'));
      return { ...outcome, requestId: 'request-9' };
    };
    const functions = { 'sls-langfuse-replay': run, 'my-replay': run };
    api = await startFcApi({ account: ACCOUNT, credentials, functions, printed: 'printed by the function\n' });
    // None of the settings is needed here: the function has its own.
    for (const name of ['DEAD_LETTER_BUCKET', 'DEAD_LETTER_PREFIX', 'OSS_ENDPOINT']) delete env[name];
    env = { ...env, ACCOUNT_ID: ACCOUNT, FC_ENDPOINT: api.url };
  });

  it('invokes the deployed function and prints its receipt, its log on standard error', async () => {
    const { code, stdout, stderr } = await letters(['replay', '--remote', '--prefix', 'proj/', '--limit', '3']);
    expect(events.map((event) => JSON.parse(event))).toEqual([{ prefix: 'proj/', limit: 3 }]);
    expect(JSON.parse(stdout)).toEqual(RECEIPT);
    expect(stderr).toBe('printed by the function\n');
    expect(api?.requests[0]).toMatchObject({
      method: 'POST',
      url: '/2023-03-30/functions/sls-langfuse-replay/invocations?qualifier=LATEST',
      headers: { 'x-fc-invocation-type': 'Sync', 'x-fc-log-type': 'Tail' },
    });
    expect(code).toBe(0);
  });

  it('takes another function, another name of the account, and keys that are not temporary', async () => {
    const { securityToken: _, ...lasting } = { ...credentials, accessKeyId: 'LTAI-id' };
    const run = async (): Promise<Invocation> => ({ ok: true, result: '{}', requestId: 'r' });
    const other = await startFcApi({ account: '42', credentials: lasting, functions: { 'my-replay': run } });
    const { ACCOUNT_ID: __, ALIBABA_CLOUD_SECURITY_TOKEN: ___, ...rest } = env;
    env = rest;
    const own = { FC_ACCOUNT_ID: '42', ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI-id', REPLAY_FUNCTION: 'my-replay' };
    const { code, stdout } = await letters(['replay', '--remote'], { ...own, FC_ENDPOINT: other.url });
    await other.close();
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{}\n' });
  });

  it('sends the token of a key that does not look temporary', async () => {
    const odd = { ...credentials, accessKeyId: 'TMP.id' };
    const run = async (): Promise<Invocation> => ({ ok: true, result: '{}', requestId: 'r' });
    const other = await startFcApi({ account: ACCOUNT, credentials: odd, functions: { 'sls-langfuse-replay': run } });
    const own = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'TMP.id', FC_ENDPOINT: other.url };
    const { code } = await letters(['replay', '--remote'], own);
    await other.close();
    expect(code).toBe(0);
  });

  it('takes a function that failed for a failure, though the status is 200', async () => {
    const error = { errorMessage: 'The bucket is gone', errorType: 'InvocationError', stackTrace: ['at x'] };
    outcome = { ok: false, error };
    const { code, stdout, stderr } = await letters(['replay', '--remote']);
    expect(stderr).toBe('printed by the function\nsls-langfuse-replay threw InvocationError: The bucket is gone\n');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it.each([
    [403, 'SignatureNotMatch', /status 403, .*fc:InvokeFunction/],
    [404, 'FunctionNotFound', /status 404, .*REPLAY_FUNCTION.*npm run deploy/],
    [429, 'ResourceExhausted', /status 429, .*running already/],
    [503, 'ResourceThrottled', /status 503, .*try again later/i],
    [400, 'InvalidArgument', /status 400, /],
  ])('says what to do when Function Compute answers %i', async (status, code, message) => {
    if (api) api.fault = () => ({ status, code });
    const result = await letters(['replay', '--remote']);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(/request id [0-9a-f-]{36}\./);
    expect([result.code, result.stdout, events]).toEqual([1, '', []]);
  });

  it('is refused with a wrong secret', async () => {
    const { code, stderr } = await letters(['replay', '--remote'], { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'other' });
    expect(stderr).toMatch(/status 403/);
    expect([code, events]).toEqual([1, []]);
  });

  it('waits no longer than it is told to, and says that the function may be running', async () => {
    if (api) api.fault = () => 'silence';
    const { code, stderr } = await letters(['replay', '--remote', '--timeout', '1']);
    expect(stderr).toMatch(/gave no answer: .*ReadTimeout\(1000\).*may be running all the same/);
    expect(code).toBe(1);
  });

  it.each([
    ['an account', { ACCOUNT_ID: '' }, /Set ACCOUNT_ID/],
    ['an account that is one', { ACCOUNT_ID: 'evil.example/' }, /Set ACCOUNT_ID/],
    ['a region that is one', { REGION: 'evil.example/' }, /REGION is "evil\.example\/"/],
  ])('needs %s', async (_, more, message) => {
    const { code, stderr } = await letters(['replay', '--remote'], more);
    expect(stderr).toMatch(message);
    expect([code, api?.requests.length]).toEqual([1, 0]);
  });
});

describe('npm run letters', () => {
  it('needs none of the settings of Langfuse to look, but good ones of its own', async () => {
    const more = { DEAD_LETTER_BUCKET: 'No Bucket', DEAD_LETTER_PREFX: 'x', LANGFUSE_TRANSPORT: 'grpc' };
    const { code, stdout, stderr } = await letters(['list'], more);
    expect(stderr).toMatch(/2 problems:\n/);
    expect(stderr).toMatch(/ {2}- DEAD_LETTER_BUCKET must be the name of an OSS bucket/);
    expect(stderr).toMatch(/ {2}- DEAD_LETTER_PREFX .*did you mean DEAD_LETTER_PREFIX/);
    expect(stderr).not.toContain('LANGFUSE');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it.each([
    ['no key', { ALIBABA_CLOUD_ACCESS_KEY_ID: '' }, /^Set ALIBABA_CLOUD_ACCESS_KEY_ID/],
    ['no token for a temporary key', { ALIBABA_CLOUD_SECURITY_TOKEN: '' }, /set ALIBABA_CLOUD_SECURITY_TOKEN/],
    ['a wrong secret', { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'other' }, /SignatureDoesNotMatch \(403\).*\n.*credentials/],
    ['another bucket', { DEAD_LETTER_BUCKET: 'not-mine' }, /NoSuchBucket \(404\).*\nCheck DEAD_LETTER_BUCKET/],
    ['an endpoint where nobody is', { OSS_ENDPOINT: 'http://127.0.0.1:9' }, /^OSS did not answer .*\nCheck REGION/],
  ])('says what to do with %s', async (_, more, message) => {
    const { code, stdout, stderr } = await letters(['list'], more);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it.each([
    ['a command that does not exist', ['lst'], /"lst"\. Did you mean list\?/],
    ['an option before the command', ['--json', 'list'], /first word is the command/],
    ['an option of another command', ['list', '--limit', '3'], /--limit/],
    ['a word too many', ['list', 'all'], /all/],
    ['show without a key', ['show'], /Which object\?/],
    ['park without a key', ['park'], /Which object\?/],
    ['two keys', ['park', 'a', 'b'], /one key/],
    ['a limit that is none', ['replay', '--limit', '0'], /--limit 0/],
    ['a limit in words', ['replay', '--limit', 'ten'], /--limit ten/],
    ['a timeout above a day', ['replay', '--timeout', '86401'], /--timeout 86401/],
  ])('refuses %s with exit code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await letters(args);
    expect(stderr).toMatch(message);
    expect({ code, stdout, asked: oss.requests }).toEqual({ code: 2, stdout: '', asked: [] });
  });

  it.each([[['--help']], [['list', '-h']], [[]]])('explains itself with %j', async (args) => {
    const { code, stdout } = await letters(args);
    expect(stdout).toMatch(/letters -- replay --dry-run/);
    expect(code).toBe(0);
  });
});

import { createHash } from 'node:crypto';
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { bundle } from '../bin/build.ts';
import { decodeLetters } from '../lib/letters/decode.ts';
import type { Receipt } from '../lib/types.ts';
import { FcInstance, type FcOptions, type Invocation } from './stand-ins/fc.ts';
import { type LangfuseOptions, type LangfuseStandIn, startLangfuse } from './stand-ins/langfuse.ts';
import { type OssStandIn, startOss } from './stand-ins/oss.ts';
import { type SlsStandIn, startSls } from './stand-ins/sls.ts';
import { NOON } from './support/clock.ts';
import { lineOf } from './support/records.ts';

const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret-of-fc', securityToken: 'token-of-fc' };
const NONE = { accessKeyId: '', accessKeySecret: '', securityToken: '' };
const PROMPT = 'a very private question';

type Released = Receipt & { readonly release: string };

let built: string;
/** Without the OSS edge: loading it fails. */
let withoutOss: string;
beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'ship-'));
  withoutOss = await mkdtemp(join(tmpdir(), 'ship-'));
  await bundle(built);
  for (const name of ['ship.js', 'ship.bundle.js', 'all.js', 'ingestion.js', 'package.json'])
    await copyFile(join(built, name), join(withoutOss, name));
}, 60_000);
afterAll(() => Promise.all([built, withoutOss].map((path) => rm(path, { recursive: true }))));

let sls: SlsStandIn;
let oss: OssStandIn;
let langfuse: LangfuseStandIn;
let instances: FcInstance[];
let output: string;
let range: { begin: string; end: string };

/** So many pages of three records: two calls and a line of something else. */
async function open(options: LangfuseOptions = {}, pages = 3): Promise<void> {
  langfuse = await startLangfuse(options);
  const groups = Array.from({ length: pages }, (_, page) => ({
    logs: [0, 1, 2].map((i) => {
      const fields = i < 2 ? lineOf(page * 10 + i, PROMPT) : { path: '/healthz', method: 'GET', response_code: '200' };
      return { time: NOON / 1000 + page, fields };
    }),
  }));
  range = sls.load('proj', 'store', 0, groups);
}

beforeEach(async () => {
  sls = await startSls({ credentials, groupsPerPage: 1 });
  oss = await startOss({ credentials, bucket: 'dead-letters' });
  instances = [];
  output = '';
});
afterEach(async () => {
  await Promise.all([...instances, sls, oss, langfuse].map((each) => each?.close()));
  expect(output).not.toMatch(/secret-of|token-of|sk-lf|very private|Basic /);
});

function envOf(change: Record<string, string> = {}): Record<string, string> {
  return {
    LANGFUSE_HOST: langfuse.url,
    LANGFUSE_PUBLIC_KEY: langfuse.publicKey,
    LANGFUSE_SECRET_KEY: langfuse.secretKey,
    DEAD_LETTER_BUCKET: 'dead-letters',
    SLS_ENDPOINT: sls.url,
    OSS_ENDPOINT: oss.url,
    ...change,
  };
}

function instance(options: Partial<FcOptions> = {}, change: Record<string, string> = {}, path = built): FcInstance {
  const onOutput = (text: string) => {
    output += text;
  };
  const bundled = { bundle: join(path, 'ship.js'), handler: 'handler', env: envOf(change) };
  const made = new FcInstance({ ...bundled, credentials, timeout: 60, onOutput, ...options });
  instances.push(made);
  return made;
}

function event(change: Record<string, unknown> = {}): string {
  const source = {
    endpoint: 'http://cn-hangzhou-intranet.log.aliyuncs.com',
    projectName: 'proj',
    logstoreName: 'store',
    shardId: 0,
    beginCursor: range.begin,
    endCursor: range.end,
    ...change,
  };
  return JSON.stringify({ source, cursorTime: NOON / 1000, parameter: {}, jobName: 'j', taskId: 't' });
}

function receiptOf(invocation: Invocation): Receipt {
  if (!invocation.ok) throw new Error(invocation.error.errorMessage);
  return JSON.parse(invocation.result) as Receipt;
}

async function errorOf(invocation: Promise<Invocation>): Promise<string> {
  const settled = await invocation;
  if (settled.ok) throw new Error('the invocation did not fail');
  const { errorMessage, stackTrace } = settled.error;
  expect(`${errorMessage}${stackTrace.join()}`).not.toMatch(/secret-of|token-of|sk-lf|very private|Basic /);
  return errorMessage;
}

describe('the handler', () => {
  it.each([
    ['3.225.4', 'auto'],
    ['3.0.0', 'auto'],
    ['4.16.0', 'off'],
  ])('ships a clean range to %s with CHECKPOINT=%s without OSS or its client', async (version, CHECKPOINT) => {
    await open({ version });
    const receipt = receiptOf(await instance({}, { CHECKPOINT }, withoutOss).invoke(event()));
    expect(receipt).toMatchObject({ read: 9, delivered: 6, skipped: { non_ai: 3 }, lettered: {}, ranges: 0, pages: 3 });
    expect(langfuse.observations()).toHaveLength(6);
    expect(JSON.stringify(langfuse.observations()[0]?.input)).toContain(PROMPT);
    expect(oss.requests).toEqual([]);
    const line = output
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as object);
    expect(line).toMatchObject([
      { level: 'info', message: 'shipped', project: 'proj', shard: 0, read: 9, delivered: 6 },
    ]);
  });

  it('runs the bytecode that the build wrote, and without it the source', async () => {
    await open();
    const folder = await mkdtemp(join(tmpdir(), 'ship-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const releaseOf = async () => (receiptOf(await instance({}, {}, folder).invoke(event())) as Released).release;
    await cp(built, folder, { recursive: true });
    const path = join(folder, 'ship.bundle.js');
    const [source, bytecode] = [await readFile(path, 'utf8'), await readFile(`${path}.bytecode`)];
    const release = await releaseOf();
    const other = 'x'.repeat(release.length);
    const changed = source.replace(JSON.stringify(release), JSON.stringify(other));
    await writeFile(path, changed);
    expect(await releaseOf()).toBe(other);
    const old = bytecode.subarray(32);
    const digest = createHash('sha256').update(changed).update(old).digest();
    await writeFile(`${path}.bytecode`, Buffer.concat([digest, old]));
    expect(await releaseOf()).toBe(release);
  });

  it.each(['3.225.4', '4.16.0'])('invoked three times shows each call once on %s', async (version) => {
    await open({ version });
    const [one, two] = [instance(), instance()];
    for (const each of [one, one, two]) {
      expect(receiptOf(await each.invoke(event()))).toMatchObject({ read: 9, delivered: 6 });
    }
    expect(langfuse.observations()).toHaveLength(6);
    if (version === '4.16.0') expect(langfuse.rows()).toHaveLength(6);
    expect(langfuse.poisoned).toBe(0);
  });

  it('returns a receipt of nothing when there is nothing to pull', async () => {
    await open();
    const receipt = receiptOf(await instance({}, {}, withoutOss).invoke(event({ beginCursor: range.end })));
    expect(receipt).toMatchObject({ read: 0, delivered: 0, pages: 0, ranges: 0 });
    expect(langfuse.requests).toEqual([]);
  });

  it('writes a dead letter for what Langfuse refuses, and delivers the rest', async () => {
    await open();
    await instance().invoke(event());
    const bad = langfuse.observations()[0]?.id ?? '';
    langfuse.clear();
    langfuse.fault = () => ({ kind: 'reject-ids', ids: [bad] });
    const receipt = receiptOf(await instance().invoke(event()));
    expect(receipt).toMatchObject({ read: 9, delivered: 5, lettered: { refused: 1 } });
    const [[key, object] = []] = [...oss.objects];
    expect(key).toMatch(/^sls-langfuse\/v1\/proj\/store\/0\/\d{4}\/\d\d\/\d\d\/\d+-[\w-]+\.ndjson\.gz$/);
    const [letter] = decodeLetters(object?.body ?? Buffer.of());
    expect(letter).toMatchObject({ kind: 'record', rejection: { why: 'refused', status: 400 } });
    if (letter?.kind === 'record') expect(letter.record.fields.get('ai_log')).toContain(PROMPT);
  });

  it('letters what was read and the rest when the keys are wrong', async () => {
    await open({}, 8);
    const receipt = receiptOf(await instance({}, { LANGFUSE_SECRET_KEY: 'sk-lf-wrong' }).invoke(event()));
    expect(receipt.delivered).toBe(0);
    expect(receipt.ranges).toBe(1);
    const letters = [...oss.objects.values()].flatMap(({ body }) => decodeLetters(body));
    expect(letters.filter(({ kind }) => kind === 'record')).toHaveLength(receipt.lettered.refused ?? -1);
    expect(letters.find(({ kind }) => kind === 'range')).toMatchObject({
      reason: 'refused',
      range: { end: range.end },
    });
    expect(output).toContain('Check LANGFUSE_HOST and the keys');
  });

  it('throws when the dead letter cannot be written, so that SLS offers the range again', async () => {
    await open({}, 1);
    oss.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    langfuse.fault = ({ number }) => (number > 0 ? { kind: 'status', status: 401 } : undefined);
    const message = await errorOf(instance().invoke(event()));
    expect(message).toContain('not accounted for: 2 records of the page at');
    expect(message).toContain('oss:PutObject');
  }, 40_000);

  it('returns in time when Langfuse hangs, with everything in letters', async () => {
    await open({}, 4);
    langfuse.fault = ({ number }) => (number > 0 ? { kind: 'hang' } : undefined);
    const receipt = receiptOf(await instance({ timeout: 5 }).invoke(event()));
    expect(receipt.ms).toBeLessThan(5000);
    expect(receipt).toMatchObject({ delivered: 0, ranges: receipt.read === 12 ? 0 : 1 });
    const letters = [...oss.objects.values()].flatMap(({ body }) => decodeLetters(body));
    expect(letters.filter(({ kind }) => kind === 'record')).toHaveLength(receipt.lettered.unavailable ?? -1);
  });

  it.each([
    ['that is no JSON', `{"${PROMPT}`, 'it is not JSON'],
    ['without cursors', '{"source":{"projectName":"proj"}}', 'source.beginCursor'],
  ])('throws for an event %s', async (_, text, expected) => {
    await open();
    expect(await errorOf(instance().invoke(text))).toContain(expected);
    expect(sls.requests).toEqual([]);
  });

  it.each(['http://cn-hangzhou.log.aliyuncs.com.evil.example', 'http://127.0.0.1:1', 'http://169.254.169.254'])(
    'throws for the foreign endpoint %s, and sends nothing there',
    async (endpoint) => {
      await open();
      const message = await errorOf(instance({}, { SLS_ENDPOINT: '' }).invoke(event({ endpoint })));
      expect(message).toContain('set SLS_ENDPOINT');
      expect(langfuse.requests).toEqual([]);
    },
  );

  it('names three mistakes of the configuration at once', async () => {
    await open();
    const change = { LANGFUSE_HOST: 'nowhere', LANGFUSE_SECRETKEY: 'sk-lf-typo', DEAD_LETTER_BUCKET: '' };
    const message = await errorOf(instance({}, change).invoke(event()));
    expect(message).toContain('3 problems');
    for (const name of ['LANGFUSE_HOST', 'LANGFUSE_SECRET_KEY?', 'DEAD_LETTER_BUCKET']) expect(message).toContain(name);
  });

  it('throws without credentials, and says that the function needs a role', async () => {
    await open();
    expect(await errorOf(instance({ credentials: NONE }).invoke(event()))).toContain('RAM role');
  });

  it('throws when the logstore cannot be read', async () => {
    await open();
    const message = await errorOf(instance().invoke(event({ logstoreName: 'gone' })));
    expect(message).toContain('PullLogs proj/gone/0');
    expect(langfuse.observations()).toEqual([]);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { bundle } from '../../bin/build.ts';
import { decodeLetters } from '../../lib/letters/decode.ts';
import { encodeLetters } from '../../lib/letters/encode.ts';
import type { Letter } from '../../lib/types.ts';
import { FcInstance, type FcOptions, type Invocation } from '../stand-ins/fc.ts';
import { type LangfuseOptions, type LangfuseStandIn, startLangfuse } from '../stand-ins/langfuse.ts';
import { type OssStandIn, startOss } from '../stand-ins/oss.ts';
import { type SlsStandIn, startSls } from '../stand-ins/sls.ts';
import { NOON } from './clock.ts';
import { lineOf } from './records.ts';

const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret-of-fc', securityToken: 'token-of-fc' };
export const PREFIX = 'sls-langfuse';

let built: string;
const open: House[] = [];

/** To be called once in a file whose tests open houses: builds the functions, and closes what was opened. */
export function useHouses(): void {
  beforeAll(async () => {
    built = await mkdtemp(join(tmpdir(), 'house-'));
    await bundle(built);
  }, 60_000);
  afterEach(async () => {
    const said = await Promise.all(open.splice(0).map((house) => house.close()));
    expect(said.join()).not.toMatch(/secret-of|token-of|sk-lf|question \d|Basic /);
  });
  afterAll(() => rm(built, { recursive: true }));
}

export interface HouseOptions extends LangfuseOptions {
  /** Pages of one group each. */
  readonly pages?: number;
  readonly callsPerPage?: number;
}

/** Both functions as they are deployed, each in processes of its own, over stand-ins of SLS, OSS and Langfuse. */
export class House {
  readonly sls: SlsStandIn;
  readonly oss: OssStandIn;
  readonly langfuse: LangfuseStandIn;
  readonly range: { readonly begin: string; readonly end: string };
  /** Calls in the range. */
  readonly calls: number;
  readonly #instances: FcInstance[] = [];
  #output = '';

  constructor(sls: SlsStandIn, oss: OssStandIn, langfuse: LangfuseStandIn, pages: number, callsPerPage: number) {
    this.sls = sls;
    this.oss = oss;
    this.langfuse = langfuse;
    this.calls = pages * callsPerPage;
    const groups = Array.from({ length: pages }, (_, page) => ({
      logs: Array.from({ length: callsPerPage }, (_, i) => ({
        time: NOON / 1000 + page,
        fields: lineOf(page * callsPerPage + i),
      })),
    }));
    this.range = sls.load('proj', 'store', 0, groups);
  }

  static async open({ pages = 4, callsPerPage = 3, ...options }: HouseOptions = {}): Promise<House> {
    const sls = await startSls({ credentials, groupsPerPage: 1 });
    const oss = await startOss({ credentials, bucket: 'dead-letters' });
    const house = new House(sls, oss, await startLangfuse(options), pages, callsPerPage);
    open.push(house);
    return house;
  }

  /** A process of one of the functions. */
  instance(name: 'ship' | 'replay', change: Record<string, string> = {}, options: Partial<FcOptions> = {}): FcInstance {
    const { langfuse, sls, oss } = this;
    const keys = { LANGFUSE_PUBLIC_KEY: langfuse.publicKey, LANGFUSE_SECRET_KEY: langfuse.secretKey };
    const places = { LANGFUSE_HOST: langfuse.url, SLS_ENDPOINT: sls.url, OSS_ENDPOINT: oss.url };
    const env = { ...keys, ...places, DEAD_LETTER_BUCKET: 'dead-letters', ...change };
    const onOutput = (text: string) => {
      this.#output += text;
    };
    const bundled = { bundle: join(built, `${name}.js`), handler: 'handler', env };
    const made = new FcInstance({ ...bundled, credentials, timeout: 60, onOutput, ...options });
    this.#instances.push(made);
    return made;
  }

  event(): string {
    const { begin: beginCursor, end: endCursor } = this.range;
    const endpoint = 'http://cn-hangzhou-intranet.log.aliyuncs.com';
    const source = { endpoint, projectName: 'proj', logstoreName: 'store', shardId: 0, beginCursor, endCursor };
    return JSON.stringify({ source, cursorTime: NOON / 1000, parameter: {}, jobName: 'j', taskId: 't' });
  }

  /** The letters in the bucket, by key. */
  letters(): Record<string, Letter[]> {
    const objects = [...this.oss.objects].filter(([key]) => key.endsWith('.ndjson.gz'));
    return Object.fromEntries(objects.map(([key, { body }]) => [key, decodeLetters(body)]));
  }

  putLetters(key: string, ...letters: readonly Letter[]): void {
    this.putObject(key, encodeLetters(letters));
  }

  putObject(key: string, body: Buffer): void {
    this.oss.objects.set(key, { body, etag: '"x"', lastModified: new Date(0), headers: {} });
  }

  /** The cursors that PullLogs asked for. */
  pulled(): (string | undefined)[] {
    return this.sls.requests.filter(({ query }) => query.get('type') === 'log').map(({ query }) => query.get('cursor'));
  }

  /** Returns what the functions printed. */
  async close(): Promise<string> {
    await Promise.all([...this.#instances, this.sls, this.oss, this.langfuse].map((each) => each.close()));
    return this.#output;
  }
}

/** What an invocation returned, as JSON; throws what it threw. */
export function resultOf<T>(invocation: Invocation): T {
  if (!invocation.ok) throw new Error(invocation.error.errorMessage);
  return JSON.parse(invocation.result) as T;
}

/** What an invocation threw. */
export function errorOf(invocation: Invocation): string {
  if (invocation.ok) throw new Error(`the invocation did not fail: ${invocation.result}`);
  return invocation.error.errorMessage;
}

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { argumentsOf } from '../../bin/backfill/arguments.ts';
import { backfill } from '../../bin/backfill/backfill.ts';
import type { Clock } from '../../lib/types.ts';
import type { Invocation } from '../stand-ins/fc.ts';
import { type FcApiStandIn, startFcApi } from '../stand-ins/fc-api.ts';
import { type LangfuseStandIn, startLangfuse } from '../stand-ins/langfuse.ts';
import { type OssStandIn, startOss } from '../stand-ins/oss.ts';
import { FIRST_POSITION, positionOf, type SlsStandIn, startSls } from '../stand-ins/sls.ts';
import { lineOf } from '../support/records.ts';
import type { Finished } from './command.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret-of-cli', securityToken: 'token-of-cli' };
const ACCOUNT = '1234567890123456';

/** Unix seconds; 2023-11-14T22:13:20Z. */
export const START = 1_700_000_000;
export const MINUTE = 60;
/** A log a shard every five minutes of the hour. */
export const LOGS_PER_SHARD = 12;
export const HOUR = ['--from', `${START}`, '--to', `${START + 60 * MINUTE}`];

/** A child process that is at work. */
export interface Running {
  readonly pid: number;
  /** Resolves when this was said on standard error. */
  said(words: string): Promise<void>;
  readonly finished: Promise<Finished>;
  /** Whether it has. */
  ended(): boolean;
}

/** A logstore with two shards, a Langfuse, a bucket and the API of Function Compute, and the command over them. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'backfill-'));
  readonly slept: number[] = [];
  readonly events: Buffer[] = [];
  /** What the deployed function answers. */
  deployed: (event: Buffer) => Promise<Invocation> = async () => ({ ok: true, requestId: 'r', result: RECEIPT });
  env: Record<string, string>;
  readonly sls: SlsStandIn;
  readonly langfuse: LangfuseStandIn;
  readonly oss: OssStandIn;
  api: FcApiStandIn | undefined;
  #said = '';

  constructor(sls: SlsStandIn, langfuse: LangfuseStandIn, oss: OssStandIn) {
    this.sls = sls;
    this.langfuse = langfuse;
    this.oss = oss;
    this.env = {
      SLS_PROJECT: 'proj',
      SLS_LOGSTORE: 'store',
      REGION: 'cn-hangzhou',
      ALIBABA_CLOUD_ACCESS_KEY_ID: credentials.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: credentials.accessKeySecret,
      ALIBABA_CLOUD_SECURITY_TOKEN: credentials.securityToken,
      SLS_ENDPOINT: sls.url,
      OSS_ENDPOINT: oss.url,
      DEAD_LETTER_BUCKET: 'dead-letters',
      LANGFUSE_HOST: langfuse.url,
      LANGFUSE_PUBLIC_KEY: langfuse.publicKey,
      LANGFUSE_SECRET_KEY: langfuse.secretKey,
    };
    for (const shard of [0, 1]) this.load(shard);
  }

  static async open(): Promise<World> {
    const sls = await startSls({ credentials });
    return new World(sls, await startLangfuse(), await startOss({ credentials, bucket: 'dead-letters' }));
  }

  get stateFile(): string {
    return join(this.folder, 'state.json');
  }

  /** Opens the API of Function Compute with the shipping function deployed. */
  async deploy(name = 'sls-langfuse-ship'): Promise<FcApiStandIn> {
    const run = (event: Buffer) => {
      this.events.push(event);
      return this.deployed(event);
    };
    this.api = await startFcApi({ account: ACCOUNT, credentials, functions: { [name]: run }, printed: 'log tail\n' });
    this.env = { ...this.env, ACCOUNT_ID: ACCOUNT, FC_ENDPOINT: this.api.url };
    return this.api;
  }

  /** Runs the command in this process; its pauses take no time. */
  async run(args: readonly string[], stop = new AbortController()): Promise<Finished> {
    let [stdout, stderr] = ['', ''];
    const sleep: Clock['sleep'] = async (ms) => void this.slept.push(ms);
    const write = (text: string) => {
      stderr += text;
    };
    const out = (line: string) => {
      stdout += `${line}\n`;
    };
    const clock = { now: Date.now, sleep };
    try {
      const typed = argumentsOf(this.#withState(args), Date.now());
      const around = { env: this.env, clock, random: () => 0, out, display: { write }, stop: stop.signal };
      return { code: await backfill(typed, around), stdout, stderr };
    } finally {
      this.#said += stdout + stderr;
    }
  }

  /** Starts the command as a process that leads a group, as a terminal does. */
  start(args: readonly string[]): Running {
    const { PATH = '', HOME = '' } = process.env;
    const argv = ['--import', 'tsx', 'bin/backfill.ts', ...this.#withState(args)];
    const env = { PATH, HOME, ...this.env };
    const child = spawn(process.execPath, argv, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const finished = new Promise<Finished>((resolve) =>
      child.on('close', (code) => {
        this.#said += stdout + stderr;
        resolve({ code, stdout, stderr });
      }),
    );
    const said = (words: string) =>
      new Promise<void>((resolve) => {
        const look = () => stderr.includes(words) && resolve();
        child.stderr.on('data', look);
        look();
      });
    const ended = () => child.exitCode !== null || child.signalCode !== null;
    return { pid: child.pid ?? 0, said, finished, ended };
  }

  /** Keeps the pull of that number waiting until it is released. */
  holdPull(number: number): { readonly reached: Promise<void>; release(): void } {
    const gate = gateOf();
    const reached = gateOf();
    this.sls.faults = (_, n) => {
      if (n === number) reached.open();
      return n === number ? { kind: 'hold', headers: gate.passed } : undefined;
    };
    return { reached: reached.passed, release: gate.open };
  }

  /** The ids that Langfuse was sent, each as often as it was. */
  sent(): string[] {
    return this.langfuse.requests.flatMap(({ ids }) => ids);
  }

  /** The ranges that were pulled of a shard, as offsets from its first log, in order. */
  pulled(shard: number): (readonly [number, number])[] {
    const pulls = this.sls.requests.filter(({ query, path }) => query.get('type') === 'log' && path[3] === `${shard}`);
    return pulls.map(
      ({ query }) => [this.#offset(query.get('cursor')), this.#offset(query.get('end_cursor'))] as const,
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.sls, this.langfuse, this.oss, this.api].map((server) => server?.close()));
    rmSync(this.folder, { recursive: true });
    expect(this.#said).not.toMatch(/secret-of-cli|token-of-cli|sk-lf-stand-in|question \d/);
  }

  load(shard: number): void {
    const groups = Array.from({ length: LOGS_PER_SHARD }, (_, n) => {
      const received = START + n * 5 * MINUTE;
      return { received, logs: [{ time: received, fields: lineOf(shard * LOGS_PER_SHARD + n) }] };
    });
    this.sls.load('proj', 'store', shard, groups);
  }

  #withState(args: readonly string[]): readonly string[] {
    return args.includes('--state') ? args : [...args, '--state', this.stateFile];
  }

  #offset(cursor: string | undefined): number {
    return Number((positionOf(cursor ?? '') ?? 0n) - FIRST_POSITION);
  }
}

const RECEIPT = JSON.stringify({ read: 3, delivered: 1, skipped: { non_ai: 1 }, lettered: { refused: 1 }, ranges: 0 });

function gateOf(): { readonly passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

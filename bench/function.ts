import { fileURLToPath } from 'node:url';
import type { Receipt } from '../lib/types.ts';
import { FcInstance } from '../test/stand-ins/fc.ts';
import { cursorAt } from './servers/cursor.ts';
import type { Servers } from './servers.ts';
import type { Workshop } from './workshop.ts';

const MEASURED = fileURLToPath(new URL('worker/measured.cjs', import.meta.url));

export interface Spent {
  readonly ms: number;
  /** User and system time of the process, milliseconds. */
  readonly cpuMs: number;
}

/** One invocation of the built function, by its own meter. */
export interface Measured extends Spent {
  readonly receipt: Receipt;
  /** Of it, loading the code: next to nothing but in the first. */
  readonly loading: Spent;
  /** Most of the memory that the process has held so far, MB. */
  readonly peakMb: number;
}

/** An instance of the built function as Function Compute runs it, before those servers. */
export class MeasuredFunction {
  readonly #instance: FcInstance;
  readonly #servers: Servers;

  constructor({ bundle }: Workshop, servers: Servers, env: Readonly<Record<string, string>> = {}) {
    this.#servers = servers;
    this.#instance = new FcInstance({
      bundle: MEASURED,
      handler: 'handler',
      env: { ...settings(servers), BENCH_BUNDLE: bundle, ...env },
      credentials: { accessKeyId: 'STS.bench', accessKeySecret: 'bench', securityToken: 'bench' },
      timeout: 3_600,
      onOutput: (text) => void process.stderr.write(text),
    });
  }

  /** Ships the `logs` logs from the `first` on; throws unless each of them was delivered. */
  async ship(logs: number, first = 0): Promise<Measured> {
    const { logsPerGroup } = this.#servers;
    const invocation = await this.#instance.invoke(eventOf(first / logsPerGroup, (first + logs) / logsPerGroup));
    if (!invocation.ok) throw new Error(`the function failed: ${invocation.error.errorMessage}`);
    const measured = JSON.parse(invocation.result) as Measured;
    const { read, delivered } = measured.receipt;
    if (read !== logs || delivered !== logs)
      throw new Error(`of ${logs} logs ${read} were read, ${delivered} delivered`);
    return measured;
  }

  close(): Promise<void> {
    return this.#instance.close();
  }
}

/** Runs one invocation in an instance of its own. */
export async function shipOnce(
  workshop: Workshop,
  servers: Servers,
  logs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const instance = new MeasuredFunction(workshop, servers, env);
  try {
    return await instance.ship(logs);
  } finally {
    await instance.close();
  }
}

function settings({ sls, langfuse }: Servers): Record<string, string> {
  return {
    LANGFUSE_HOST: langfuse.host,
    LANGFUSE_PUBLIC_KEY: langfuse.publicKey,
    LANGFUSE_SECRET_KEY: langfuse.secretKey,
    SLS_ENDPOINT: sls,
    // Nothing listens there: a dead letter would be an error, and no figure would come of it.
    OSS_ENDPOINT: 'http://127.0.0.1:9',
    DEAD_LETTER_BUCKET: 'bench-letters',
    LOG_LEVEL: 'warn',
  };
}

function eventOf(begin: number, end: number): string {
  return JSON.stringify({
    parameter: {},
    source: {
      endpoint: 'http://cn-hangzhou-intranet.log.aliyuncs.com',
      projectName: 'bench-logs',
      logstoreName: 'access-log',
      shardId: 0,
      beginCursor: cursorAt(begin),
      endCursor: cursorAt(end),
    },
    jobName: 'bench',
    taskId: 'bench',
    cursorTime: Math.floor(Date.now() / 1000),
  });
}

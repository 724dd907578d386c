import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diagnose, type Options } from '../../bin/doctor/diagnosis.ts';
import type { Progress, Result } from '../../bin/doctor/exam.ts';
import { surroundingsOf } from '../../bin/doctor/surroundings.ts';
import type { Clock } from '../../lib/types.ts';
import { type Deployed, type FcApiStandIn, startFcApi } from '../stand-ins/fc-api.ts';
import { type LangfuseOptions, type LangfuseStandIn, startLangfuse } from '../stand-ins/langfuse.ts';
import { type OssStandIn, startOss } from '../stand-ins/oss.ts';
import { type SlsGroup, type SlsStandIn, startSls } from '../stand-ins/sls.ts';
import { lineOf } from '../support/records.ts';

export const ACCOUNT = '1234567890123456';
const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret-of-doctor', securityToken: 'token-of-doctor' };
const ROLE = `acs:ram::${ACCOUNT}:role/ship`;
const OPTIONS: Options = { offline: false, write: false, logs: 200, timeoutMs: 10_000 };
const SILENT: Progress = { started: () => undefined, told: () => undefined, ended: () => undefined };

/** The functions as `s.yaml` deploys them, to be changed by a test. */
export interface Functions {
  ship: Deployed;
  replay: Deployed;
}

/** Everything that the doctor looks at, well until a test breaks it. */
export class Clinic {
  /** An empty working directory, for a .env and the like. */
  readonly dir: string;
  readonly sls: SlsStandIn;
  readonly oss: OssStandIn;
  readonly langfuse: LangfuseStandIn;
  readonly fc: FcApiStandIn;
  readonly env: Record<string, string>;
  readonly functions: Functions;
  /** Milliseconds that the doctor's clock is ahead; sleeping makes it so. */
  ahead = 0;

  constructor(
    dir: string,
    sls: SlsStandIn,
    oss: OssStandIn,
    langfuse: LangfuseStandIn,
    fc: FcApiStandIn,
    f: Functions,
  ) {
    this.dir = dir;
    this.sls = sls;
    this.oss = oss;
    this.langfuse = langfuse;
    this.fc = fc;
    this.functions = f;
    this.env = envOf(sls, oss, langfuse, fc);
    const { LANGFUSE_HOST, LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY, DEAD_LETTER_BUCKET } = this.env;
    const DEAD_LETTER_PREFIX = 'sls-langfuse';
    const environmentVariables = {
      DEAD_LETTER_PREFIX,
      LANGFUSE_HOST,
      LANGFUSE_PUBLIC_KEY,
      LANGFUSE_SECRET_KEY,
      DEAD_LETTER_BUCKET,
    };
    for (const name of ['ship', 'replay'] as const) {
      const { attributes, triggers } = f[name];
      f[name] = { attributes: { ...attributes, environmentVariables }, triggers };
    }
  }

  static async open(options: LangfuseOptions = {}): Promise<Clinic> {
    const functions: Functions = { ship: deployedShip(), replay: deployedReplay() };
    const deployed = {
      get 'sls-langfuse-ship'() {
        return functions.ship;
      },
      get 'sls-langfuse-replay'() {
        return functions.replay;
      },
    };
    const dir = await mkdtemp(join(tmpdir(), 'doctor-'));
    const sls = await startSls({ credentials });
    const oss = await startOss({ credentials, bucket: 'dead-letters' });
    const fc = await startFcApi({ account: ACCOUNT, credentials, functions: {}, deployed });
    return new Clinic(dir, sls, oss, await startLangfuse(options), fc, functions);
  }

  /** Appends a log to the shard that arrived so many seconds ago. */
  load(ageS: number, fields: Record<string, string> = lineOf(ageS), shard = 0): void {
    const time = Math.floor(Date.now() / 1000) - ageS;
    const group: SlsGroup = { logs: [{ time, fields }], received: time };
    this.sls.load('gateway-logs', 'access', shard, [group]);
  }

  /** A logstore with calls of two days. */
  fill(): void {
    this.load(2 * 86_400);
    this.load(5);
  }

  /** All results by name. `change`: variables set otherwise, or with an empty text not at all. */
  async examine(change: Record<string, string> = {}, options: Partial<Options> = {}): Promise<Map<string, Result>> {
    const surroundings = surroundingsOf({ ...this.env, ...change }, this.dir);
    const results = await diagnose(
      surroundings,
      { ...OPTIONS, ...options },
      { clock: this.#clock(), progress: SILENT },
    );
    return new Map(results.map((result) => [result.name, result]));
  }

  async close(): Promise<void> {
    await Promise.all([this.sls, this.oss, this.langfuse, this.fc].map((server) => server.close()));
    await rm(this.dir, { recursive: true });
  }

  #clock(): Clock {
    return {
      now: () => Date.now() + this.ahead,
      sleep: async (ms) => {
        this.ahead += ms;
      },
    };
  }
}

function envOf(sls: SlsStandIn, oss: OssStandIn, langfuse: LangfuseStandIn, fc: FcApiStandIn): Record<string, string> {
  return {
    ALIBABA_CLOUD_ACCESS_KEY_ID: credentials.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: credentials.securityToken,
    ACCOUNT_ID: ACCOUNT,
    SLS_PROJECT: 'gateway-logs',
    SLS_LOGSTORE: 'access',
    LANGFUSE_HOST: langfuse.url,
    LANGFUSE_PUBLIC_KEY: langfuse.publicKey,
    LANGFUSE_SECRET_KEY: langfuse.secretKey,
    DEAD_LETTER_BUCKET: 'dead-letters',
    OSS_ENDPOINT: oss.url,
    SLS_ENDPOINT: sls.url,
    FC_ENDPOINT: fc.url,
  };
}

/** Function and log trigger; `config` and `attributes` of the trigger changed by a test. */
export function deployedShip(config: Record<string, unknown> = {}, attributes: Record<string, unknown> = {}): Deployed {
  const triggerConfig = {
    enable: true,
    sourceConfig: { logstore: 'access' },
    jobConfig: { maxRetryTime: 3, triggerInterval: 60 },
    logConfig: { project: 'gateway-logs', logstore: 'fc-trigger-log' },
    ...config,
  };
  const trigger = {
    triggerName: 'sls',
    triggerType: 'log',
    invocationRole: `acs:ram::${ACCOUNT}:role/aliyunlogetlrole`,
    sourceArn: `acs:log:cn-hangzhou:${ACCOUNT}:project/gateway-logs`,
    ...attributes,
  };
  const own = { runtime: 'nodejs20', handler: 'ship.handler', role: ROLE };
  return { attributes: own, triggers: [{ ...trigger, triggerConfig }] };
}

export function deployedReplay(config: Record<string, unknown> = {}): Deployed {
  const triggerConfig = { enable: true, cronExpression: '0 */10 * * * *', payload: '{}', ...config };
  const trigger = { triggerName: 'every-ten-minutes', triggerType: 'timer', triggerConfig };
  return { attributes: { runtime: 'nodejs20', handler: 'replay.handler', role: ROLE }, triggers: [trigger] };
}

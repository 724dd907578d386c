import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from '../lib/config.ts';
import { positionOf } from '../lib/sls/cursor.ts';
import { regionOf, resolveEndpoint } from '../lib/sls/endpoint.ts';
import type { Credentials, CursorRange } from '../lib/types.ts';
import { FcInstance } from '../test/stand-ins/fc.ts';
import { type LangfuseStandIn, startLangfuse } from '../test/stand-ins/langfuse.ts';
import { type OssStandIn, startOss } from '../test/stand-ins/oss.ts';
import { type SlsGroup, type SlsStandIn, startSls } from '../test/stand-ins/sls.ts';
import { DIST, ROOT } from './build.ts';

/** The surroundings of a local run: what is set is real, what is not is served by a stand-in on loopback. */
export interface Stage {
  readonly env: Record<string, string>;
  readonly credentials: Credentials;
  readonly region: string;
  readonly sls?: SlsStandIn;
  readonly langfuse?: LangfuseStandIn;
  readonly oss?: OssStandIn;
  /** A line for each stand-in, for the person who watches. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

const STAND_IN: Credentials = {
  accessKeyId: 'STS.standin',
  accessKeySecret: 'standin-secret',
  securityToken: 'standin-token',
};
const BUCKET = 'dead-letters';

/** Opens the surroundings for a range (`undefined` for an event that is none). `real`: nothing is stood in for. */
export async function openStage(env: Env, range: CursorRange | undefined, real: boolean): Promise<Stage> {
  const set = definedOf(env);
  const region = set.FC_REGION ?? (range && regionOf(new URL(withScheme(range.endpoint)).hostname)) ?? 'cn-hangzhou';
  const given = credentialsIn(set);
  if (real) return { env: set, credentials: given ?? NONE, region, notes: [], close: async () => undefined };

  const credentials = given ?? STAND_IN;
  // An endpoint that the function would refuse is not stood in for: the refusal is what there is to see.
  const pullable = !set.SLS_ENDPOINT && (!range || resolveEndpoint(range.endpoint, undefined).kind === 'endpoint');
  const sls = pullable ? await startSls({ credentials, region }) : undefined;
  const langfuse = set.LANGFUSE_HOST || set.LANGFUSE_BASE_URL ? undefined : await startLangfuse();
  const bucket = set.DEAD_LETTER_BUCKET ?? BUCKET;
  const oss = set.OSS_ENDPOINT ? undefined : await startOss({ credentials, bucket, region });
  return {
    env: { ...set, ...settingsFor(sls, langfuse, oss, bucket) },
    credentials,
    region,
    ...(sls && { sls }),
    ...(langfuse && { langfuse }),
    ...(oss && { oss }),
    notes: notesOn(sls, langfuse, oss),
    close: async () => void (await Promise.all([sls?.close(), langfuse?.close(), oss?.close()])),
  };
}

/** A built function on that stage, as Function Compute would run it. `timeout` in seconds. */
export function openFunction(
  { env, credentials, region }: Stage,
  timeout: number,
  name: 'ship' | 'replay' = 'ship',
): FcInstance {
  const onOutput = (text: string) => void process.stderr.write(text);
  return new FcInstance({
    bundle: join(DIST, `${name}.js`),
    handler: 'handler',
    env,
    credentials,
    region,
    timeout,
    onOutput,
  });
}

/** The sample gateway logs: a record a line. */
export function sampleText(): string {
  return readFileSync(join(ROOT, 'test/events/gateway-logs.ndjson'), 'utf8');
}

/** The sample gateway logs, each in a log group of its own. */
export function sampleGroups(): SlsGroup[] {
  const lines = sampleText().trim().split('\n');
  return lines.map((line) => groupOf(JSON.parse(line) as Record<string, string>));
}

/** Puts the samples where the range begins, so that it finds them. */
export function loadSamples(sls: SlsStandIn, { project, logstore, shard, begin }: CursorRange): void {
  sls.load(project, logstore, shard, sampleGroups(), positionOf(begin));
}

function groupOf(flat: Record<string, string>): SlsGroup {
  const fields: Record<string, string> = {};
  const tags: Record<string, string> = {};
  const { __time__, __time_ns_part__, __source__ = '', __topic__ = '', ...rest } = flat;
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith('__tag__:')) tags[key.slice('__tag__:'.length)] = value;
    else fields[key] = value;
  }
  const timeNs = __time_ns_part__ === undefined ? {} : { timeNs: Number(__time_ns_part__) };
  return { logs: [{ time: Number(__time__), ...timeNs, fields }], source: __source__, topic: __topic__, tags };
}

const NONE: Credentials = { accessKeyId: '', accessKeySecret: '' };

function credentialsIn(set: Record<string, string>): Credentials | undefined {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret } = set;
  if (!accessKeyId || !accessKeySecret) return undefined;
  const securityToken = set.ALIBABA_CLOUD_SECURITY_TOKEN;
  return { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) };
}

function settingsFor(
  sls: SlsStandIn | undefined,
  langfuse: LangfuseStandIn | undefined,
  oss: OssStandIn | undefined,
  bucket: string,
): Record<string, string> {
  return {
    ...(sls && { SLS_ENDPOINT: sls.url }),
    ...(langfuse && {
      LANGFUSE_HOST: langfuse.url,
      LANGFUSE_PUBLIC_KEY: langfuse.publicKey,
      LANGFUSE_SECRET_KEY: langfuse.secretKey,
    }),
    ...(oss && { OSS_ENDPOINT: oss.url, DEAD_LETTER_BUCKET: bucket }),
  };
}

function notesOn(
  sls: SlsStandIn | undefined,
  langfuse: LangfuseStandIn | undefined,
  oss: OssStandIn | undefined,
): string[] {
  return [
    ...(sls ? [`SLS       stand-in at ${sls.url} with the sample logs (SLS_ENDPOINT is not set)`] : []),
    ...(langfuse ? [`Langfuse  stand-in at ${langfuse.url} (LANGFUSE_HOST is not set)`] : []),
    ...(oss ? [`OSS       stand-in at ${oss.url} (OSS_ENDPOINT is not set)`] : []),
  ];
}

function definedOf(env: Env): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  return Object.fromEntries(entries);
}

function withScheme(endpoint: string): string {
  const address = endpoint.includes('://') ? endpoint : `https://${endpoint}`;
  return URL.canParse(address) ? address : 'https://unknown.invalid';
}

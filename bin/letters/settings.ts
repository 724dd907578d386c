import { systemClock as clock } from '../../lib/clock.ts';
import { type Config, type Env, parseConfig } from '../../lib/config.ts';
import type { Bucket } from '../../lib/letters/bucket.ts';
import { type Layout, layoutOf } from '../../lib/letters/layout.ts';
import { openBucket } from '../../lib/letters/open-bucket.ts';
import type { Credentials } from '../../lib/types.ts';
import { Failure } from './failure.ts';

/** Where the dead letters are. */
export interface Mailbox {
  readonly bucket: Bucket;
  readonly settings: Config['letters'];
  readonly layout: Layout;
}

/** What parseConfig demands and a look at the bucket does not use: nothing is sent to Langfuse. */
const UNUSED = { LANGFUSE_HOST: 'https://unused.invalid', LANGFUSE_PUBLIC_KEY: '-', LANGFUSE_SECRET_KEY: '-' };

/**
 * The bucket as list, show and park need it. The settings pass through the function's own parseConfig, with Langfuse's
 * left out of it.
 *
 * @throws InvocationError that lists what is wrong with the settings, Failure for missing credentials
 */
export function openMailbox(env: Env): Mailbox {
  const own = Object.entries(env).filter(([name]) => /^(?:DEAD_LETTER_|OSS_ENDPOINT$)/.test(name));
  const { letters: settings } = parseConfig({ ...Object.fromEntries(own), ...UNUSED });
  const region = regionIn(env);
  const endpoint = settings.endpoint ?? publicEndpoints(region).OSS_ENDPOINT;
  // A person waits: short pauses between the attempts, and no end to the time.
  const patience = { clock, random: () => 0.1, until: Number.POSITIVE_INFINITY };
  const bucket = openBucket({ ...settings, region, endpoint, credentials: credentialsIn(env) }, patience);
  return { bucket, settings, layout: layoutOf(settings.prefix) };
}

/** Of OSS and SLS: their internal ones are not reachable from outside of Alibaba Cloud. */
export function publicEndpoints(region: string): { OSS_ENDPOINT: string; SLS_ENDPOINT: string } {
  return {
    OSS_ENDPOINT: `https://oss-${region}.aliyuncs.com`,
    SLS_ENDPOINT: `https://${region}.log.aliyuncs.com`,
  };
}

/** The region of bucket and functions. @throws Failure for what is none, as it becomes part of host names */
export function regionIn(env: Env): string {
  const region = settingOf(env, 'REGION') ?? settingOf(env, 'FC_REGION') ?? 'cn-hangzhou';
  if (/^[a-z]{2}(?:-[a-z0-9]+)+$/.test(region)) return region;
  throw new Failure(`REGION is "${region}", which is no region. Set it to a name such as cn-hangzhou.`);
}

/** @throws Failure that says what to set */
export function credentialsIn(env: Env): Credentials {
  const accessKeyId = settingOf(env, 'ALIBABA_CLOUD_ACCESS_KEY_ID');
  const accessKeySecret = settingOf(env, 'ALIBABA_CLOUD_ACCESS_KEY_SECRET');
  const securityToken = settingOf(env, 'ALIBABA_CLOUD_SECURITY_TOKEN');
  if (!accessKeyId || !accessKeySecret) {
    throw new Failure('Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET: one of them is missing.');
  }
  if (accessKeyId.startsWith('STS') && !securityToken) {
    throw new Failure('The access key is a temporary one (STS): set ALIBABA_CLOUD_SECURITY_TOKEN as well.');
  }
  return { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) };
}

/** A variable's value; empty counts as absent. */
export function settingOf(env: Env, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

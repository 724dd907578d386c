import type { Env } from '../../lib/config.ts';
import { resolveEndpoint } from '../../lib/sls/endpoint.ts';
import { credentialsIn, publicEndpoints, settingOf } from '../letters/settings.ts';
import { fail } from '../run.ts';
import { bucketSteps, kmsKeyOf } from './bucket.ts';
import { FUNCTION_LOG, TRIGGER_LOG } from './index-of-log.ts';
import { logstoreSteps, sourceStep } from './logstores.ts';
import { type OssPlace, openOss } from './oss.ts';
import type { Plan } from './plan.ts';
import { replayPolicy, shipPolicy, triggerPolicy } from './policies.ts';
import { openRam, type Ram } from './ram.ts';
import { roleSteps, sharedRoleStep } from './roles.ts';
import { openProject } from './sls.ts';
import type { Step } from './step.ts';

export interface SetupOptions {
  /** Id of a key in KMS. */
  readonly kmsKey?: string;
  /** 0 for never. */
  readonly parkedDays?: number;
}

/**
 * Everything a deployment of `plan` needs that component fc3 does not make, in groups whose steps need each other. `env`:
 * credentials, and endpoints in place of the public ones.
 *
 * @throws Failure that says which credential is missing, UsageError for an endpoint that is none
 */
export function stepsFor(plan: Plan, env: Env, options: SetupOptions): Step[][] {
  const credentials = credentialsIn(env);
  const { account, region, bucket, prefix } = plan;
  const endpoints = endpointsIn(env, region);
  const ram = openRam(account, credentials, settingOf(env, 'RAM_ENDPOINT'));
  const oss = openOss({ account, bucket, region, endpoint: endpoints.oss, credentials });
  const project = openProject({ account, region, project: plan.project, endpoint: endpoints.sls, credentials });
  return [
    ...plan.sources.map((name) => [sourceStep(project, name)]),
    logstoreSteps(project, plan.functionLog, FUNCTION_LOG),
    ...(plan.triggerLog === plan.functionLog ? [] : [logstoreSteps(project, plan.triggerLog, TRIGGER_LOG)]),
    bucketSteps(oss, { region, prefix, ...options }),
    ...rightsFor(plan, ram, oss, options),
  ];
}

function rightsFor(plan: Plan, ram: Ram, oss: OssPlace, { kmsKey }: SetupOptions): Step[][] {
  const { ship, replay, trigger } = plan.roles;
  const key = async () => kmsKey ?? (await kmsKeyOf(oss));
  const ofFunction = (name: string, description: string, policyOf: typeof shipPolicy) => {
    const policy = async () => policyOf(plan, await key());
    return roleSteps(ram, { name, service: 'fc.aliyuncs.com', description, policy });
  };
  const description = `Lets SLS invoke ${plan.functions.ship}`;
  const policy = async () => triggerPolicy(plan);
  return [
    ofFunction(ship, `What ${plan.functions.ship} may do`, shipPolicy),
    ofFunction(replay, `What ${plan.functions.replay} may do`, replayPolicy),
    isShared(trigger)
      ? [sharedRoleStep(ram, trigger)]
      : roleSteps(ram, { name: trigger, service: 'log.aliyuncs.com', description, policy }),
  ];
}

/** The role that the console makes, for every log trigger there is: its rights are not those of one deployment. */
function isShared(role: string): boolean {
  return role.toLowerCase() === 'aliyunlogetlrole';
}

/** What the functions reach inside Alibaba Cloud is reached from here by its public name. */
function endpointsIn(env: Env, region: string): { readonly oss: string; readonly sls: URL } {
  const { OSS_ENDPOINT, SLS_ENDPOINT } = publicEndpoints(region);
  const outside = (endpoint: string) => endpoint.replace(/-(?:internal|intranet|vpc)(?=\.(?:log\.)?aliyuncs\.com)/, '');
  const sls = resolveEndpoint('', outside(settingOf(env, 'SLS_ENDPOINT') ?? SLS_ENDPOINT));
  if (sls.kind === 'refused') fail(sls.message);
  return { oss: outside(settingOf(env, 'OSS_ENDPOINT') ?? OSS_ENDPOINT), sls: sls.url };
}

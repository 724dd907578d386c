import { below, layoutOf } from '../../lib/letters/layout.ts';
import type { Plan } from './plan.ts';

/** A statement of a RAM policy. */
export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** A RAM policy. Resource Access Management "Policy structure and syntax". */
export interface Policy {
  readonly Version: '1';
  readonly Statement: readonly Statement[];
}

/**
 * What the shipping function does: reads the source, writes its log, writes letters, and keeps its progress. `kmsKey`: id of
 * the key that encrypts the bucket, when it is one of the account's own.
 */
export function shipPolicy(plan: Plan, kmsKey: string | undefined): Policy {
  const progress = below(plan.prefix, 'progress/*');
  return policy(
    ...reading(plan),
    allow(['oss:PutObject'], objects(plan, [`${layoutOf(plan.prefix).letters}*`])),
    ...(plan.keepsProgress
      ? [allow(['oss:GetObject', 'oss:PutObject', 'oss:DeleteObject'], objects(plan, [progress]))]
      : []),
    ...encrypting(plan, kmsKey),
  );
}

/** What the replaying function does: as the other, and it lists, reads, parks and deletes letters under its lease. */
export function replayPolicy(plan: Plan, kmsKey: string | undefined): Policy {
  const { letters, parked } = layoutOf(plan.prefix);
  const own = objects(plan, [`${letters}*`, `${parked}*`, below(plan.prefix, 'replay.lease.json')]);
  const listing = allow(['oss:ListObjects'], [`acs:oss:*:${plan.account}:${plan.bucket}`]);
  const folders = { StringLike: { 'oss:Prefix': [`${letters}*`, `${parked}*`] } };
  return policy(
    ...reading(plan),
    allow(['oss:GetObject', 'oss:PutObject', 'oss:DeleteObject'], own),
    { ...listing, Condition: folders },
    ...encrypting(plan, kmsKey),
  );
}

/** What SLS does for a trigger: it watches the source, invokes the function, and writes the trigger's log. */
export function triggerPolicy(plan: Plan): Policy {
  const shipping = `acs:fc:${plan.region}:${plan.account}:functions/${plan.functions.ship}`;
  return policy(
    allow(['fc:InvokeFunction'], [shipping, `${shipping}/*`]),
    allow(['log:GetCursorOrData', 'log:ListShards'], logstores(plan, plan.sources)),
    allow(['log:PostLogStoreLogs'], logstores(plan, [plan.triggerLog])),
  );
}

/** Lets a service of Alibaba Cloud assume a role. */
export function trustOf(service: string) {
  return { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: [service] } } as const;
}

function reading(plan: Plan): Statement[] {
  return [
    allow(['log:GetCursorOrData'], logstores(plan, plan.sources)),
    allow(['log:PostLogStoreLogs'], logstores(plan, [plan.functionLog])),
  ];
}

/** OSS encrypts in the name of the one who writes. Object Storage Service "Server-side encryption". */
function encrypting({ region, account }: Plan, kmsKey: string | undefined): Statement[] {
  if (kmsKey === undefined) return [];
  return [allow(['kms:GenerateDataKey', 'kms:Decrypt'], [`acs:kms:${region}:${account}:key/${kmsKey}`])];
}

function logstores({ region, account, project }: Plan, names: readonly string[]): string[] {
  return names.map((name) => `acs:log:${region}:${account}:project/${project}/logstore/${name}`);
}

function objects({ account, bucket }: Plan, keys: readonly string[]): string[] {
  return keys.map((key) => `acs:oss:*:${account}:${bucket}/${key}`);
}

function policy(...statements: readonly Statement[]): Policy {
  return { Version: '1', Statement: statements };
}

function allow(Action: readonly string[], Resource: readonly string[]): Statement {
  return { Effect: 'Allow', Action, Resource };
}

import { isDeepStrictEqual } from 'node:util';
import { type Policy, trustOf } from './policies.ts';
import type { Ram } from './ram.ts';
import { documentOf, linesOf, trusts } from './statements.ts';
import type { Finding, Step } from './step.ts';

export interface RoleOptions {
  readonly name: string;
  /** Who assumes it, such as `fc.aliyuncs.com`. */
  readonly service: string;
  readonly description: string;
  /** What it may do. */
  readonly policy: () => Promise<Policy>;
}

/** Resource Access Management "Limits". */
const MOST_VERSIONS = 5;
const NO_ROLE = ['EntityNotExist.Role'];
const NO_POLICY = ['EntityNotExist.Policy'];

/** A role, its policy, and the one attached to the other. */
export function roleSteps(ram: Ram, options: RoleOptions): Step[] {
  const policy = policyNameOf(options.name);
  return [
    { what: `RAM role ${options.name}, assumed by ${options.service}`, look: () => lookAtRole(ram, options) },
    { what: `RAM policy ${policy}`, look: async () => lookAtPolicy(ram, policy, options, await options.policy()) },
    { what: `RAM policy ${policy} attached to its role`, look: () => lookAtAttachment(ram, policy, options) },
  ];
}

/** A role that belongs to the whole account: it is looked for and left as it is. */
export function sharedRoleStep(ram: Ram, name: string): Step {
  const message = [
    `There is no RAM role ${name}: the trigger would deploy and never fire.`,
    'Remove TRIGGER_ROLE_NAME, so that this command makes a role with the least rights, or create it where Function',
    'Compute asks for it in the console (the authorisation of a Log Service trigger).',
  ];
  const look = async (): Promise<Finding> => {
    const role = await ram.call('GetRole', { RoleName: name }, `role/${name}`, NO_ROLE);
    return role === undefined ? { kind: 'wrong', message: message.join('\n') } : { kind: 'exists' };
  };
  return { what: `RAM role ${name}, shared by the triggers of the account`, look };
}

/** A name of a policy has no dots. */
function policyNameOf(role: string): string {
  return role.replaceAll('.', '-');
}

interface GetRole {
  readonly Role?: { readonly AssumeRolePolicyDocument?: unknown };
}

async function lookAtRole(ram: Ram, { name, service, description }: RoleOptions): Promise<Finding> {
  const found = await ram.call<GetRole>('GetRole', { RoleName: name }, `role/${name}`, NO_ROLE);
  const trust = trustOf(service);
  const change = (action: string, params: Readonly<Record<string, string>>) => () =>
    ram.call(action, { RoleName: name, ...params }, `role/${name}`);
  if (found === undefined) {
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '1', Statement: [trust] });
    const apply = change('CreateRole', { AssumeRolePolicyDocument, Description: description });
    return { kind: 'missing', notes: [], apply };
  }
  const before = documentOf(found.Role?.AssumeRolePolicyDocument);
  if (trusts(before, service)) return { kind: 'exists' };
  // Who may assume it already, still may.
  const document = { Version: '1', Statement: [...before.Statement, trust] };
  const apply = change('UpdateRole', { NewAssumeRolePolicyDocument: JSON.stringify(document) });
  return { kind: 'differs', notes: [`+ sts:AssumeRole by ${service}`], apply };
}

interface GetPolicy {
  readonly DefaultPolicyVersion?: { readonly PolicyDocument?: unknown };
}

async function lookAtPolicy(ram: Ram, name: string, role: RoleOptions, policy: Policy): Promise<Finding> {
  const params = { PolicyName: name, PolicyType: 'Custom' };
  const found = await ram.call<GetPolicy>('GetPolicy', params, `policy/${name}`, NO_POLICY);
  const PolicyDocument = JSON.stringify(policy);
  const wanted = linesOf(policy.Statement);
  if (found === undefined) {
    const create = { PolicyName: name, PolicyDocument, Description: role.description };
    const apply = () => ram.call('CreatePolicy', create, `policy/${name}`);
    return { kind: 'missing', notes: wanted.map((line) => `+ ${line}`), apply };
  }
  const before = documentOf(found.DefaultPolicyVersion?.PolicyDocument);
  if (isDeepStrictEqual(before.Statement, policy.Statement)) return { kind: 'exists' };
  const apply = () => replacePolicy(ram, name, PolicyDocument);
  return { kind: 'differs', notes: changes(linesOf(before.Statement), wanted), apply };
}

function changes(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

interface ListVersions {
  readonly PolicyVersions?: { readonly PolicyVersion?: readonly Version[] };
}

interface Version {
  readonly VersionId: string;
  readonly IsDefaultVersion: boolean;
  readonly CreateDate: string;
}

async function replacePolicy(ram: Ram, name: string, PolicyDocument: string): Promise<void> {
  const at = `policy/${name}`;
  const listed = await ram.call<ListVersions>('ListPolicyVersions', { PolicyName: name, PolicyType: 'Custom' }, at);
  const versions = listed?.PolicyVersions?.PolicyVersion ?? [];
  const [oldest] = versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion).sort(byAge);
  if (versions.length >= MOST_VERSIONS && oldest) {
    await ram.call('DeletePolicyVersion', { PolicyName: name, VersionId: oldest.VersionId }, at);
  }
  await ram.call('CreatePolicyVersion', { PolicyName: name, PolicyDocument, SetAsDefault: true }, at);
}

/** By date, and by number (`v9`, `v10`) within the same second. */
function byAge(a: Version, b: Version): number {
  return Date.parse(a.CreateDate) - Date.parse(b.CreateDate) || numberOf(a) - numberOf(b);
}

function numberOf({ VersionId }: Version): number {
  return Number(VersionId.replace(/^v/, ''));
}

interface ListPolicies {
  readonly Policies?: { readonly Policy?: readonly { readonly PolicyName: string; readonly PolicyType: string }[] };
}

async function lookAtAttachment(ram: Ram, policy: string, { name }: RoleOptions): Promise<Finding> {
  const listed = await ram.call<ListPolicies>('ListPoliciesForRole', { RoleName: name }, `role/${name}`, NO_ROLE);
  const attached = listed?.Policies?.Policy ?? [];
  if (attached.some((one) => one.PolicyName === policy && one.PolicyType === 'Custom')) return { kind: 'exists' };
  const params = { PolicyName: policy, PolicyType: 'Custom', RoleName: name };
  return { kind: 'missing', notes: [], apply: () => ram.call('AttachPolicyToRole', params, `role/${name}`) };
}

import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Credentials } from '../../lib/types.ts';
import { type Listening, listen } from './listen.ts';

export interface RamRequest {
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface StoredRole {
  /** JSON. */
  trust: string;
  readonly policies: Set<string>;
}

export interface StoredPolicy {
  /** Oldest first; the documents are JSON. */
  readonly versions: { readonly id: string; readonly document: string; readonly createdAt: number }[];
  default: string;
}

export interface RamStandIn extends Listening {
  readonly requests: RamRequest[];
  /** By name; tests may read and write them. */
  readonly roles: Map<string, StoredRole>;
  readonly policies: Map<string, StoredPolicy>;
  /** Actions that are refused, without `ram:`. */
  readonly denied: Set<string>;
  /** Writes an unreadable answer instead of the next one. */
  garbled: boolean;
}

interface Failed {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

type Params = Readonly<Record<string, string>>;
type Operation = (params: Params, ram: State) => object | Failed;
type State = Pick<RamStandIn, 'roles' | 'policies'>;

const MAX_SKEW_MS = 15 * 60_000;
const SECOND_ONE = Date.parse('2026-01-01T00:00:00Z');

/**
 * The RPC API of Resource Access Management, version 2015-05-01, on loopback: roles, custom policies with their versions,
 * and attachments. Signatures are verified, a nonce is good for once. Resource Access Management "API overview", "RPC
 * mechanism".
 */
export async function startRam(credentials: Credentials): Promise<RamStandIn> {
  const nonces = new Set<string>();
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const standIn: RamStandIn = {
    ...(await listen(server)),
    requests: [],
    roles: new Map(),
    policies: new Map(),
    denied: new Set(),
    garbled: false,
  };
  return standIn;

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const params = await paramsOf(incoming);
    const { Action: action = '' } = params;
    const refusal = refusalOf(incoming.method ?? '', params, credentials, nonces);
    standIn.requests.push({ action, params });
    const operation = OPERATIONS[action];
    const answer = standIn.garbled
      ? '<html>'
      : (refusal ?? denial(action, standIn) ?? operation?.(params, standIn) ?? failed(404, 'InvalidAction.NotFound'));
    reply(response, answer);
  }
}

function reply(response: ServerResponse, answer: object | Failed | string): void {
  if (typeof answer === 'string') {
    response.writeHead(502, { 'content-type': 'text/html' }).end(answer);
    return;
  }
  const RequestId = randomUUID().toUpperCase();
  const isFailed = 'code' in answer && 'status' in answer;
  const { status, code, message } = (isFailed ? answer : { status: 200, code: '', message: '' }) as Failed;
  const body = isFailed ? { RequestId, HostId: 'ram.aliyuncs.com', Code: code, Message: message } : answer;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ RequestId, ...body }));
}

function failed(status: number, code: string, message = `${code}, said by the stand-in.`): Failed {
  return { status, code, message };
}

function denial(action: string, { denied }: RamStandIn): Failed | undefined {
  if (!denied.has(action)) return undefined;
  return failed(403, 'NoPermission', `You are not authorized to do this action. Action: ram:${action}`);
}

async function paramsOf(incoming: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const [, search = ''] = (incoming.url ?? '').split('?');
  const form = Buffer.concat(chunks).toString('utf8');
  const pairs = [search, form].flatMap((text) => text.split('&')).filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [decodeURIComponent(name), decodeURIComponent(value)];
    }),
  );
}

function refusalOf(method: string, params: Params, keys: Credentials, nonces: Set<string>): Failed | undefined {
  const { AccessKeyId, SecurityToken, Timestamp = '', SignatureNonce = '', Version, Signature } = params;
  if (Version !== '2015-05-01') return failed(400, 'InvalidVersion');
  if (AccessKeyId !== keys.accessKeyId) return failed(404, 'InvalidAccessKeyId.NotFound');
  if (SecurityToken !== keys.securityToken) return failed(400, 'InvalidSecurityToken.Malformed');
  if (!(Math.abs(Date.now() - Date.parse(Timestamp)) <= MAX_SKEW_MS)) return failed(400, 'InvalidTimeStamp.Expired');
  const text = textToSign(method, params);
  const expected = createHmac('sha1', `${keys.accessKeySecret}&`).update(text).digest('base64');
  // RAM repeats the whole text in this message: a client must not pass it on.
  if (Signature !== expected) return failed(400, 'SignatureDoesNotMatch', `server string to sign is:${text}`);
  if (nonces.has(SignatureNonce)) return failed(400, 'SignatureNonceUsed');
  nonces.add(SignatureNonce);
  return undefined;
}

function textToSign(method: string, params: Params): string {
  const names = Object.keys(params).filter((name) => name !== 'Signature');
  const query = names.sort().map((name) => `${encode(name)}=${encode(params[name] ?? '')}`);
  return `${method}&${encode('/')}&${encode(query.join('&'))}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const NO_ROLE = failed(404, 'EntityNotExist.Role');
const NO_POLICY = failed(404, 'EntityNotExist.Policy');

const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetRole: ({ RoleName = '' }, { roles }) => {
    const role = roles.get(RoleName);
    return role ? { Role: { RoleName, AssumeRolePolicyDocument: role.trust } } : NO_ROLE;
  },
  CreateRole: ({ RoleName = '', AssumeRolePolicyDocument = '' }, { roles }) => {
    if (roles.has(RoleName)) return failed(409, 'EntityAlreadyExists.Role');
    roles.set(RoleName, { trust: AssumeRolePolicyDocument, policies: new Set() });
    return { Role: { RoleName, AssumeRolePolicyDocument } };
  },
  UpdateRole: ({ RoleName = '', NewAssumeRolePolicyDocument = '' }, { roles }) => {
    const role = roles.get(RoleName);
    if (!role) return NO_ROLE;
    role.trust = NewAssumeRolePolicyDocument;
    return { Role: { RoleName } };
  },
  GetPolicy: ({ PolicyName = '', PolicyType }, { policies }) => {
    const policy = policies.get(PolicyName);
    if (!policy || PolicyType !== 'Custom') return NO_POLICY;
    const PolicyDocument = policy.versions.find(({ id }) => id === policy.default)?.document;
    return { Policy: { PolicyName }, DefaultPolicyVersion: { VersionId: policy.default, PolicyDocument } };
  },
  CreatePolicy: ({ PolicyName = '', PolicyDocument = '' }, { policies }) => {
    if (policies.has(PolicyName)) return failed(409, 'EntityAlreadyExists.Policy');
    policies.set(PolicyName, {
      versions: [{ id: 'v1', document: PolicyDocument, createdAt: SECOND_ONE }],
      default: 'v1',
    });
    return { Policy: { PolicyName } };
  },
  ListPolicyVersions: ({ PolicyName = '' }, { policies }) => {
    const policy = policies.get(PolicyName);
    if (!policy) return NO_POLICY;
    // Newest first, as RAM lists them.
    const versions = policy.versions.toReversed().map(({ id, createdAt }) => ({
      VersionId: id,
      IsDefaultVersion: id === policy.default,
      CreateDate: new Date(createdAt).toISOString(),
    }));
    return { PolicyVersions: { PolicyVersion: versions } };
  },
  CreatePolicyVersion: ({ PolicyName = '', PolicyDocument = '', SetAsDefault }, { policies }) => {
    const policy = policies.get(PolicyName);
    if (!policy) return NO_POLICY;
    if (policy.versions.length >= 5) return failed(409, 'LimitExceeded.Policy.Version');
    const last = Number(policy.versions.at(-1)?.id.slice(1) ?? 0);
    const id = `v${last + 1}`;
    policy.versions.push({ id, document: PolicyDocument, createdAt: SECOND_ONE + last * 1000 });
    if (SetAsDefault === 'true') policy.default = id;
    return { PolicyVersion: { VersionId: id } };
  },
  DeletePolicyVersion: ({ PolicyName = '', VersionId }, { policies }) => {
    const policy = policies.get(PolicyName);
    if (!policy) return NO_POLICY;
    if (policy.default === VersionId) return failed(409, 'DeleteConflict.Policy.Version');
    const at = policy.versions.findIndex(({ id }) => id === VersionId);
    if (at === -1) return failed(404, 'EntityNotExist.Policy.Version');
    policy.versions.splice(at, 1);
    return {};
  },
  ListPoliciesForRole: ({ RoleName = '' }, { roles }) => {
    const role = roles.get(RoleName);
    if (!role) return NO_ROLE;
    const Policy = [...role.policies].map((PolicyName) => ({ PolicyName, PolicyType: 'Custom' }));
    return { Policies: { Policy } };
  },
  AttachPolicyToRole: ({ RoleName = '', PolicyName = '', PolicyType }, { roles, policies }) => {
    const role = roles.get(RoleName);
    if (!role) return NO_ROLE;
    if (!policies.has(PolicyName) || PolicyType !== 'Custom') return NO_POLICY;
    if (role.policies.has(PolicyName)) return failed(409, 'EntityAlreadyExists.Role.Policy');
    role.policies.add(PolicyName);
    return {};
  },
};

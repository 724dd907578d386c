import { createHash } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { addressOf } from '../../lib/sls/endpoint.ts';
import { signV1 } from '../../lib/sls/sign.ts';
import type { Credentials } from '../../lib/types.ts';
import { type Asked, refused, unanswered } from './refusal.ts';

/** An SLS project, as an operator sees it. */
export interface Project {
  readonly name: string;
  /**
   * Sends a request to `path` and returns the answer's JSON; `absent` are codes of errors that mean that the thing is not
   * there: then it returns undefined. `resource`, such as `logstore/x`, is what `action` needs to be allowed on.
   *
   * @throws Refusal
   */
  call<T>(request: ProjectRequest, absent?: readonly string[]): Promise<T | undefined>;
}

export interface ProjectRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
  /** Of RAM, without `log:`. */
  readonly action: string;
  readonly resource: string;
}

export interface ProjectAccess {
  readonly account: string;
  readonly region: string;
  readonly project: string;
  readonly endpoint: URL;
  readonly credentials: Credentials;
}

const TIMEOUT_MS = 20_000;

/** Opens a project. Source: Simple Log Service "Request signatures", "Public request headers". */
export function openProject(access: ProjectAccess): Project {
  const { account, region, project: name, endpoint } = access;
  return {
    name,
    async call<T>(request: ProjectRequest, absent: readonly string[] = []) {
      const resource = `acs:log:${region}:${account}:project/${name}/${request.resource}`;
      const asked = { service: 'SLS', action: `log:${request.action}`, resource, endpoint: endpoint.origin };
      const { status, value } = await exchange(request, access, asked);
      if (status === 200) return value as T;
      const { errorCode, errorMessage } = (value ?? {}) as Partial<Record<string, unknown>>;
      const code = typeof errorCode === 'string' ? errorCode : `Http${status}`;
      if (absent.includes(code)) return undefined;
      throw refused(asked, code, typeof errorMessage === 'string' ? errorMessage : '');
    },
  };
}

interface Exchanged {
  readonly status: number;
  /** Of JSON; undefined when it is none. */
  readonly value: unknown;
}

async function exchange(request: ProjectRequest, access: ProjectAccess, asked: Asked): Promise<Exchanged> {
  try {
    const response = await send(request, access);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, value: parsed(Buffer.concat(chunks).toString('utf8')) };
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    throw unanswered(asked, code ?? name);
  }
}

/** In node:http, as `fetch` sends no Host of one's own. */
function send(request: ProjectRequest, access: ProjectAccess): Promise<IncomingMessage> {
  const { method, path } = request;
  const { origin, host } = addressOf(access.project, access.endpoint);
  const body = request.body === undefined ? '' : JSON.stringify(request.body);
  // Version 1: it signs a body by its digest alone, which the signing of the functions, of requests without one, can do.
  const headers = signV1({ method, path, query: {}, headers: headersOf(host, body) }, access.credentials, Date.now());
  const client = origin.protocol === 'https:' ? https : http;
  const options = { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
  return new Promise((resolve, reject) => {
    client.request(new URL(path, origin), options, resolve).on('error', reject).end(body);
  });
}

function headersOf(host: string, body: string): Record<string, string> {
  const common = { Host: host, 'x-log-apiversion': '0.6.0', 'x-log-bodyrawsize': String(Buffer.byteLength(body)) };
  if (body === '') return common;
  const digest = createHash('md5').update(body).digest('hex').toUpperCase();
  const length = String(Buffer.byteLength(body));
  return { ...common, 'Content-Type': 'application/json', 'Content-MD5': digest, 'Content-Length': length };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import RpcClient from '@alicloud/pop-core';
import type { Credentials } from '../../lib/types.ts';
import { refused, unanswered } from './refusal.ts';

/** Resource Access Management as one account sees it. */
export interface Ram {
  readonly account: string;
  /**
   * Calls an action of version 2015-05-01 and returns its answer. `resource`, such as `role/x`, is what it needs to be allowed
   * on; `absent` are codes of errors that mean that the thing is not there: then it returns undefined.
   *
   * @throws Refusal
   */
  call<T>(action: string, params: Params, resource: string, absent?: readonly string[]): Promise<T | undefined>;
}

export type Params = Readonly<Record<string, string | boolean>>;

const ENDPOINT = 'https://ram.aliyuncs.com';
const TIMEOUT_MS = 20_000;

/** What the client adds to the error of an answer: the answer itself. Its message holds the whole signed address. */
interface Answered extends Error {
  readonly data?: { readonly Code?: unknown; readonly Message?: unknown };
}

/** Opens RAM through its SDK. `endpoint`: an address in place of the public one. */
export function openRam(account: string, credentials: Credentials, endpoint = ENDPOINT): Ram {
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  const keys = { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) };
  const client = new RpcClient({ ...keys, endpoint: withScheme(endpoint), apiVersion: '2015-05-01' });
  return {
    account,
    async call<T>(action: string, params: Params, resource: string, absent: readonly string[] = []) {
      const place = `acs:ram:*:${account}:${resource}`;
      const asked = { service: 'RAM', action: `ram:${action}`, resource: place, endpoint };
      try {
        // As POST, credentials and documents stay out of addresses, which proxies write down.
        return await client.request<T>(action, params, { method: 'POST', timeout: TIMEOUT_MS });
      } catch (error) {
        const { data, name } = error as Answered;
        if (typeof data?.Code !== 'string') throw unanswered(asked, reasonOf(error) ?? name);
        if (absent.includes(data.Code)) return undefined;
        throw refused(asked, data.Code, String(data.Message ?? ''));
      }
    },
  };
}

function withScheme(endpoint: string): string {
  return endpoint.includes('://') ? endpoint : `https://${endpoint}`;
}

function reasonOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

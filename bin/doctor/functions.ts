import { type Env, SETTING_NAMES } from '../../lib/config.ts';
import type { Credentials } from '../../lib/types.ts';
import { openClient, rejectionOf } from '../remote.ts';
import type { Place } from './deployment.ts';
import { type Finding, fail, ok, warn } from './exam.ts';

export interface FcTarget {
  readonly place: Place;
  readonly account: string;
  readonly credentials: Credentials;
  /** Instead of the account's own. */
  readonly endpoint?: string;
  readonly timeoutMs: number;
}

/** One of the two functions: what it is called and what `s.yaml` makes of it. */
export interface Expected {
  readonly name: string;
  readonly handler: string;
}

type Json = Readonly<Record<string, unknown>>;
export type FcAnswer = { readonly json: Json } | { readonly refused: Finding<never> };

/** A GET of Function Compute 3.0 (version 2023-03-30) below a function: "GetFunction", "ListTriggers". */
export async function getBelow(
  { place, account, credentials, endpoint, timeoutMs }: FcTarget,
  name: string,
  what: '' | '/triggers',
): Promise<FcAnswer> {
  const { region } = place;
  const client = await openClient({ account, region, credentials, timeoutMs, ...(endpoint && { endpoint }) });
  const path = `/functions/${encodeURIComponent(name)}${what}`;
  try {
    const { data } = await client.get(path, what === '' ? {} : { limit: '100' });
    return { json: typeof data === 'object' && data !== null ? (data as Json) : {} };
  } catch (error) {
    const action = what === '' ? 'fc:GetFunction' : 'fc:ListTriggers';
    return { refused: refusal(error as Error, name, action, `acs:fc:${region}:${account}:functions/${name}`) };
  }
}

function refusal(error: Error, name: string, action: string, arn: string): Finding<never> {
  const answer = rejectionOf(error);
  if (answer.kind === 'unanswered') {
    return fail(`Function Compute did not answer: ${answer.message}`, 'Check ACCOUNT_ID, REGION and FC_ENDPOINT.');
  }
  const { status, requestId } = answer;
  const message = `Function Compute answered ${status} for ${name}, request id ${requestId}.`;
  if (status === 404)
    return fail(
      `${name} is not deployed in this region. ${message}`,
      'npm run deploy, or check ACCOUNT_ID and REGION.',
    );
  if (status === 401 || status === 403) {
    return fail(message, `Allow ${action} on ${arn} for the RAM user or role of the access key, and check ACCOUNT_ID.`);
  }
  return fail(
    message,
    status >= 500 || status === 429 ? 'Try again later.' : 'Check ACCOUNT_ID, REGION and FC_ENDPOINT.',
  );
}

/** Whether a function is deployed as `s.yaml` has it and with these settings. Its variables are compared, never shown. */
export async function checkFunction(target: FcTarget, expected: Expected, env: Env): Promise<Finding<true>> {
  const answer = await getBelow(target, expected.name, '');
  if ('refused' in answer) return answer.refused;
  const { runtime, handler, role, environmentVariables } = answer.json;
  const { name } = expected;
  if (typeof role !== 'string' || role === '') {
    return fail(
      `${name} has no role: it may read no log and write no letter.`,
      'npm run setup makes it, npm run deploy sets it.',
      true,
    );
  }
  const what = `${name} is deployed: ${runtime}, role ${role}.`;
  if (runtime !== 'nodejs20' || handler !== expected.handler) {
    return warn(`${what} s.yaml has nodejs20 and ${expected.handler}; it has ${handler}.`, 'npm run deploy', true);
  }
  const different = differing((environmentVariables ?? {}) as Json, env);
  if (different.length === 0) return ok(what, true);
  return warn(
    `${what} Set otherwise than here: ${different.join(', ')}.`,
    'npm run deploy, if these are the right ones.',
    true,
  );
}

/** Left out: where OSS and SLS are reached, which is another address from here. */
function differing(deployed: Json, env: Env): string[] {
  const names = SETTING_NAMES.filter(
    (name) => name !== 'OSS_ENDPOINT' && name !== 'SLS_ENDPOINT' && name !== 'ROUTES_FILE',
  );
  return names.filter((name) => String(deployed[name] ?? '').trim() !== (env[name] ?? '').trim());
}

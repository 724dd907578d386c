import type { Env } from '../../lib/config.ts';
import { settingOf } from '../letters/settings.ts';
import { failureOf, invokeRemote, type RemoteFailure } from '../remote.ts';
import { type Lane, type Shipped, shippedOf } from './lane.ts';
import type { Settings } from './settings.ts';

const FUNCTION = 'sls-langfuse-ship';
/** Seconds. Longer than the deployed function may take. */
const TIMEOUT_S = 610;

const ADVICE: Readonly<Record<number, string>> = {
  403: 'Check the ALIBABA_CLOUD_* credentials and that they allow fc:InvokeFunction on it.',
  404: 'Check ACCOUNT_ID, REGION and SHIP_FUNCTION, and that it is deployed (npm run deploy).',
  429: 'All instances that the account or the function may have are busy: lower --parallel, or try again later.',
};

/** The deployed function. */
export function openDeployed(env: Env, { account, region, credentials }: Settings, timeout = TIMEOUT_S): Lane {
  const endpoint = settingOf(env, 'FC_ENDPOINT');
  const name = settingOf(env, 'SHIP_FUNCTION') ?? FUNCTION;
  const target = { account, region, name, credentials, ...(endpoint && { endpoint }), timeoutMs: timeout * 1000 };
  return {
    ship: async (event) => {
      const answer = await invokeRemote(target, event);
      return answer.kind === 'returned' ? shippedOf(answer.result, name) : failed(answer, name);
    },
    close: async () => undefined,
  };
}

/** What a caller has done wrong stays wrong; only being one too many passes. */
function failed(failure: RemoteFailure, name: string): Shipped {
  if (failure.kind !== 'refused') return { kind: 'failed', again: true, message: failureOf(failure, name) };
  const { status, requestId } = failure;
  const advice = ADVICE[status];
  const refusal = `Function Compute did not run ${name}: status ${status}, request id ${requestId}. ${advice}`;
  const message = advice ? refusal : failureOf(failure, name);
  return { kind: 'failed', again: status === 429 || status >= 500, message };
}

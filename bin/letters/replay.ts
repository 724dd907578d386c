import { join } from 'node:path';
import { type Env, parseConfig } from '../../lib/config.ts';
import type { ReplayReceipt, ReplayRequest } from '../../lib/replay.ts';
import { FcInstance } from '../../test/stand-ins/fc.ts';
import { DIST, ensureBundle } from '../build.ts';
import { failureOf, invokeRemote } from '../remote.ts';
import { Failure } from './failure.ts';
import { credentialsIn, publicEndpoints, regionIn, settingOf } from './settings.ts';

export interface ReplayArguments {
  readonly request: ReplayRequest;
  /** Invoke the deployed function. */
  readonly remote: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

const FUNCTION = 'sls-langfuse-replay';
/** Of the deployed function as well. */
const TIMEOUT_S = 540;
/** Longer than the deployed function may take. */
const REMOTE_TIMEOUT_S = 610;

/**
 * Replays the dead letters and prints the receipt as one line of JSON.
 *
 * @throws InvocationError that lists what is wrong with the settings, Failure when the replay threw
 */
export async function replay(env: Env, { request, remote, timeout }: ReplayArguments): Promise<void> {
  const event = JSON.stringify(request);
  const result = remote
    ? await replayThere(env, event, timeout ?? REMOTE_TIMEOUT_S)
    : await replayHere(env, event, timeout ?? TIMEOUT_S);
  console.log(result);
  const { busy } = JSON.parse(result) as Partial<ReplayReceipt>;
  if (busy) console.error(`Nothing was done: another replay is running (${busy}).`);
}

async function replayHere(env: Env, event: string, timeout: number): Promise<string> {
  const region = regionIn(env);
  const settings = settingsFor(env, region);
  parseConfig(settings);
  const credentials = credentialsIn(env);
  await ensureBundle();
  const onOutput = (text: string) => void process.stderr.write(text);
  const place = { bundle: join(DIST, 'replay.js'), handler: 'handler', env: settings, credentials, region };
  const instance = new FcInstance({ ...place, timeout, onOutput });
  try {
    const invocation = await instance.invoke(event);
    if (invocation.ok) return invocation.result;
    const { errorType, errorMessage } = invocation.error;
    throw new Failure(`The replay threw ${errorType}: ${errorMessage}`);
  } finally {
    await instance.close();
  }
}

/** The environment as the deployed function would have it, with endpoints that can be reached from here. */
function settingsFor(env: Env, region: string): Record<string, string> {
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  // The template hands GATEWAY_TZ to the function as TZ; the terminal's own zone is not the gateway's.
  const zone = settingOf(env, 'GATEWAY_TZ');
  return { ...publicEndpoints(region), ...Object.fromEntries(set), ...(zone && { TZ: zone }) };
}

async function replayThere(env: Env, event: string, timeout: number): Promise<string> {
  const endpoint = settingOf(env, 'FC_ENDPOINT');
  const name = settingOf(env, 'REPLAY_FUNCTION') ?? FUNCTION;
  const target = { account: accountIn(env), region: regionIn(env), name, credentials: credentialsIn(env) };
  const answer = await invokeRemote({ ...target, ...(endpoint && { endpoint }), timeoutMs: timeout * 1000 }, event);
  if ('log' in answer && answer.log) console.error(answer.log.trimEnd());
  if (answer.kind === 'returned') return answer.result;
  throw new Failure(failureOf(answer, name));
}

function accountIn(env: Env): string {
  const account = settingOf(env, 'ACCOUNT_ID') ?? settingOf(env, 'FC_ACCOUNT_ID') ?? '';
  if (/^\d+$/.test(account)) return account;
  throw new Failure('Set ACCOUNT_ID to the id of the Alibaba Cloud account, the digits in the names of its roles.');
}

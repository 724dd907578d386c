import { HttpError } from '../../lib/http.ts';
import { adviceFor } from '../../lib/sls/advice.ts';
import { type SlsAccess, send } from '../../lib/sls/client.ts';
import { regionOf, resolveEndpoint } from '../../lib/sls/endpoint.ts';
import { type Failure, failureOfAnswer, failureOfExchange } from '../../lib/sls/failure.ts';
import { PullError } from '../../lib/sls/pull-error.ts';
import type { Clock, Credentials } from '../../lib/types.ts';
import { Failure as Wrong } from '../letters/failure.ts';
import { publicEndpoints } from '../letters/settings.ts';
import type { Configured } from './configuration.ts';
import type { Place, Source } from './deployment.ts';
import { type Finding, fail } from './exam.ts';

/** A logstore, and how it is reached from here. */
export interface Logstore extends Source {
  readonly access: SlsAccess;
  /** As RAM policies name it. */
  readonly arn: string;
}

interface Found {
  readonly configured: Configured;
  readonly place: Place;
  readonly source: Source;
  readonly credentials: Credentials;
}

/** The logstore of the settings, by its public endpoint unless SLS_ENDPOINT names another. @throws Failure */
export function openLogstore({ configured, place, source, credentials }: Found, clock: Clock): Logstore {
  const { signature, query, endpoint = publicEndpoints(place.region).SLS_ENDPOINT } = configured.config.sls;
  const resolved = resolveEndpoint('', endpoint);
  if (resolved.kind === 'refused') throw new Wrong(resolved.message);
  const region = regionOf(resolved.url.hostname) ?? place.region;
  const { project, logstore } = source;
  const arn = `acs:log:${region}:${place.account ?? '*'}:project/${project}/logstore/${logstore}`;
  return { ...source, arn, access: { credentials, region, endpoint: resolved.url, signature, query, clock } };
}

/**
 * One GET below the logstore's shards; its answer as JSON. `shard` of undefined lists them.
 *
 * @throws PullError when SLS refuses or does not answer
 */
export async function ask(
  { project, logstore, access }: Logstore,
  shard: number | undefined,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  const shards = `/logstores/${encodeURIComponent(logstore)}/shards`;
  const path = shard === undefined ? shards : `${shards}/${shard}`;
  try {
    const answer = await send({ project, path, query }, access, signal);
    if (answer.status !== 200) throw refusal(await failureOfAnswer(answer, access.credentials));
    return JSON.parse((await answer.body()).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof HttpError) throw refusal(failureOfExchange(error));
    if (!(error instanceof SyntaxError)) throw error;
    throw refusal({
      kind: 'failure',
      retry: 'no',
      code: 'Unreadable',
      message: 'SLS answered something else than JSON.',
    });
  }
}

function refusal(failure: Failure): PullError {
  return new PullError(failure.message, { ...failure, cursor: '', attempts: 1 });
}

/** The cursor at a place: begin, end, or a time in Unix seconds. Simple Log Service "GetCursor". @throws PullError */
export async function cursorAt(
  store: Logstore,
  shard: number,
  from: 'begin' | 'end' | number,
  signal: AbortSignal,
): Promise<string> {
  const { cursor } = ((await ask(store, shard, { type: 'cursor', from: String(from) }, signal)) ?? {}) as {
    cursor?: unknown;
  };
  if (typeof cursor === 'string') return cursor;
  throw refusal({ kind: 'failure', retry: 'no', code: 'Unreadable', message: 'SLS answered without a cursor.' });
}

/** What `work` finds, or what SLS refused it with and which permission it takes. */
export async function asked<T>(
  store: Logstore,
  action: 'log:ListShards' | 'log:GetCursorOrData',
  work: () => Promise<Finding<T>>,
): Promise<Finding<T>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PullError)) throw error;
    const { project, logstore } = store;
    // The advice in the message is the deployed function's.
    const said = error.message.replace(adviceFor(error.code, error.status), '').trim();
    const id = error.requestId ? ` Request id ${error.requestId}.` : '';
    return fail(`${project}/${logstore}: ${said}${id}`, nextStep(error, store, action));
  }
}

function nextStep({ code, status }: PullError, { project, logstore, arn, access }: Logstore, action: string): string {
  const { credentials, region, endpoint } = access;
  const token = credentials.securityToken ? ', and renew the security token if it has expired' : '';
  const steps: Readonly<Record<string, string>> = {
    Unauthorized: `Allow ${action} on ${arn} for the RAM user or role of the access key${token}.`,
    SignatureNotMatch: `Check ALIBABA_CLOUD_ACCESS_KEY_SECRET, and that the region of ${endpoint.host} is ${region}.`,
    InvalidAccessKeyId: `Check ALIBABA_CLOUD_ACCESS_KEY_ID: it is unknown, disabled${token ? ' or expired' : ' or deleted'}.`,
    RequestTimeExpired: "Set this machine's clock (NTP).",
    RequestTimeTooSkewed: "Set this machine's clock (NTP).",
    ProjectNotExist: `Check SLS_PROJECT (${project}) and REGION (${region}): a project is found in its own region only.`,
    LogStoreNotExist: `Check SLS_LOGSTORE (${logstore}), or create the logstore and deliver the gateway's log to it.`,
    ParameterInvalid: 'Check SLS_QUERY: it has to be an SPL pipeline such as * | where status >= 400.',
  };
  const known = steps[code] ?? (status === 401 || status === 403 ? steps.Unauthorized : undefined);
  return known ?? (status !== undefined && status >= 500 ? 'Try again later.' : unreached(endpoint.host));
}

function unreached(host: string): string {
  if (!/-(?:intranet|vpc|internal|share)\./.test(host))
    return 'Check SLS_ENDPOINT, REGION and the way there (proxy, firewall).';
  return `${host} is reached from inside of Alibaba Cloud only: run this with SLS_ENDPOINT set to the public one.`;
}

import { openProjects, type Project } from '../../lib/langfuse/projects.ts';
import type { Clock, Credentials } from '../../lib/types.ts';
import { DEFAULT_DESTINATION } from '../../lib/view/routes.ts';
import { credentialsIn, settingOf } from '../letters/settings.ts';
import { checkBucket } from './bucket.ts';
import { checkClock } from './clock-skew.ts';
import { type Configured, checkConfiguration, functionEnv } from './configuration.ts';
import { checkDeployment, type Place } from './deployment.ts';
import { Exam, ok, type Progress, type Result } from './exam.ts';
import { checkFunction, type FcTarget } from './functions.ts';
import { checkHealth, checkKeys, checkTransport } from './langfuse.ts';
import { checkPull } from './last-logs.ts';
import { checkRecognition } from './recognition.ts';
import { checkRetention } from './retention.ts';
import { checkShards } from './shards.ts';
import { openLogstore } from './sls.ts';
import type { Surroundings } from './surroundings.ts';
import { checkWriting, WRITING_MS } from './test-trace.ts';
import { checkLogTrigger, checkTimer } from './triggers.ts';

export interface Options {
  /** Only what needs no network. */
  readonly offline: boolean;
  /** Write a test trace into each Langfuse project. */
  readonly write: boolean;
  /** Logs to look at. */
  readonly logs: number;
  /** Of one check. */
  readonly timeoutMs: number;
}

/** What the earlier checks found. */
interface Known {
  readonly configured: Configured | undefined;
  readonly place: Place | undefined;
  readonly credentials: Credentials | undefined;
}

interface Round {
  readonly exam: Exam;
  readonly options: Options;
  readonly surroundings: Surroundings;
  readonly clock: Clock;
}

/** Runs all checks in their order; what cannot be checked is skipped, with the reason. Never rejects. */
export async function diagnose(
  surroundings: Surroundings,
  options: Options,
  { clock, progress }: { readonly clock: Clock; readonly progress: Progress },
): Promise<readonly Result[]> {
  const exam = new Exam(options.timeoutMs, progress);
  const round = { exam, options, surroundings, clock };
  const configured = await exam.check('configuration', {}, () => checkConfiguration(surroundings));
  const place = await exam.check('deployment', {}, () => checkDeployment(surroundings));
  if (options.offline) return exam.results;
  const credentials = await exam.check('credentials', {}, () => {
    const found = credentialsIn(surroundings.env);
    return ok(`${found.securityToken ? 'A temporary access key' : 'An access key'} is set.`, found);
  });
  const known = { configured, place, credentials };
  await checkClocks(round, known);
  await checkLogs(round, known);
  await checkProjects(round, known);
  await checkLetters(round, known);
  await checkFunctions(round, known);
  return exam.results;
}

async function checkClocks({ exam, clock }: Round, { configured, place }: Known): Promise<void> {
  const needs = { configuration: configured, deployment: place };
  await exam.check('clock', needs, (found, { signal }) =>
    checkClock({ configured: found.configuration, place: found.deployment }, clock, signal),
  );
}

async function checkLogs({ exam, options, clock }: Round, { configured, place, credentials }: Known): Promise<void> {
  const source = place?.source;
  const needs = { configuration: configured, deployment: place, SLS_PROJECT: source, credentials };
  const sharded = await exam.check('sls-shards', needs, (found, { signal }) => {
    const { configuration, deployment, SLS_PROJECT } = found;
    const of = { configured: configuration, place: deployment, source: SLS_PROJECT, credentials: found.credentials };
    return checkShards(openLogstore(of, clock), signal);
  });
  const shards = { 'sls-shards': sharded };
  const records = await exam.check('sls-pull', shards, (found, { signal }) =>
    checkPull(found['sls-shards'], options.logs, signal),
  );
  const logs = { configuration: configured, 'sls-pull': records };
  await exam.check('recognition', logs, (found) => checkRecognition(found['sls-pull'], found.configuration.view));
  await exam.check('retention', { ...shards, 'sls-pull': records }, (found, { signal }) =>
    checkRetention(found['sls-shards'], signal),
  );
}

/** Each destination; a server that several of them are on is looked at once. */
async function checkProjects(round: Round, { configured }: Known): Promise<void> {
  const projects = configured && openProjects(configured.config);
  if (!projects) {
    for (const name of ['langfuse', 'langfuse-keys', 'langfuse-transport', 'langfuse-write']) {
      round.exam.skip(name, 'Not checked: needs configuration.');
    }
    return;
  }
  const healthy = new Map<string, true | undefined>();
  for (const [name, project] of projects) {
    await checkProject(round, configured, name === DEFAULT_DESTINATION ? '' : `:${name}`, project, healthy);
  }
}

async function checkProject(
  { exam, options, clock }: Round,
  { config }: Configured,
  suffix: string,
  project: Project,
  healthy: Map<string, true | undefined>,
): Promise<void> {
  const { access } = project;
  const langfuse = `langfuse${suffix}`;
  if (!healthy.has(access.host)) {
    healthy.set(access.host, await exam.check(langfuse, {}, (_, { signal }) => checkHealth(access, signal)));
  }
  const health = { langfuse: healthy.get(access.host) };
  const keys = await exam.check(`langfuse-keys${suffix}`, health, (_, { signal }) => checkKeys(access, signal));
  const route = await exam.check(`langfuse-transport${suffix}`, health, (_, { signal }) =>
    checkTransport(project, config, signal),
  );
  const write = `langfuse-write${suffix}`;
  if (!options.write) return exam.skip(write, 'Not asked for: --write sends one test trace and reads it back.');
  const needs = { 'langfuse-keys': keys, 'langfuse-transport': route };
  await exam.check(
    write,
    needs,
    (found, bedside) => checkWriting({ project, route: found['langfuse-transport'] }, bedside, clock),
    Math.max(options.timeoutMs, WRITING_MS),
  );
}

async function checkLetters({ exam, clock }: Round, { configured, place, credentials }: Known): Promise<void> {
  const needs = { configuration: configured, deployment: place, credentials };
  await exam.check('bucket', needs, (found) => {
    const { letters } = found.configuration.config;
    const check = { letters, place: found.deployment, credentials: found.credentials };
    return checkBucket(check, { clock, timeoutMs: exam.timeoutMs });
  });
}

interface Reached {
  readonly deployment: Place;
  readonly ACCOUNT_ID: string;
  readonly credentials: Credentials;
}

async function checkFunctions({ exam, surroundings }: Round, { place, credentials }: Known): Promise<void> {
  const { env } = surroundings;
  const endpoint = settingOf(env, 'FC_ENDPOINT');
  const to = ({ deployment, ACCOUNT_ID: account, credentials }: Reached): FcTarget => {
    return { place: deployment, account, credentials, timeoutMs: exam.timeoutMs, ...(endpoint && { endpoint }) };
  };
  const needs = { deployment: place, ACCOUNT_ID: place?.account, credentials };
  const ship = { name: env.SHIP_FUNCTION ?? '', handler: 'ship.handler' };
  const replay = { name: env.REPLAY_FUNCTION ?? '', handler: 'replay.handler' };
  const own = functionEnv(surroundings);
  const shipped = await exam.check('function-ship', needs, (found) => checkFunction(to(found), ship, own));
  const source = { ...needs, 'function-ship': shipped, SLS_PROJECT: place?.source };
  await exam.check('trigger', source, (found) => checkLogTrigger(to(found), ship.name, found.SLS_PROJECT));
  const replayed = await exam.check('function-replay', needs, (found) => checkFunction(to(found), replay, own));
  const timed = { ...needs, 'function-replay': replayed };
  await exam.check('timer', timed, (found) => checkTimer(to(found), replay.name));
}

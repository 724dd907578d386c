import type { Config } from '../../lib/config.ts';
import { type Exchange, exchange, type LangfuseAccess } from '../../lib/langfuse/exchange.ts';
import type { Route } from '../../lib/langfuse/langfuse.ts';
import type { Project } from '../../lib/langfuse/projects.ts';
import { type Finding, fail, ok, warn } from './exam.ts';

type Answer = Extract<Exchange, { kind: 'answer' }>;

const HOST =
  'Check LANGFUSE_HOST (host, for a project of ROUTES): the address under which the browser shows Langfuse, without a path.';
const REACH =
  'Check LANGFUSE_HOST, that Langfuse runs, and the way there; one inside a VPC is not reached from outside of it.';

/** Whether there is a Langfuse, and which. */
export async function checkHealth(access: LangfuseAccess, signal: AbortSignal): Promise<Finding<true>> {
  const answer = await exchange(access, 'GET', '/api/public/health', signal);
  if (answer.kind === 'failed') return fail(answer.failure.message, REACH);
  const { status, json, message } = answer;
  const version = typeof json?.version === 'string' ? json.version : undefined;
  if (version === undefined) return fail(`${access.host} is no Langfuse: it says ${message}`, stranger(status));
  if (status === 200) return ok(`Langfuse ${version} at ${access.host} is well.`, true);
  return fail(`Langfuse ${version} at ${access.host} is not well: ${message}`, 'Look at its log, and at its database.');
}

function stranger(status: number): string {
  if (status >= 300 && status < 400) return `${HOST} It is the address that this one leads on to; mind https.`;
  return status >= 500 ? 'Look whether Langfuse runs: a proxy before it answers in its place.' : HOST;
}

/** Whether the keys are those of a project. Reads only (`GET /api/public/projects`). */
export async function checkKeys(access: LangfuseAccess, signal: AbortSignal): Promise<Finding<true>> {
  const answer = await exchange(access, 'GET', '/api/public/projects', signal);
  if (answer.kind === 'failed') return fail(answer.failure.message, REACH);
  const name = projectIn(answer);
  if (name !== undefined) return ok(`The keys are those of the project ${name}.`, true);
  const { status, message } = answer;
  if (status === 401) return fail(`Langfuse does not know the keys: ${message}`, wrongKeys(access));
  if (status === 403) return fail(`Langfuse knows the keys and refuses them: ${message}`, REFUSED);
  if (status === 404)
    return warn(`Langfuse does not tell whose the keys are: ${message}`, '--write shows whether they work.', true);
  const next = status >= 500 || status === 429 ? 'Try again later, and look at the log of Langfuse.' : HOST;
  return fail(`Langfuse does not tell whose the keys are: ${message}`, next);
}

const REFUSED =
  'Take keys of a project, not of an organisation (Langfuse, Settings, API Keys), and look whether the project is suspended.';

function wrongKeys({ publicKey, secretKey }: LangfuseAccess): string {
  if (publicKey.startsWith('sk-') || secretKey.startsWith('pk-')) return 'The two keys have changed places.';
  return 'Copy both from Langfuse, Settings, API Keys, of the project and the server that LANGFUSE_HOST names.';
}

function projectIn({ status, json }: Answer): string | undefined {
  if (status !== 200 || !Array.isArray(json?.data)) return undefined;
  const [project] = json.data as ({ name?: unknown } | null)[];
  return typeof project?.name === 'string' ? project.name : '(without a name)';
}

/** As the documentation of Langfuse's Python SDK 3 says, which sends the same attributes. */
const HALF_READ = 'But only from 3.63.0 on does Langfuse read all that is said so of a call.';
const HALF_READ_NEXT = 'Update Langfuse, or set LANGFUSE_TRANSPORT to ingestion.';

/** Which way into Langfuse the function takes, and why. */
export async function checkTransport(
  { langfuse }: Project,
  { langfuse: { transport, host }, checkpoint }: Config,
  signal: AbortSignal,
): Promise<Finding<Route>> {
  const route = await langfuse.route(signal);
  if (!('sink' in route)) return fail(route.message, REACH);
  const { sink, server } = route;
  const [major = 0, minor = 0] = (server.version ?? '').split('.').map(Number);
  const why = transport === 'auto' ? reasonOf(route) : `as LANGFUSE_TRANSPORT says`;
  const message = `Sends by ${sink.name}, ${why}. ${merging(route, checkpoint)}`;
  if (sink.name === 'otlp' && !server.otlp) {
    return fail(`${message} This version takes no OTLP.`, 'Set LANGFUSE_TRANSPORT to auto.', route);
  }
  if (sink.name === 'ingestion' && (major >= 4 || /cloud\.langfuse\.com$/.test(new URL(host).hostname))) {
    return warn(
      `${message} This version refuses the ingestion API by default.`,
      'Set LANGFUSE_TRANSPORT to auto.',
      route,
    );
  }
  if (sink.name === 'otlp' && major === 3 && minor < 63) return warn(`${message} ${HALF_READ}`, HALF_READ_NEXT, route);
  if (server.mergesLate && checkpoint === 'off') {
    const next = 'Set CHECKPOINT to auto, or what is sent again after a crash is seen twice.';
    return warn(message, next, route);
  }
  return ok(message, route);
}

function reasonOf({ sink, server }: Route): string {
  if (server.version === undefined) return 'as the server is taken to be a current one';
  return sink.name === 'otlp' ? `which ${server.version} takes` : `as ${server.version} takes no OTLP`;
}

function merging({ server }: Route, checkpoint: Config['checkpoint']): string {
  if (!server.mergesLate) return 'What is sent twice is merged.';
  const kept = checkpoint === 'off' ? 'no progress' : 'progress';
  return `What is sent twice may be seen twice for a while: ${kept} is kept in the bucket.`;
}

import { randomBytes } from 'node:crypto';
import { Delivery } from '../../lib/deliver.ts';
import { exchange, type LangfuseAccess } from '../../lib/langfuse/exchange.ts';
import type { Route } from '../../lib/langfuse/langfuse.ts';
import type { Project } from '../../lib/langfuse/projects.ts';
import { rowKey, storedAmong } from '../../lib/langfuse/stored.ts';
import type { CallKey, Clock, LlmCall } from '../../lib/types.ts';
import { type Bedside, type Finding, fail, ok } from './exam.ts';

const NAME = 'sls-langfuse doctor';
/** Langfuse stores in its own time: after 6 to 60 s on a small one. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 2_000;
const SEND_MS = 30_000;

/** Milliseconds that {@link checkWriting} may take. */
export const WRITING_MS = SEND_MS + PATIENCE_MS + 15_000;

export interface Writing {
  readonly project: Project;
  readonly route: Route;
}

/** Sends one trace the way the function does and waits until Langfuse shows it. */
export async function checkWriting(
  { project, route }: Writing,
  { signal, tell }: Bedside,
  clock: Clock,
): Promise<Finding<never>> {
  const call = testCall(clock.now());
  const refusal = await sent(call, project, signal, clock);
  if (refusal) return refusal;
  const from = clock.now();
  for (let waited = 0; waited <= PATIENCE_MS; waited = clock.now() - from) {
    if (await isShown(call, project.access, route, signal)) return shown(call, project.access, waited);
    tell(`waiting for Langfuse to show the trace: ${Math.round(waited / 1000)} of ${PATIENCE_MS / 1000} s`);
    await clock.sleep(PAUSE_MS, signal);
  }
  const message = `Langfuse took the trace ${call.trace.id} and does not show it after ${PATIENCE_MS / 1000} s.`;
  return fail(
    message,
    'Look at the log of the Langfuse worker, its queue (Redis) and ClickHouse; look for the trace later.',
  );
}

function shown({ trace }: LlmCall, { host }: LangfuseAccess, waited: number): Finding<never> {
  return ok(`The trace ${trace.id}, named "${NAME}", is shown by ${host} after ${Math.round(waited / 1000)} s.`);
}

/** Sends the call; what Langfuse did not take it for. */
async function sent(
  call: LlmCall,
  { langfuse, access }: Project,
  signal: AbortSignal,
  clock: Clock,
): Promise<Finding<never> | undefined> {
  const lookup = (calls: readonly CallKey[]) => storedAmong(calls, access, signal);
  const sendUntil = clock.now() + SEND_MS;
  const delivery = new Delivery({ langfuse, lookup, clock, concurrency: 1, random: () => 0.5, signal, sendUntil });
  const [undelivered] = await delivery.settle([call]);
  if (!undelivered) return undefined;
  const { why, message } = undelivered.rejection;
  return fail(
    `Langfuse did not take the trace (${why}): ${message}`,
    'Check the keys and what stands between here and Langfuse.',
  );
}

/** Version 4 shows observations under another address; `dual` servers under both. */
async function isShown(call: LlmCall, access: LangfuseAccess, route: Route, signal: AbortSignal): Promise<boolean> {
  if (route.server.mergesLate) return (await storedAmong([call], access, signal))?.has(rowKey(call)) ?? false;
  const answer = await exchange(access, 'GET', `/api/public/observations/${call.observation.id}`, signal);
  return answer.kind === 'answer' && answer.status === 200 && answer.json?.name === NAME;
}

function testCall(now: number): LlmCall {
  const trace = { id: randomBytes(16).toString('hex'), name: NAME, tags: ['doctor'], metadata: {} };
  const times = { startTime: now, endTime: now };
  const said = { input: 'Is anybody there?', output: 'This was written by npm run doctor.' };
  const id = randomBytes(8).toString('hex');
  return { trace, observation: { id, type: 'span', name: NAME, level: 'DEFAULT', ...said, ...times } };
}

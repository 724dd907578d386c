import { isObject } from '../../lib/formats/values/values.ts';
import type { Json, JsonObject } from '../../lib/types.ts';
import type { Source } from './deployment.ts';
import { type Finding, fail, ok, warn } from './exam.ts';
import { type FcTarget, getBelow } from './functions.ts';

/** A trigger as "ListTriggers" tells it, its configuration read. */
interface Trigger {
  readonly name: string;
  readonly type: string;
  readonly role: string;
  readonly sourceArn: string;
  readonly config: JsonObject;
}

const DEPLOY = 'Compare it with s.yaml, and npm run deploy.';

/** Whether SLS calls the function for the logs of this logstore. */
export async function checkLogTrigger(target: FcTarget, name: string, source: Source): Promise<Finding<never>> {
  const answer = await getBelow(target, name, '/triggers');
  if ('refused' in answer) return answer.refused;
  const triggers = triggersIn(answer.json).filter(({ type }) => type === 'log');
  const own = triggers.find((trigger) => isOf(trigger, source));
  const { project, logstore } = source;
  if (own) return judged(own, target, source);
  if (triggers.length === 0) return fail(`${name} has no log trigger: nothing calls it.`, DEPLOY);
  const others = triggers.map((trigger) => `${trigger.sourceArn.split('/').at(-1)}/${logstoreOf(trigger)}`).join(', ');
  const message = `No trigger of ${name} reads ${project}/${logstore}; there is one of ${others}.`;
  return fail(message, 'Correct SLS_PROJECT and SLS_LOGSTORE, or npm run deploy.');
}

function judged(trigger: Trigger, { account }: FcTarget, { project, logstore }: Source): Finding<never> {
  const { name, role, config } = trigger;
  const own = isObject(config.logConfig) ? config.logConfig : {};
  if (role === '') {
    const next = 'npm run setup makes the role (trusted service log.aliyuncs.com), npm run deploy sets it.';
    return fail(`The trigger ${name} has no invocation role: it never fires, and says nothing.`, next);
  }
  if (config.enable === false)
    return fail(`The trigger ${name} is switched off.`, `Set enable to true in s.yaml, and npm run deploy.`);
  if (own.logstore === logstore && (own.project ?? project) === project) {
    const message = `The trigger ${name} writes its own log into the logstore that it reads.`;
    return fail(message, 'Set TRIGGER_LOGSTORE to another logstore, and npm run deploy.');
  }
  if (!role.includes(`::${account}:`)) {
    return warn(
      `The trigger ${name} takes the role ${role}, of another account than ${account}.`,
      'Check ACCOUNT_ID, and npm run deploy.',
    );
  }
  return ok(
    `The trigger ${name} reads ${project}/${logstore} as ${role}. RAM tells whether log.aliyuncs.com may assume it.`,
  );
}

/** Whether something replays the dead letters now and then. */
export async function checkTimer(target: FcTarget, name: string): Promise<Finding<never>> {
  const answer = await getBelow(target, name, '/triggers');
  if ('refused' in answer) return answer.refused;
  const timers = triggersIn(answer.json).filter(({ type }) => type === 'timer');
  const running = timers.find(({ config }) => config.enable !== false);
  if (running) return ok(`The timer ${running.name} replays dead letters: ${String(running.config.cronExpression)}.`);
  const what = timers.length === 0 ? 'has no timer' : 'has a timer that is switched off';
  return warn(`${name} ${what}: dead letters stay until npm run letters -- replay.`, DEPLOY);
}

function isOf(trigger: Trigger, { project, logstore }: Source): boolean {
  return trigger.sourceArn.endsWith(`:project/${project}`) && logstoreOf(trigger) === logstore;
}

function logstoreOf({ config: { sourceConfig } }: Trigger): Json | undefined {
  return isObject(sourceConfig) ? sourceConfig.logstore : undefined;
}

function triggersIn({ triggers }: Readonly<Record<string, unknown>>): Trigger[] {
  if (!Array.isArray(triggers)) return [];
  return (triggers as (Readonly<Record<string, unknown>> | null)[]).flatMap((trigger) => {
    const text = (name: string) => (typeof trigger?.[name] === 'string' ? trigger[name] : '');
    const names = { name: text('triggerName'), type: text('triggerType'), role: text('invocationRole') };
    return [{ ...names, sourceArn: text('sourceArn'), config: configIn(trigger?.triggerConfig) }];
  });
}

/** JSON in a text, by the API's description. */
function configIn(config: unknown): JsonObject {
  try {
    const value = (typeof config === 'string' ? JSON.parse(config) : config) as Json | undefined;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

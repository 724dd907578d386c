import * as z from 'zod/mini';
import { InvocationError } from './errors.ts';
import { amount } from './formats/values/values.ts';
import type { CursorRange, Json } from './types.ts';

const text = z.string().check(z.minLength(1));

/** Digits are taken for a number; what coercion would turn into shard 0 (null, an empty text) is not. */
const shardId = z.pipe(z.union([z.number(), z.string().check(z.regex(/^\d+$/))]), z.transform(Number));

/** The event of an SLS trigger (Function Compute, "Log Service trigger"; cursors only, no log is in it). */
const Event = z.object({
  source: z.object({
    endpoint: text,
    projectName: text,
    logstoreName: text,
    shardId: shardId.check(z.refine((id) => Number.isSafeInteger(id) && id >= 0, 'must be a whole number')),
    beginCursor: text,
    endCursor: text,
  }),
  cursorTime: known(amount),
  jobName: known((name) => (typeof name === 'string' ? name : undefined)),
});

/** What is no time or name is as good as none: the range is read all the same. */
function known<T>(read: (value: Json) => T | undefined) {
  const value = z.transform((given: unknown) => read(given as Json));
  return z.optional(z.pipe(z.unknown(), value));
}

/** What the trigger asks for: a range of one shard, and when its last log arrived (Unix seconds). */
export interface TriggerEvent {
  readonly range: CursorRange;
  readonly cursorTime?: number;
  /** The trigger's job; `backfill` for a range of the past. */
  readonly job?: string;
}

const EXAMPLE = '{"source":{"endpoint","projectName","logstoreName","shardId","beginCursor","endCursor"},"cursorTime"}';

/**
 * Reads the event that the SLS trigger passes to the handler. Unknown keys are ignored.
 *
 * @throws InvocationError naming every field that is missing or wrong
 */
export function parseTrigger(event: Uint8Array): TriggerEvent {
  const result = Event.safeParse(parseJson(event));
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'event'}: ${message}`);
    throw notAnEvent(problems.join('; '));
  }
  const { source, cursorTime, jobName: job } = result.data;
  const { endpoint, projectName: project, logstoreName: logstore, shardId: shard } = source;
  const range = { endpoint, project, logstore, shard, begin: source.beginCursor, end: source.endCursor };
  return { range, ...(cursorTime !== undefined && { cursorTime }), ...(job && { job }) };
}

function parseJson(event: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(event).toString('utf8'));
  } catch {
    throw notAnEvent('it is not JSON');
  }
}

function notAnEvent(problems: string): InvocationError {
  const next = `Bind the function to an SLS (log) trigger, or invoke it with an event of the shape ${EXAMPLE}.`;
  return new InvocationError('event', `The event is not one of an SLS trigger: ${problems}. ${next}`);
}

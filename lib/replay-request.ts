import * as z from 'zod/mini';
import { InvocationError } from './errors.ts';
import type { ReplayRequest } from './replay.ts';

const Request = z.strictObject({
  prefix: z.optional(z.string()),
  limit: z.optional(z.number().check(z.int(), z.positive())),
  dryRun: z.optional(z.boolean()),
});

const Timer = z.object({ triggerTime: z.string(), payload: z.optional(z.string()) });

/**
 * What a replay is asked for: `{prefix?, limit?, dryRun?}`, as the event itself or as the payload of a timer trigger
 * (Function Compute, "Time triggers"). An empty event asks for all.
 *
 * @throws InvocationError naming what is wrong
 */
export function parseReplayRequest(event: Uint8Array): ReplayRequest {
  const value = parseJson(Buffer.from(event).toString('utf8'));
  const timer = Timer.safeParse(value);
  const result = Request.safeParse(timer.success ? parseJson(timer.data.payload ?? '') : value);
  if (result.success) return result.data;
  throw refused(result.error.issues.map(problemOf).join('; '));
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `it has no ${issue.keys.join(', ').slice(0, 100)}`;
  return `${issue.path.join('.') || 'event'}: ${issue.message}`;
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw refused('it is not JSON');
  }
}

function refused(problems: string): InvocationError {
  const next = 'Invoke it with {"prefix": "…", "limit": 100, "dryRun": true}, each of them optional, or by a timer.';
  return new InvocationError('event', `The event asks for no replay: ${problems}. ${next}`);
}

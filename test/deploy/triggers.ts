import * as z from 'zod';
import { parseReplayRequest } from '../../lib/replay-request.ts';

export const project = z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
export const logstore = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]$/);
export const role = z.string().regex(/^acs:ram::\d{16}:role\/[A-Za-z0-9.-]{1,64}$/);

/** Function Compute 3.0 "API: LogTriggerConfig". fc3's own schema wants text where the service wants numbers. */
export const LogTrigger = z.strictObject({
  triggerName: z.string().regex(/^[A-Za-z_][\w-]{0,127}$/),
  triggerType: z.literal('log'),
  qualifier: z.literal('LATEST'),
  invocationRole: role,
  sourceArn: z.string().regex(/^acs:log:[a-z0-9-]+:\d{16}:project\/[a-z0-9-]+$/),
  triggerConfig: z.strictObject({
    enable: z.boolean(),
    sourceConfig: z.strictObject({ logstore }),
    jobConfig: z.strictObject({
      maxRetryTime: z.int().min(0).max(100),
      triggerInterval: z.int().min(3).max(600),
    }),
    functionParameter: z.strictObject({}),
    logConfig: z.strictObject({ project, logstore }),
  }),
});

/** Function Compute 3.0 "Time triggers". */
export const TimerTrigger = z.strictObject({
  triggerName: z.string().regex(/^[A-Za-z_][\w-]{0,127}$/),
  triggerType: z.literal('timer'),
  qualifier: z.literal('LATEST'),
  triggerConfig: z.strictObject({
    enable: z.boolean(),
    cronExpression: z.string().refine(isSchedule, 'neither @every {minutes}m nor six fields of cron'),
    payload: z.string().refine(isReplayRequest, 'nothing that the function takes'),
  }),
});

/** Fields of cron with their least and greatest numbers: second, minute, hour, day, month, day of the week. */
const CRON = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

function isSchedule(text: string): boolean {
  if (/^@every [1-9]\d*m$/.test(text)) return true;
  const fields = text.replace(/^CRON_TZ=[\w/+-]+ /, '').split(' ');
  return fields.length === CRON.length && CRON.every(([least, most], i) => isField(fields[i] ?? '', least, most));
}

/** Numbers, ranges and steps of them; names of months and days are not used here. */
function isField(field: string, least: number, most: number): boolean {
  if (!/^(?:\*|\d+(?:-\d+)?)(?:\/[1-9]\d*)?(?:,\d+(?:-\d+)?)*$|^\?$/.test(field)) return false;
  const numbers = field.replace(/\/\d+/g, '').match(/\d+/g) ?? [];
  return numbers.every((number) => Number(number) >= least && Number(number) <= most);
}

/** Asked of the function's own parser, with the event that a timer sends. */
function isReplayRequest(payload: string): boolean {
  const event = { triggerTime: '2026-11-21T07:00:00Z', triggerName: 'timer', payload };
  try {
    parseReplayRequest(Buffer.from(JSON.stringify(event)));
    JSON.parse(payload);
    return true;
  } catch {
    return false;
  }
}

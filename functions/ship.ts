import { Budget } from '../lib/budget.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { parseConfig } from '../lib/config.ts';
import { credentialsOf, type FcContext } from '../lib/context.ts';
import { Delivery } from '../lib/deliver.ts';
import { InvocationError } from '../lib/errors.ts';
import { type Langfuse, openLangfuse } from '../lib/langfuse/langfuse.ts';
import { storedAmong } from '../lib/langfuse/stored.ts';
import { openLetterBox } from '../lib/letters/box.ts';
import { createLog } from '../lib/log.ts';
import { shipRange } from '../lib/ship.ts';
import { regionOf, resolveEndpoint } from '../lib/sls/endpoint.ts';
import { pullRange } from '../lib/sls/pull.ts';
import { parseTrigger } from '../lib/trigger.ts';

/** What Langfuse is and takes does not change while an instance lives; credentials do, and are never kept. */
let langfuse: Langfuse | undefined;

/**
 * What Function Compute calls with each SLS trigger event: ships the event's range to Langfuse.
 *
 * @returns the receipt as JSON
 * @throws InvocationError when the range cannot be accounted for; SLS then offers it again
 */
export async function handler(event: Buffer, context: FcContext): Promise<string> {
  const budget = new Budget(clock, context.function.timeout);
  const config = parseConfig(process.env);
  const { range, cursorTime } = parseTrigger(event);
  const endpoint = resolveEndpoint(range.endpoint, config.sls.endpoint);
  if (endpoint.kind === 'refused') throw new InvocationError('endpoint', endpoint.message);
  const credentials = credentialsOf(context);
  const region = regionOf(endpoint.url.hostname) ?? regionOf(range.endpoint) ?? context.region;
  const { requestId } = context;
  const { project, logstore, shard } = range;
  const log = createLog(config.log.format, config.log.level, { requestId, project, logstore, shard }, console.log);
  const { random } = Math;

  langfuse ??= openLangfuse(config.langfuse, config.langfuse.transport);
  const signal = budget.start();
  const access = { credentials, region, endpoint: endpoint.url, signature: config.sls.signature, clock };
  const { startedAt, pullUntil, sendUntil } = budget;
  const lookup = (calls: Parameters<typeof storedAmong>[0]) => storedAmong(calls, config.langfuse, signal);
  try {
    const receipt = await shipRange(
      range,
      {
        pull: (range) => pullRange(range, access, signal),
        delivery: new Delivery({ langfuse, lookup, clock, random, signal, sendUntil }),
        letters: openLetterBox({ ...config.letters, region: context.region, credentials }, clock, random),
        log,
        clock,
      },
      {
        requestId,
        prefix: config.letters.prefix,
        timeZone: config.timeZone,
        startedAt,
        pullUntil,
        ...(cursorTime !== undefined && { arrivedAt: cursorTime * 1000 }),
      },
    );
    log('info', 'shipped', { ...receipt });
    return JSON.stringify(receipt);
  } finally {
    budget.finish();
  }
}

import type { FcContext } from '../lib/context.ts';
import { Invocation } from '../lib/invocation.ts';
import { RELEASE } from '../lib/release.ts';
import { parseTrigger } from '../lib/trigger.ts';

/**
 * What Function Compute calls with each SLS trigger event: ships the event's range to Langfuse.
 *
 * @returns the receipt as JSON
 * @throws InvocationError when the range cannot be accounted for; SLS then offers it again
 */
export async function handler(event: Buffer, context: FcContext): Promise<string> {
  const { range, cursorTime, job } = parseTrigger(event);
  const { project, logstore, shard } = range;
  const invocation = new Invocation(context, process.env, { project, logstore, shard, ...(job && { job }) });
  try {
    const shipped = await invocation.ship(range, {
      checkpoint: true,
      retryOutage: invocation.config.onOutage === 'retry',
      ...(cursorTime !== undefined && { arrivedAt: cursorTime * 1000 }),
    });
    const receipt = { ...shipped, release: RELEASE };
    invocation.log('info', 'shipped', { ...receipt });
    return JSON.stringify(receipt);
  } finally {
    invocation.finish();
  }
}

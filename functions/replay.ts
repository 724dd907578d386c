import type { FcContext } from '../lib/context.ts';
import { Invocation } from '../lib/invocation.ts';
import { RELEASE } from '../lib/release.ts';
import { replayLetters } from '../lib/replay.ts';
import { parseReplayRequest } from '../lib/replay-request.ts';
import { oldestCursor } from '../lib/sls/oldest.ts';

/**
 * What Function Compute calls by a timer, or by hand with `{prefix?, limit?, dryRun?}`: replays the dead letters.
 *
 * @returns what became of them, as JSON
 * @throws InvocationError when OSS does not list, read or write; the letters are still there then
 */
export async function handler(event: Buffer, context: FcContext): Promise<string> {
  const request = parseReplayRequest(event);
  const invocation = new Invocation(context, process.env, { function: 'replay' }, true);
  const { config, budget, bucket, delivery, log, clock, signal, requestId } = invocation;
  try {
    const replayed = await replayLetters(
      request,
      {
        bucket,
        delivery,
        log,
        clock,
        oldest: (range) => oldestCursor(range, invocation.access(range), signal),
        ship: (range, replayOf, part) =>
          invocation.ship(range, { checkpoint: false, replayOf, requestId: `${requestId}-${part}` }),
      },
      {
        requestId,
        prefix: config.letters.prefix,
        maxReplays: config.letters.maxReplays,
        ...(await invocation.view()),
        replayUntil: budget.pullUntil,
        endsAt: budget.endsAt,
      },
    );
    const receipt = { ...replayed, release: RELEASE };
    log('info', 'replayed', { ...receipt });
    return JSON.stringify(receipt);
  } finally {
    invocation.finish();
  }
}

import type { Json } from '../../lib/types.ts';
import type { FcInstance } from '../../test/stand-ins/fc.ts';
import type { ReplayOutcome } from './desk.ts';

/**
 * Makes a function that replays an object's letters, or all that wait, with an instance that `open` starts: one replay
 * at a time, and an instance for each, so that nothing is left running.
 */
export function replayer(open: () => FcInstance): (key: string | undefined) => Promise<ReplayOutcome> {
  let busy = false;
  return async (key) => {
    if (busy) return { error: 'Another replay is running: wait for it.' };
    busy = true;
    const instance = open();
    try {
      const invocation = await instance.invoke(JSON.stringify(key === undefined ? {} : { prefix: key }));
      if (invocation.ok) return { receipt: JSON.parse(invocation.result) as Json };
      return { error: `${invocation.error.errorType}: ${invocation.error.errorMessage}` };
    } finally {
      await instance.close();
      busy = false;
    }
  };
}

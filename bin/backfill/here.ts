import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FcInstance } from '../../test/stand-ins/fc.ts';
import { DIST } from '../build.ts';
import { type Lane, shippedOf } from './lane.ts';
import type { Settings } from './settings.ts';

const SIGNALS = fileURLToPath(new URL('./signals.cjs', import.meta.url));
/** Seconds. No trigger waits here; what does not fit would become a letter. */
const TIMEOUT_S = 3_600;

/** The built function in a process of its own, as Function Compute would run it. */
export function openHere(settings: Settings, timeout = TIMEOUT_S, onOutput: (text: string) => void): Lane {
  const { credentials, region } = settings;
  const options = [settings.env.NODE_OPTIONS ?? '', `--require ${JSON.stringify(SIGNALS)}`].join(' ').trim();
  const env = { ...settings.env, NODE_OPTIONS: options };
  const place = { bundle: join(DIST, 'ship.js'), handler: 'handler', env, credentials, region };
  const instance = new FcInstance({ ...place, timeout, onOutput });
  return {
    ship: async (event) => {
      const invocation = await instance.invoke(event);
      if (invocation.ok) return shippedOf(invocation.result, 'dist/ship.js');
      const { errorType, errorMessage } = invocation.error;
      return { kind: 'failed', again: true, message: `The function threw ${errorType}: ${errorMessage}` };
    },
    close: () => instance.close(),
  };
}

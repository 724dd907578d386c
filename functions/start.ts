import { join } from 'node:path';
import { requireCompiled } from '../lib/bytecode.ts';

/** What Function Compute loads as `ship`: the bundle of `ship.ts`, which lies beside it with its bytecode. */
export const { handler } = requireCompiled(join(__dirname, 'ship.bundle.js')) as typeof import('./ship.ts');

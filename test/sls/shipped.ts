import { ALL } from '../../lib/formats/all.ts';
import { type HeldCall, wholeOf } from '../../lib/held-call.ts';
import { decodeLetters } from '../../lib/letters/decode.ts';
import { shipRange } from '../../lib/ship.ts';
import { pullRange } from '../../lib/sls/pull.ts';
import type { CursorRange, Letter, LlmCall, Receipt } from '../../lib/types.ts';
import { IDLE } from '../support/delivery.ts';
import type { World } from './world.ts';

export interface Shipped {
  readonly receipt: Receipt;
  readonly letters: Letter[];
  readonly delivered: LlmCall[];
  readonly logged: unknown[];
}

/** Ships the world's range to a Langfuse that takes everything. */
export async function ship({ range, access, clock }: Pick<World, 'range' | 'access' | 'clock'>): Promise<Shipped> {
  const letters: Letter[] = [];
  const delivered: LlmCall[] = [];
  const logged: unknown[] = [];
  const settle = async (calls: readonly HeldCall[]) => {
    delivered.push(...calls.map(wholeOf));
    return [];
  };
  const ports = {
    pull: (part: CursorRange) => pullRange(part, access),
    delivery: { ...IDLE, settle },
    letters: { put: async (_: string, body: Uint8Array) => void letters.push(...decodeLetters(body)) },
    log: (...entry: unknown[]) => void logged.push(entry),
    clock,
  };
  const times = { startedAt: 0, pullUntil: Number.POSITIVE_INFINITY };
  const options = { requestId: 'r', prefix: 'p', readers: ALL, timeZone: 'UTC', ...times };
  return { receipt: await shipRange(range, ports, options), letters, delivered, logged };
}

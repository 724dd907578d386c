import { createHash } from 'node:crypto';

const BYTES = 6;

/**
 * Whether a trace belongs to the sampled share `rate`, 0 to 1. Decided by the trace id alone, so that all calls of a
 * trace, and the same call sent again, come out the same; what is kept at a rate is kept at every higher one.
 */
export function keeps(traceId: string, rate: number): boolean {
  // Hashed, because ids need not be uniform: those of B3 have 64 bits behind 64 zeros, others count up.
  const digest = createHash('sha256').update(traceId).digest();
  return digest.readUIntBE(0, BYTES) / 2 ** (8 * BYTES) < rate;
}

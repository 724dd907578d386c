import type { Export } from './types.ts';

const UINT64 = 2 ** 64;
/** A cost of more than 12 digits does not fit its decimal column. */
const DECIMAL = 1e12;

/** Whether any text in a parsed request, keys included, holds half of a surrogate pair. */
export function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed();
  if (Array.isArray(value)) return value.some(hasLoneSurrogate);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, entry]) => !key.isWellFormed() || hasLoneSurrogate(entry));
}

/** Whether a number in it breaks the insert that v4 makes for a whole flush. */
export function hasOverflow(stored: Export): boolean {
  return stored.observations.some(
    ({ usageDetails = {}, costDetails = {} }) =>
      Object.values(usageDetails).some((count) => count >= UINT64) ||
      Object.values(costDetails).some((cost) => cost >= DECIMAL),
  );
}

/** HTTP statuses, both ends included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads `429`, `4xx`, `500-599`, `>=500`, `>499`, `<400` or `<=399`. `undefined` for anything else, and for what no
 * status can be.
 */
export function parseStatus(text: string): StatusRange | undefined {
  const range = hundred(text) ?? between(text) ?? compared(text);
  return range && range.from <= range.to ? range : undefined;
}

/** Whether a status is one of these. */
export function within(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some(({ from, to }) => status >= from && status <= to);
}

function hundred(text: string): StatusRange | undefined {
  const digit = /^([1-9])xx$/i.exec(text)?.[1];
  return digit === undefined ? undefined : { from: Number(digit) * 100, to: Number(digit) * 100 + 99 };
}

function between(text: string): StatusRange | undefined {
  const [, from, to = from] = /^(\d{1,3})(?:\s{0,4}-\s{0,4}(\d{1,3}))?$/.exec(text) ?? [];
  return from === undefined ? undefined : { from: Number(from), to: Number(to) };
}

function compared(text: string): StatusRange | undefined {
  const [, operator = '', digits] = /^([<>]=?)\s{0,4}(\d{1,3})$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bound = Number(digits);
  if (operator.startsWith('>')) return { from: operator === '>' ? bound + 1 : bound, to: Number.POSITIVE_INFINITY };
  // 0 is the mark of a call that got no status, and failed: whoever writes `<400` means calls that went well.
  return { from: 1, to: operator === '<' ? bound - 1 : bound };
}

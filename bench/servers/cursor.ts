const FIRST = 1_700_000_000_000_000_000n;

/** The cursor of the `index`th log group: base64 of a decimal number, as SLS writes it. */
export function cursorAt(index: number): string {
  return Buffer.from(String(FIRST + BigInt(index)), 'latin1').toString('base64');
}

export function indexAt(cursor: string): number {
  return Number(BigInt(Buffer.from(cursor, 'base64').toString('latin1')) - FIRST);
}

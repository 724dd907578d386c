import { SliceReceipt } from './sums.ts';

/** What became of a slice; `again`: whether another try may go better. */
export type Shipped =
  | { readonly kind: 'shipped'; readonly receipt: SliceReceipt }
  | { readonly kind: 'failed'; readonly message: string; readonly again: boolean };

/** A function that ships one slice after the other. */
export interface Lane {
  ship(event: string): Promise<Shipped>;
  close(): Promise<void>;
}

/** Reads what a function returned. */
export function shippedOf(result: string, name: string): Shipped {
  const receipt = SliceReceipt.safeParse(parsed(result));
  if (receipt.success) return { kind: 'shipped', receipt: receipt.data };
  return {
    kind: 'failed',
    again: false,
    message: `${name} returned no receipt: it is another function, or an old one.`,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

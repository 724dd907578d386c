import type { Compression } from './encode.ts';
import type { SlsRequest } from './request.ts';

/** What can go wrong with one PullLogs. */
export type Fault =
  /** An error in the JSON of SLS, or with `body` whatever a proxy might say. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly body?: string;
    }
  /** The connection ends before any answer. */
  | { readonly kind: 'drop' }
  /** The connection ends in the middle of the body. */
  | { readonly kind: 'cut' }
  /** A body of the right length and no sense. */
  | { readonly kind: 'garbage' }
  /** Headers replaced, or with undefined taken away. */
  | { readonly kind: 'headers'; readonly set: Readonly<Record<string, string | undefined>> }
  | { readonly kind: 'compression'; readonly as: Compression }
  /** At most so many groups, whatever was asked for. */
  | { readonly kind: 'count'; readonly groups: number }
  /** No groups and a cursor that moved over a hole; without a hole at the cursor, as usual. */
  | { readonly kind: 'empty-moved' }
  /** Waits for promises: tests decide when. */
  | { readonly kind: 'hold'; readonly headers?: Promise<void>; readonly body?: Promise<void> }
  | { readonly kind: 'delay'; readonly headersMs?: number; readonly bodyMs?: number };

/** A queue, of which each PullLogs takes the first (undefined: as usual), or a function; `number` counts PullLogs from 1. */
export type Faults = (Fault | undefined)[] | ((request: SlsRequest, number: number) => Fault | undefined);

export function nextFault(faults: Faults, request: SlsRequest, number: number): Fault | undefined {
  return Array.isArray(faults) ? faults.shift() : faults(request, number);
}

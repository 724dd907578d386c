import { expect } from 'vitest';
import type { DestinationReceipt, Receipt } from '../../lib/types.ts';
import type { SlsGroup } from '../stand-ins/sls.ts';
import { lineOf } from './records.ts';

/** A page for each group of three: a call that went well, one that failed, and a line of something else. */
export const PAGES = 4;
export const groups: SlsGroup[] = Array.from({ length: PAGES }, (_, page) => ({
  logs: [
    lineOf(page * 10),
    { ...lineOf(page * 10 + 1), response_code: '500' },
    { path: '/healthz', method: 'GET', response_code: '200' },
  ].map((fields) => ({ time: 1_795_244_400 + page, fields })),
}));

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

/** The receipt of each destination balances, and together they are the calls of the whole. */
export function checkBalance({ read, skipped, lettered, delivered, destinations = {} }: Receipt): void {
  const parts: DestinationReceipt[] = Object.values(destinations);
  for (const part of parts) expect(part.read).toBe(part.delivered + sum(part.lettered));
  expect(parts.reduce((all, part) => all + part.read, 0)).toBe(read - sum(skipped) - (lettered.unreadable ?? 0));
  expect(parts.reduce((all, part) => all + part.delivered, 0)).toBe(delivered);
}

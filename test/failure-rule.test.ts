import { describe, expect, it } from 'vitest';
import { ambiguous, type NextStep, nextStep } from '../lib/failure-rule.ts';
import type { Failure } from '../lib/langfuse/sink.ts';

const failure = (kind: Failure['kind'], status?: number): Failure => ({
  kind,
  message: 'said',
  ...(status !== undefined && { status }),
});

/** The rule written down a second time, as a table: what is not named here stops. */
const NAMED: Readonly<Record<number, NextStep>> = {
  400: 'split',
  408: 'retry',
  413: 'split',
  422: 'split',
  425: 'retry',
  429: 'retry',
};

describe('the failure rule', () => {
  it('takes every HTTP status by the table: 5xx is retried, what the table does not name stops', () => {
    for (let status = 100; status < 600; status++) {
      const expected = NAMED[status] ?? (status >= 500 ? 'retry' : 'stop');
      expect([status, nextStep(failure('http', status))]).toEqual([status, expected]);
    }
  });

  it.each([301, 302, 307, 308, 401, 403, 404, 405])('stops at %i, because no call is to blame', (status) => {
    expect(nextStep(failure('http', status))).toBe('stop');
  });

  it.each(['network', 'timeout', 'unreadable'] as const)('retries after %s, whatever the status', (kind) => {
    expect([undefined, 200, 401, 413].map((status) => nextStep(failure(kind, status)))).toEqual(Array(4).fill('retry'));
  });

  it('switches the transport when events are not accepted', () => {
    expect(nextStep(failure('not-accepted', 400))).toBe('switch');
  });

  it('retries an HTTP failure without a status', () => {
    expect(nextStep(failure('http'))).toBe('retry');
  });

  it.each([
    ['network', undefined, true],
    ['timeout', undefined, true],
    ['unreadable', 200, true],
    ['http', 500, true],
    ['http', 502, true],
    ['http', 429, false],
    ['http', 400, false],
    ['http', undefined, false],
    ['not-accepted', 400, false],
  ] as const)('calls %s %s ambiguous: %s', (kind, status, expected) => {
    expect(ambiguous(failure(kind, status))).toBe(expected);
  });
});

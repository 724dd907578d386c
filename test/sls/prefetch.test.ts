import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cursorOf, FIRST_POSITION, type SlsStandIn } from '../stand-ins/sls.ts';
import { gate } from './gate.ts';
import { numbered, numbers, untilError, world } from './world.ts';

/** Returns when the condition holds; the test's own time limit is the limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

/** Lets whatever could still be sent arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

const asked = (sls: SlsStandIn) => sls.requests.length;

describe('the page ahead', () => {
  it('is asked for before the body of the page before has ended', async () => {
    const body = gate();
    const { pull, sls } = await world();
    sls.faults = [{ kind: 'hold', body: body.opened }];
    const pages = pull();
    const first = pages.next();
    await until(() => asked(sls) === 2);
    expect(sls.requests[0]?.finished).toBe(false);
    body.open();
    expect((await first).value).toMatchObject({ cursor: sls.requests[0]?.query.get('cursor') });
    await pages.return();
  });

  it('is downloaded while the consumer is busy', async () => {
    // More than the buffers between the two sides hold: it ends only when it is read.
    const large = { logs: [{ time: 1, fields: { n: 'x'.repeat(24 * 1024 * 1024) } }] };
    const { pull, sls } = await world({ groups: [...numbered(1), large] });
    sls.faults = [undefined, { kind: 'compression', as: 'none' }];
    const pages = pull();
    await pages.next();
    await until(() => sls.requests[1]?.finished === true);
    await pages.return();
  });

  it('is never more than one', async () => {
    const { pull, sls } = await world({ groups: numbered(6) });
    const pages = pull();
    for (const taken of [1, 2, 3]) {
      await pages.next();
      await settle();
      expect(asked(sls)).toBe(taken + 1);
    }
    await pages.return();
  });

  it('fails only after the page before it was yielded', async () => {
    const { pull, sls } = await world();
    sls.faults = [undefined, { kind: 'error', status: 401, code: 'Unauthorized' }];
    const { before, error } = await untilError(pull());
    expect(numbers(before)).toEqual(['0']);
    expect(error).toMatchObject({ code: 'Unauthorized', cursor: before[0]?.next });
  });
});

describe('a page ahead that another attempt at the page before made wrong', () => {
  it('is aborted at once', async () => {
    const { pull, sls, range } = await world({ groupsPerPage: 3 });
    let first = 0;
    sls.faults = (request) => {
      if (request.query.get('cursor') !== range.begin) return { kind: 'hold', headers: new Promise(() => {}) };
      return ++first === 1 ? { kind: 'headers', set: { 'x-log-count': '9' } } : { kind: 'count', groups: 1 };
    };
    const pages = pull();
    await pages.next();
    const wrong = cursorOf(FIRST_POSITION + 3n);
    await until(() => sls.requests.find(({ query }) => query.get('cursor') === wrong)?.aborted === true);
    const next = cursorOf(FIRST_POSITION + 1n);
    await until(() => sls.requests.some(({ query }) => query.get('cursor') === next));
    await pages.return();
  });
});

describe('leaving the loop', () => {
  it('aborts what is in flight and leaves no rejection behind', async () => {
    const seen: unknown[] = [];
    const note = (reason: unknown) => seen.push(reason);
    process.on('unhandledRejection', note);
    const { pull, sls } = await world();
    sls.faults = [undefined, { kind: 'hold', headers: new Promise(() => {}) }];
    for await (const _ of pull()) {
      await until(() => asked(sls) === 2);
      break;
    }
    await until(() => sls.requests[1]?.aborted === true);
    await settle();
    process.off('unhandledRejection', note);
    expect(seen).toEqual([]);
    expect(asked(sls)).toBe(2);
  });
});

describe('the signal', () => {
  it('ends a pull that waits, with the cursor of the unread rest', async () => {
    const { pull, sls } = await world();
    sls.faults = [undefined, { kind: 'hold', headers: new Promise(() => {}) }];
    const abort = new AbortController();
    const failing = untilError(pull(abort.signal));
    await until(() => asked(sls) === 2);
    await settle();
    abort.abort();
    const { before, error } = await failing;
    expect(numbers(before)).toEqual(['0']);
    expect(error).toMatchObject({ code: 'Aborted', cursor: before[0]?.next });
  });

  it('ends a pull whose next page is there already', async () => {
    const { pull, sls } = await world();
    const abort = new AbortController();
    const pages = pull(abort.signal);
    const { value } = await pages.next();
    await until(() => sls.requests[1]?.finished === true);
    await settle();
    abort.abort();
    await expect(pages.next()).rejects.toMatchObject({ code: 'Aborted', cursor: value?.next });
    await settle();
    expect(asked(sls)).toBe(2);
  });

  it('that was aborted before stops everything', async () => {
    const { pull, range } = await world();
    const { before, error } = await untilError(pull(AbortSignal.abort()));
    expect(before).toEqual([]);
    expect(error).toMatchObject({ code: 'Aborted', cursor: range.begin });
  });
});

import type { BrokenPage, CursorRange, LogPage } from '../types.ts';
import type { SlsAccess } from './client.ts';
import { stepBetween } from './cursor.ts';
import { PageFetch } from './page-fetch.ts';
import { countAfter, FIRST_COUNT } from './page-size.ts';
import { PullError } from './pull-error.ts';

export type Pulled = LogPage | BrokenPage;

/**
 * Yields the pages of `range` in order, each beginning where the one before ended. Pages may be empty; a range without
 * logs is a success. Each page is asked for as soon as the headers of the one before are in, so that one page at most is
 * held ahead of the consumer. Leaving the loop early aborts what is in flight.
 * Throws PullError, also when `signal` aborts, after every page before its `cursor` was yielded.
 * Source: Simple Log Service "PullLogs"; the stop rule is that of aliyun-log-fc-functions and aliyun-log-python-sdk.
 */
export async function* pullRange(
  range: CursorRange,
  access: SlsAccess,
  signal?: AbortSignal,
): AsyncGenerator<Pulled, void, void> {
  const live = new Set<PageFetch>();
  const abort = (): void => {
    for (const page of live) page.abort();
  };
  let count = FIRST_COUNT;
  const open = (cursor: string): PageFetch => {
    const page = new PageFetch(cursor, count, range, access);
    live.add(page);
    if (signal?.aborted) page.abort();
    return page;
  };
  const follow = (cursor: string, next: string) => (isOver(range, cursor, next) ? undefined : open(next));
  checkProject(range);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    let page = stepBetween(range.begin, range.end) === 'forward' ? open(range.begin) : undefined;
    while (page !== undefined) {
      if (signal?.aborted) throw aborted(range, page.cursor);
      const head = await page.head;
      const { next } = head;
      count = countAfter(count, head);
      let ahead = follow(page.cursor, next);
      const pulled = await page.read();
      if (pulled.next !== next) {
        // Another attempt at this page ended it elsewhere: what was asked ahead would leave a gap or an overlap.
        ahead?.abort();
        ahead = follow(page.cursor, pulled.next);
      }
      live.delete(page);
      yield pulled;
      page = ahead;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    abort();
  }
}

/** An empty page whose cursor moved is not the end: storage upgrades leave such holes. */
function isOver(range: CursorRange, cursor: string, next: string): boolean {
  return stepBetween(cursor, next) === 'same' || stepBetween(next, range.end) !== 'forward';
}

/** The project becomes part of a host name to which credentials are sent. */
function checkProject(range: CursorRange): void {
  if (/^[a-z0-9][a-z0-9-]*$/.test(range.project)) return;
  const name = JSON.stringify(range.project.slice(0, 64));
  throw error(range.begin, 'InvalidProject', `${name} is no project name. Check the project of the trigger.`);
}

function aborted(range: CursorRange, cursor: string): PullError {
  const { project, logstore, shard } = range;
  return error(cursor, 'Aborted', `PullLogs ${project}/${logstore}/${shard} at ${cursor}: aborted by the caller`);
}

function error(cursor: string, code: string, message: string): PullError {
  return new PullError(message, { code, cursor, attempts: 0 });
}

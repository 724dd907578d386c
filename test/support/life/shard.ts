import { PullError } from '../../../lib/sls/pull-error.ts';
import type { BrokenPage, CursorRange, LlmCall, LogPage, LogRecord } from '../../../lib/types.ts';
import { cursorAt, positionAt } from '../letters.ts';
import { recordOf } from '../records.ts';
import type { Mortal } from './mortal.ts';
import type { LifePlan, PullFault } from './plan.ts';

/** So many records at most in one group, and in one shard. */
const WIDTH = 10;
const SHARD = 1_000_000;

/** Where a call came from. */
export function placeOf(call: LlmCall): { shard: number; group: number; index: number } {
  const n = Number(String(call.trace.metadata.request_id).replace('request-', ''));
  return { shard: Math.floor(n / SHARD), group: Math.floor((n % SHARD) / WIDTH), index: n % WIDTH };
}

/** A shard in SLS: groups of records at the positions 0, 1, 2 and so on. */
export class ShardModel {
  /** The position of the oldest group that is still there. */
  oldest = 0;
  healed = false;
  readonly id: number;
  readonly groups: LifePlan['groups'];
  readonly #faults: readonly PullFault[];
  #pulls = 0;

  constructor(id: number, { groups, pulls }: Pick<LifePlan, 'groups' | 'pulls'>) {
    this.id = id;
    this.groups = groups;
    this.#faults = pulls;
  }

  record(group: number, index: number): LogRecord {
    return recordOf(this.id * SHARD + group * WIDTH + index, this.groups[group]?.[index]?.kind);
  }

  /** The pages of a range, as one process pulls them. */
  async *pull(range: CursorRange, life: Mortal, pageSize: number): AsyncGenerator<LogPage | BrokenPage> {
    const end = positionAt(range.end);
    for (let at = positionAt(range.begin); at < end; ) {
      // As SLS does: what is gone is passed over without a word.
      const from = Math.max(at, this.oldest);
      const to = Math.min(Math.max(from, at) + pageSize, end);
      const next = Math.max(at + 1, to);
      const fault = await life.act(15, () => this.#next());
      if (life.signal.aborted) throw failed(at, 'Aborted');
      if (fault === 'fails') throw failed(at, 'ServerBusy');
      const page = { cursor: cursorAt(at), next: cursorAt(next) };
      yield fault === 'broken' ? { ...page, broken: 'garbage' } : this.#page(page, from, to);
      at = next;
    }
  }

  #page(page: Pick<LogPage, 'cursor' | 'next'>, from: number, to: number): LogPage {
    const { cursor } = page;
    const records: LogRecord[] = [];
    for (let group = from; group < to; group++) {
      const made = (this.groups[group] ?? []).map((_, index) => this.record(group, index));
      records.push(...made.map((each, index) => ({ ...each, position: { cursor, group, index } })));
    }
    return { ...page, records, bytes: 100 * records.length };
  }

  #next(): PullFault {
    return this.healed ? 'ok' : (this.#faults[this.#pulls++] ?? 'ok');
  }
}

function failed(at: number, code: string): PullError {
  return new PullError(`the pull failed at ${at}`, { code, cursor: cursorAt(at), attempts: 6 });
}

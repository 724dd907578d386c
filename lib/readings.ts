import { type ReadOptions, read } from './formats/index.ts';
import { rowKey } from './langfuse/stored.ts';
import type { Undelivered } from './trial.ts';
import type { LlmCall, LogRecord, Rejection, SkipReason } from './types.ts';

/** A record that becomes a dead letter, and why. */
export interface Failed {
  readonly record: LogRecord;
  readonly rejection: Rejection;
}

/** What the records of a page turned out to be. */
export class Readings {
  readonly failed: Failed[] = [];
  readonly skipped: SkipReason[] = [];
  /** By row key: a line that a log agent shipped twice is one call. */
  readonly #calls = new Map<string, { readonly call: LlmCall; readonly records: LogRecord[] }>();

  constructor(records: readonly LogRecord[], options: ReadOptions) {
    for (const record of records) this.#add(record, options);
  }

  get calls(): LlmCall[] {
    return [...this.#calls.values()].map(({ call }) => call);
  }

  /** Every record of a call that was not delivered has failed. */
  undelivered(calls: readonly Undelivered[]): void {
    for (const { call, rejection } of calls) {
      for (const record of this.#calls.get(rowKey(call))?.records ?? []) this.failed.push({ record, rejection });
    }
  }

  #add(record: LogRecord, options: ReadOptions): void {
    const reading = read(record, options);
    if (reading.kind === 'skip') this.skipped.push(reading.reason);
    else if (reading.kind === 'reject') this.failed.push({ record, rejection: reading.why });
    else this.#addCall(reading.call, record);
  }

  #addCall(call: LlmCall, record: LogRecord): void {
    const key = rowKey(call);
    const known = this.#calls.get(key);
    if (known) known.records.push(record);
    else this.#calls.set(key, { call, records: [record] });
  }
}

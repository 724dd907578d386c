import { rowKey } from './langfuse/stored.ts';
import type { Undelivered } from './trial.ts';
import type { Identity, LlmCall, LogRecord, Reading, Rejection, SkipReason } from './types.ts';
import { DEFAULT_DESTINATION } from './view/routes.ts';
import { type ViewOptions, view } from './view/view.ts';

/** A record that becomes a dead letter, and why. */
export interface Failed {
  readonly record: LogRecord;
  readonly rejection: Rejection;
  /** What it was read as, if it was. */
  readonly call?: LlmCall;
}

/** What became of the calls of one destination. */
export interface DestinationPart {
  readonly destination: string;
  readonly read: number;
  readonly lettered: readonly string[];
}

/** What the records of a page turned out to be. */
export class Readings {
  readonly failed: Failed[] = [];
  readonly skipped: SkipReason[] = [];
  #options: ViewOptions;
  readonly #identityOf: (record: LogRecord) => Identity | undefined;
  /** By destination and row key: a line that a log agent shipped twice is one call. */
  readonly #calls = new Map<string, { readonly call: LlmCall; readonly records: LogRecord[] }>();

  constructor(options: ViewOptions, identityOf: (record: LogRecord) => Identity | undefined) {
    this.#options = options;
    this.#identityOf = identityOf;
  }

  /** Reads the records. `identityOf` tells the identity of one that was redacted since it was first read. */
  static async of(
    records: readonly LogRecord[],
    options: ViewOptions,
    identityOf: (record: LogRecord) => Identity | undefined = () => undefined,
  ): Promise<Readings> {
    const readings = new Readings(options, identityOf);
    for (const record of records) if (!readings.#add(record)) await readings.#addAfterAll(record);
    return readings;
  }

  get calls(): LlmCall[] {
    return [...this.#calls.values()].map(({ call }) => call);
  }

  /** Every record of a call that was not delivered has failed. */
  undelivered(undelivered: readonly Undelivered[]): void {
    for (const { call: sent, rejection } of undelivered) {
      const { call, records = [] } = this.#calls.get(keyOf(sent)) ?? {};
      for (const record of records) this.failed.push({ record, rejection, ...(call && { call }) });
    }
  }

  /** Once everything is settled: what became of the calls, by destination. */
  byDestination(): DestinationPart[] {
    const parts = new Map<string, { read: number; lettered: string[] }>();
    const part = ({ destination = DEFAULT_DESTINATION }: LlmCall) => {
      const known = parts.get(destination) ?? { read: 0, lettered: [] };
      parts.set(destination, known);
      return known;
    };
    for (const { call, records } of this.#calls.values()) part(call).read += records.length;
    for (const { call, rejection } of this.failed) if (call) part(call).lettered.push(rejection.why);
    return [...parts].map(([destination, counts]) => ({ destination, ...counts }));
  }

  /** `false` when not every reader was asked. */
  #add(record: LogRecord): boolean {
    const reading = view(record, this.#options, this.#identityOf(record));
    if (this.#options.more && isUnknown(reading)) return false;
    if (reading.kind === 'skip') this.skipped.push(reading.reason);
    else if (reading.kind === 'reject') this.failed.push({ record, rejection: reading.why });
    else this.#addCall(reading.call, record);
    return true;
  }

  async #addAfterAll(record: LogRecord): Promise<void> {
    const { more, ...options } = this.#options;
    this.#options = { ...options, readers: (await more?.()) ?? options.readers };
    this.#add(record);
  }

  #addCall(call: LlmCall, record: LogRecord): void {
    const key = keyOf(call);
    const known = this.#calls.get(key);
    if (known) known.records.push(record);
    else this.#calls.set(key, { call, records: [record] });
  }
}

/** Two projects may well be sent the same ids. */
function keyOf(call: LlmCall): string {
  return `${call.destination ?? DEFAULT_DESTINATION}/${rowKey(call)}`;
}

function isUnknown(reading: Reading): boolean {
  return reading.kind === 'skip' && (reading.reason === 'non_ai' || reading.reason === 'unparsable');
}

import type { WrittenCall } from './held-call.ts';
import { rowKey } from './langfuse/stored.ts';
import type { Undelivered } from './trial.ts';
import type { CallKey, Identity, LlmCall, LogRecord, LogRecords, Reading, Rejection, SkipReason } from './types.ts';
import { DEFAULT_DESTINATION } from './view/routes.ts';
import { type ViewOptions, view } from './view/view.ts';

/** A record that becomes a dead letter, and why. */
export interface Failed {
  readonly record: LogRecord;
  readonly rejection: Rejection;
  /** What it was read as, if it was. */
  readonly call?: CallKey;
}

/** What became of the calls of one destination. */
export interface DestinationPart {
  readonly destination: string;
  readonly read: number;
  readonly lettered: readonly string[];
}

/** The same while its record is not held. */
type Failure = Omit<Failed, 'record'> & { readonly at: number };

/** Writes a call down as it will be sent, as far as that is known. */
export type Writing = (call: LlmCall) => WrittenCall['written'];
export type IdentityOf = (record: LogRecord) => Identity | undefined;

/**
 * What the records of a page turned out to be. Each is read, its call written down, and both are let go: what is needed of
 * them once more is read again.
 */
export class Readings {
  readonly skipped: SkipReason[] = [];
  /** Unix seconds of the newest record. */
  newest = 0;
  readonly #records: LogRecords;
  #options: ViewOptions;
  readonly #write: Writing;
  readonly #identityOf: IdentityOf;
  readonly #failures: Failure[] = [];
  /** Read and not written yet. */
  readonly #fresh: [WrittenCall, LlmCall][] = [];
  /** By destination and row key, with the places of their records: a line that a log agent shipped twice is one call. */
  readonly #calls = new Map<string, { readonly call: WrittenCall; readonly records: number[] }>();

  constructor(records: LogRecords, options: ViewOptions, write: Writing, identityOf: IdentityOf) {
    this.#records = records;
    this.#options = options;
    this.#write = write;
    this.#identityOf = identityOf;
  }

  /** Reads the records. `identityOf` tells the identity of one that was redacted since it was first read. */
  static async of(
    records: LogRecords,
    options: ViewOptions,
    write: Writing = () => undefined,
    identityOf: IdentityOf = () => undefined,
  ): Promise<Readings> {
    const readings = new Readings(records, options, write, identityOf);
    let at = 0;
    for (const chunk of chunksOf(records)) {
      for (const record of chunk) {
        if (!readings.#add(record, at)) await readings.#addAfterAll(record, at);
        at++;
      }
      readings.#writeFresh();
    }
    return readings;
  }

  get calls(): WrittenCall[] {
    return [...this.#calls.values()].map(({ call }) => call);
  }

  /** The records that become dead letters. */
  get failed(): Failed[] {
    return this.#failures.map(({ at, ...failure }) => ({ record: this.#record(at), ...failure }));
  }

  /** Every record of a call that was not delivered has failed. */
  undelivered(undelivered: readonly Undelivered[]): void {
    for (const { call: sent, rejection } of undelivered) {
      const { call, records = [] } = this.#calls.get(keyOf(sent)) ?? {};
      for (const at of records) this.#failures.push({ at, rejection, ...(call && { call }) });
    }
  }

  /** Once everything is settled: what became of the calls, by destination. */
  byDestination(): DestinationPart[] {
    const parts = new Map<string, { read: number; lettered: string[] }>();
    const part = ({ destination = DEFAULT_DESTINATION }: CallKey) => {
      const known = parts.get(destination) ?? { read: 0, lettered: [] };
      parts.set(destination, known);
      return known;
    };
    for (const { call, records } of this.#calls.values()) part(call).read += records.length;
    for (const { call, rejection } of this.#failures) if (call) part(call).lettered.push(rejection.why);
    return [...parts].map(([destination, counts]) => ({ destination, ...counts }));
  }

  /** `false` when not every reader was asked. */
  #add(record: LogRecord, at: number): boolean {
    const reading = this.#view(record);
    if (this.#options.more && isUnknown(reading)) return false;
    if (reading.kind === 'skip') this.skipped.push(reading.reason);
    else if (reading.kind === 'reject') this.#failures.push({ at, rejection: reading.why });
    else this.#addCall(reading.call, at);
    this.newest = Math.max(this.newest, record.time);
    return true;
  }

  async #addAfterAll(record: LogRecord, at: number): Promise<void> {
    const { more, ...options } = this.#options;
    this.#options = { ...options, readers: (await more?.()) ?? options.readers };
    this.#add(record, at);
  }

  #addCall(call: LlmCall, at: number): void {
    const key = keyOf(call);
    const known = this.#calls.get(key);
    if (known) known.records.push(at);
    else this.#calls.set(key, { call: this.#held(call, at), records: [at] });
  }

  #held(call: LlmCall, at: number): WrittenCall {
    const { trace, observation, destination } = call;
    const held: WrittenCall = {
      trace: { id: trace.id },
      observation: { id: observation.id, startTime: observation.startTime },
      ...(destination !== undefined && { destination }),
      whole: () => this.#again(at),
      written: undefined,
    };
    this.#fresh.push([held, call]);
    return held;
  }

  #writeFresh(): void {
    for (const [held, call] of this.#fresh) held.written = this.#write(call);
    this.#fresh.length = 0;
  }

  #again(at: number): LlmCall {
    const reading = this.#view(this.#record(at));
    if (reading.kind !== 'call') throw new Error('A record that was read as a call is none any more');
    return reading.call;
  }

  #view(record: LogRecord): Reading {
    return view(record, this.#options, this.#identityOf(record));
  }

  #record(at: number): LogRecord {
    const record = this.#records.at(at);
    if (!record) throw new Error(`The page has no record ${at}`);
    return record;
  }
}

/**
 * Records that are read one after the other, and then written: one by one, the code of both would not stay in the
 * processor's cache; more, and they would outlive the young generation.
 */
const CHUNK = 32;

function* chunksOf(records: Iterable<LogRecord>): Generator<readonly LogRecord[], void> {
  let chunk: LogRecord[] = [];
  for (const record of records) {
    chunk.push(record);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}

/** Two projects may well be sent the same ids. */
function keyOf(call: CallKey): string {
  return `${call.destination ?? DEFAULT_DESTINATION}/${rowKey(call)}`;
}

function isUnknown(reading: Reading): boolean {
  return reading.kind === 'skip' && (reading.reason === 'non_ai' || reading.reason === 'unparsable');
}

import { InvocationError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Failed } from '../readings.ts';
import type { Redactor } from '../redact/redactor.ts';
import { redactedRejection } from '../redact/rejection.ts';
import type { Clock, CursorRange, Letter, LogPage, RangeLetter, RangeReason, RecordLetter } from '../types.ts';
import type { Bucket } from './bucket.ts';
import { encodeLetters } from './encode.ts';
import { letterKey } from './key.ts';

/** A part of the range that stays unread, and why. */
export interface Rest {
  readonly begin: string;
  readonly end?: string;
  readonly reason: RangeReason;
  readonly message: string;
}

export interface DeskOptions {
  readonly range: CursorRange;
  readonly letters: Pick<Bucket, 'put'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly requestId: string;
  /** Of the keys. */
  readonly prefix: string;
  /** What the letters count as replays; a range letter tells its reason. */
  readonly replays: (reason?: RangeReason) => number;
  /** What is taken out of the records before they are stored. */
  readonly redactor?: Redactor | undefined;
}

/** Where an invocation writes its dead letters: one object for each page with failures, one for each unread part. */
export class LetterDesk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** @throws InvocationError when the letters could not be stored */
  async writeRecords({ cursor }: LogPage, failed: readonly Failed[]): Promise<void> {
    const { project, logstore, shard } = this.#options.range;
    const letters = failed.map(({ rejection, ...failure }): Letter => {
      const { position } = failure.record;
      const origin = { project, logstore, shard, ...(position && { position }) };
      return {
        kind: 'record',
        ...this.#stamp(),
        rejection: redactedRejection(rejection, this.#options.redactor),
        origin,
        ...this.#redacted(failure),
      };
    });
    await this.#write(cursor, letters, `${letters.length} records of the page at ${cursor}`);
  }

  /** @throws InvocationError when the letter could not be stored */
  async writeRange({ begin, end = this.#options.range.end, reason, message }: Rest): Promise<void> {
    const range = { ...this.#options.range, begin, end };
    const letter: RangeLetter = { kind: 'range', ...this.#stamp(reason), reason, message, range };
    await this.#write(begin, [letter], `the range from ${begin} to ${end}`);
  }

  /** A redacted record may hash to another id and meet other conditions: the call keeps the id and project it had. */
  #redacted({ record, call }: Omit<Failed, 'rejection'>): Pick<RecordLetter, 'record' | 'identity'> {
    const redacted = this.#options.redactor?.record(record) ?? record;
    if (redacted === record || !call) return { record: redacted };
    const { trace, observation, destination } = call;
    const ids = { traceId: trace.id, observationId: observation.id };
    return { record: redacted, identity: { ...ids, ...(destination !== undefined && { destination }) } };
  }

  #stamp(reason?: RangeReason): Pick<RangeLetter, 'requestId' | 'replays' | 'firstFailedAt' | 'lastFailedAt'> {
    const { clock, requestId, replays } = this.#options;
    const now = clock.now();
    return { requestId, replays: replays(reason), firstFailedAt: now, lastFailedAt: now };
  }

  async #write(cursor: string, written: readonly Letter[], what: string): Promise<void> {
    const { range, letters, log, clock, requestId, prefix } = this.#options;
    const key = letterKey(prefix, { ...range, cursor, requestId, at: clock.now() });
    try {
      await letters.put(key, encodeLetters(written));
    } catch (cause) {
      const next = 'SLS will offer the range again. Check that the bucket exists and that the role may oss:PutObject.';
      const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      const message = `The dead letter ${key} could not be written (${said}); not accounted for: ${what}. ${next}`;
      throw new InvocationError('dead-letter', message, { cause });
    }
    log('warn', 'dead letter written', { key, ...reasons(written) });
  }
}

function reasons(letters: readonly Letter[]): { letters: number; why: Record<string, number> } {
  const why: Record<string, number> = {};
  for (const letter of letters) {
    const name = letter.kind === 'range' ? letter.reason : letter.rejection.why;
    why[name] = (why[name] ?? 0) + 1;
  }
  return { letters: letters.length, why };
}

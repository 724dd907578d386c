import { ambiguous } from './failure-rule.ts';
import type { HeldCall } from './held-call.ts';
import type { Answer, Failure, Parcel } from './langfuse/sink.ts';
import type { Rejection } from './types.ts';

/** A call that did not reach Langfuse, and why. */
export interface Undelivered {
  readonly call: HeldCall;
  readonly rejection: Rejection;
}

/** What one batch has been through. */
export class Trial {
  attempts = 0;
  pauses = 0;
  failure: Failure | undefined;
  /** Unix milliseconds of the first failure. Time spent waiting for a turn is not Langfuse's to answer for. */
  failingSince: number | undefined;
  /** Whether Langfuse may hold calls of it that it did not answer for. */
  doubtful = false;

  /** The trial of a part of the batch. */
  fresh(): Trial {
    const trial = new Trial();
    trial.attempts = this.attempts;
    trial.doubtful = this.doubtful;
    return trial;
  }

  failed(failure: Failure, now: number): void {
    this.failure = failure;
    this.failingSince ??= now;
    this.doubtful ||= ambiguous(failure);
  }
}

export interface Sorted {
  readonly refused: readonly Undelivered[];
  /** Those that are still to be settled. */
  readonly again: readonly Parcel[];
  /** The first reason why there are some. */
  readonly failure: Failure | undefined;
}

/** What an answer means for the parcels it is for. */
export function sortAnswer(parcels: readonly Parcel[], answer: Answer, trial: Trial): Sorted {
  if (answer.kind === 'failed') return { refused: [], again: parcels, failure: answer.failure };
  const refused: Undelivered[] = [];
  const again: Parcel[] = [];
  let failure: Failure | undefined;
  parcels.forEach((parcel, i) => {
    const verdict = answer.verdicts[i];
    if (verdict?.kind === 'refused') refused.push({ call: parcel.call, rejection: refusal(verdict, trial) });
    if (verdict?.kind !== 'again') return;
    again.push(parcel);
    failure ??= verdict.failure;
  });
  return { refused, again, failure };
}

/** The rejection of a call that Langfuse refused by itself. */
export function refusal({ message, status }: Pick<Failure, 'message' | 'status'>, { attempts }: Trial): Rejection {
  return { why: 'refused', message, attempts, ...(status !== undefined && { status }) };
}

import type { Rejection } from '../types.ts';
import type { Redactor } from './redactor.ts';

/** Why a record became a dead letter, in words that may be stored: what Langfuse says of a call may quote it. */
export function redactedRejection(rejection: Rejection, redactor: Redactor | undefined): Rejection {
  return redactor ? { ...rejection, message: redactor.text(rejection.message) } : rejection;
}

export type InvocationErrorCode = 'config' | 'event' | 'credentials' | 'endpoint' | 'pull' | 'outage' | 'dead-letter';

/**
 * What makes an invocation fail, so that SLS keeps the position and offers the range again. Everything expected is a
 * value of a union; this is only for what cannot be accounted for otherwise.
 */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
  readonly code: InvocationErrorCode;

  constructor(code: InvocationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

import { InvocationError } from './errors.ts';
import type { Credentials } from './types.ts';

/** What Function Compute hands to a Node.js event function beside the event (Function Compute 3.0, "Context"). */
export interface FcContext {
  readonly requestId: string;
  readonly region: string;
  readonly accountId: string;
  readonly credentials?: Partial<Credentials>;
  readonly function: {
    readonly name: string;
    readonly handler: string;
    /** MB. */
    readonly memory: number;
    /** Seconds for the whole invocation. */
    readonly timeout: number;
  };
}

/**
 * The temporary credentials of this invocation. A warm instance outlives them: ask again at every call.
 *
 * @throws InvocationError when the function has no role
 */
export function credentialsOf(context: FcContext): Credentials {
  const { accessKeyId, accessKeySecret, securityToken } = context.credentials ?? {};
  if (!accessKeyId || !accessKeySecret) {
    const next =
      'Give the function a RAM role (`role` in s.yaml); locally, set ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET.';
    throw new InvocationError('credentials', `Function Compute passed no credentials to the function. ${next}`);
  }
  return { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) };
}

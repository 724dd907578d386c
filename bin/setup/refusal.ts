/** A request to a service of Alibaba Cloud, as a refusal names it. */
export interface Asked {
  /** `RAM`, `OSS` or `SLS`. */
  readonly service: string;
  /** The RAM action that the request needs, such as `ram:GetRole`. */
  readonly action: string;
  /** What the action has to be allowed on. */
  readonly resource: string;
  /** Where the service was looked for. */
  readonly endpoint: string;
}

/** A service did not do what it was asked to. The message names no credential and no signature. */
export class Refusal extends Error {
  /** The service's own, such as EntityNotExist.Role; empty when it gave no answer. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}

const NOT_ALLOWED = /^(?:NoPermission|Forbidden|AccessDenied|Unauthorized)/;
const BAD_KEY =
  /^(?:InvalidAccessKeyId|InvalidSecurityToken|SecurityTokenExpired|Incomplete|Signature|MissAccessKeyId)/;
const BAD_CLOCK = /^(?:RequestTime|InvalidTimeStamp|IllegalTimestamp)/;
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ProjectNotExist', 'Check SLS_PROJECT, and that REGION is the region of the project.'],
  ['BucketAlreadyExists', 'Another account has a bucket of this name: choose another one for DEAD_LETTER_BUCKET.'],
  ['LimitExceeded.Policy.Version', 'Delete an old version of the policy in the RAM console, and run this again.'],
  ['LimitExceeded.Role.Policy', 'Detach a policy from the role in the RAM console, and run this again.'],
]);
/** These repeat the signature or the access key. */
const QUIET = /^(?:Signature|InvalidAccessKeyId|Incomplete)/;

/** OSS says the same of a bucket of somebody else's: their names are shared by all accounts. */
const OF_OTHERS = ', or choose another DEAD_LETTER_BUCKET, if another account has the bucket';

/** The refusal behind an answer with an error code, with the next step. */
export function refused({ service, action, resource }: Asked, code: string, said: string): Refusal {
  const [first = ''] = said.split('\n');
  const quoted = QUIET.test(code) || first === '' ? '' : `: ${first.slice(0, 300).replace(/\.$/, '')}`;
  const next = NOT_ALLOWED.test(code)
    ? `Allow ${action} on ${resource} to the identity of the ALIBABA_CLOUD_* credentials${service === 'OSS' ? OF_OTHERS : ''}.`
    : (ADVICE.get(code) ?? adviceFor(code));
  return new Refusal(code, `${service} refused ${action} with ${code}${quoted}.\n${next}`);
}

function adviceFor(code: string): string {
  if (BAD_KEY.test(code))
    return 'Check ALIBABA_CLOUD_ACCESS_KEY_ID, _ACCESS_KEY_SECRET and _SECURITY_TOKEN, and REGION.';
  if (BAD_CLOCK.test(code)) return 'Correct the clock of this machine.';
  return 'What is there already stays; run this again when that is put right.';
}

/** There was no answer, or none of that service. */
export function unanswered({ service, action, endpoint }: Asked, why: string): Refusal {
  const next = `Check the network and ${service}_ENDPOINT; what is there already stays, and this can be run again.`;
  return new Refusal('', `${service} at ${endpoint} gave no answer to ${action} (${why}).\n${next}`);
}

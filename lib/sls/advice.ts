/** What to do next, for each error code that an operator can do something about. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['Unauthorized', "Give the function's role the permission log:GetCursorOrData on this logstore."],
  ['SignatureNotMatch', 'Check SLS_ENDPOINT and the region, and that no proxy changes the Host header.'],
  ['InvalidAccessKeyId', "Check that the function has a role and that the role's credentials have not expired."],
  ['RequestTimeExpired', 'Correct the clock: it is more than 15 minutes off.'],
  ['RequestTimeTooSkewed', 'Correct the clock: it is more than 15 minutes off.'],
  ['ProjectNotExist', 'Check the project of the trigger, and that the endpoint is that of its region.'],
  ['LogStoreNotExist', 'Check the logstore of the trigger: it may have been deleted.'],
  ['LogStoreWithoutShard', 'Check the logstore of the trigger: it has no shard.'],
  ['ShardNotExist', 'The shard is gone, as after a merge: its range cannot be read any more.'],
  ['InvalidCursor', 'The cursor does not belong to this shard: ask for a new one (GetCursor) and do not skip ahead.'],
  ['ParameterInvalid', 'The request is wrong: compare it with the PullLogs page and report this.'],
  ['ReadQuotaExceed', "Raise the project's read quota or lower the trigger's concurrency."],
  ['ShardReadQuotaExceed', 'Split the shard or lower the number of its readers.'],
  ['Network', 'Check that the function can reach the endpoint: its VPC, or SLS_ENDPOINT.'],
  ['Timeout', 'Check that the function can reach the endpoint: its VPC, or SLS_ENDPOINT.'],
]);

/** The next step after an error, as one sentence. */
export function adviceFor(code: string, status: number | undefined): string {
  const known = ADVICE.get(code);
  if (known !== undefined) return known;
  if (status === undefined || status >= 500 || status === 429) return 'The range can be pulled again later.';
  return 'Check that the endpoint (SLS_ENDPOINT, or that of the trigger event) is SLS itself.';
}

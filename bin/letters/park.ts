import { randomUUID } from 'node:crypto';
import { systemClock as clock } from '../../lib/clock.ts';
import type { Env } from '../../lib/config.ts';
import type { Bucket } from '../../lib/letters/bucket.ts';
import { Lease } from '../../lib/letters/lease.ts';
import { Parking } from '../../lib/letters/parking.ts';
import { Failure } from './failure.ts';
import { lettersIn, objectAt, plain } from './objects.ts';
import { type Mailbox, openMailbox } from './settings.ts';

/** Longer than all attempts of the requests take. */
const LEASE_MS = 300_000;

/**
 * Moves an object to parked/: written there first, deleted here then.
 *
 * @throws Failure for a key that is not there or is parked, and while a replay is running
 */
export async function park(env: Env, key: string): Promise<void> {
  const mailbox = openMailbox(env);
  if (key.startsWith(mailbox.layout.parked)) throw new Failure(`${plain(key)} is parked already.`);
  await objectAt(mailbox, key);
  const holder = `park-${randomUUID()}`;
  // A replay that writes the same two objects meanwhile would overwrite what is moved, or be overwritten.
  const lease = new Lease(mailbox.bucket, mailbox.settings.prefix, clock);
  const other = await lease.take(holder, clock.now() + LEASE_MS);
  if (other) {
    const until = new Date(other.expiresAt).toISOString();
    throw new Failure(`Nothing is moved: ${other.holder} is at work, at the longest until ${until}. Try again then.`);
  }
  try {
    console.log(`Parked: ${plain(key)} is now ${plain(await move(mailbox, key, holder))}`);
  } finally {
    await lease.release();
  }
}

/** Moves an object as a replay does that gives it up; returns the key it has then. */
async function move(mailbox: Mailbox, key: string, requestId: string): Promise<string> {
  let written = '';
  const bucket: Bucket = {
    ...mailbox.bucket,
    put: (target, body) => {
      written = target;
      return mailbox.bucket.put(target, body);
    },
  };
  const parking = new Parking({ bucket, log: () => undefined, prefix: mailbox.settings.prefix, requestId });
  // Read again: a replay may have settled some of it before the lease was taken.
  const body = await objectAt(mailbox, key);
  const letters = lettersIn(body);
  if (!letters) await parking.addWhole(key, body);
  else {
    await parking.add(key, letters);
    await bucket.delete(key);
  }
  return written;
}

import { decodeLetters } from '../../lib/letters/decode.ts';
import type { Layout } from '../../lib/letters/layout.ts';
import type { Letter } from '../../lib/types.ts';
import { Failure } from './failure.ts';
import type { Mailbox } from './settings.ts';

/**
 * The object of a key, which has to be one of dead letters: what else lies below the prefix is none of this command's.
 *
 * @throws Failure for another key, and for one that is not there
 */
export async function objectAt({ bucket, settings, layout }: Mailbox, key: string): Promise<Buffer> {
  if (!isLetterKey(layout, key)) {
    const where = `${layout.letters} or ${layout.parked}`;
    throw new Failure(
      `${plain(key)} is not under ${where}. Take a key that list shows, or check DEAD_LETTER_PREFIX (${settings.prefix}).`,
    );
  }
  const body = await bucket.get(key);
  if (body) return body;
  throw new Failure(`${plain(key)} is not in the bucket ${settings.bucket}; it may have been replayed. See list.`);
}

function isLetterKey({ letters, parked }: Layout, key: string): boolean {
  return [letters, parked].some((folder) => key.startsWith(folder) && key.length > folder.length);
}

/** The letters in an object's body; `undefined` when it cannot be read as such. */
export function lettersIn(body: Buffer): Letter[] | undefined {
  try {
    return decodeLetters(body);
  } catch {
    return undefined;
  }
}

/** Why a letter was written, in the words of the replay's receipt. */
export function reasonOf(letter: Letter): string {
  return letter.kind === 'range' ? `range:${letter.reason}` : letter.rejection.why;
}

/** What came from outside must not move the cursor of a terminal. */
export function plain(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

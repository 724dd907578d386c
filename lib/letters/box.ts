import type { Clock, Credentials } from '../types.ts';

/** Where dead letters are put. */
export interface LetterBox {
  /** Stores an object, replacing one of the same key. Rejects when it could not be stored after several attempts. */
  put(key: string, body: Uint8Array): Promise<void>;
}

export interface LetterBoxAccess {
  readonly bucket: string;
  readonly region: string;
  /** Host name or address; without one, the region's internal endpoint. */
  readonly endpoint?: string;
  readonly credentials: Credentials;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;

/** Opens the bucket. The OSS client is large and loaded with the first letter: a clean run does without it. */
export function openLetterBox(access: LetterBoxAccess, clock: Clock, random: () => number): LetterBox {
  let bucket: Promise<LetterBox> | undefined;
  const put = async (key: string, body: Uint8Array, attempt = 1): Promise<void> => {
    bucket ??= import('./oss.ts').then(({ openBucket }) => openBucket(access));
    try {
      await (await bucket).put(key, body);
    } catch (error) {
      if (attempt >= ATTEMPTS) throw error;
      await clock.sleep(random() * FIRST_PAUSE_MS * 4 ** attempt);
      await put(key, body, attempt + 1);
    }
  };
  return { put };
}

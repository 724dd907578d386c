import type { Bucket } from '../../lib/letters/bucket.ts';
import type { Layout } from '../../lib/letters/layout.ts';
import { toFlat } from '../../lib/record.ts';
import type { Json, Letter } from '../../lib/types.ts';
import { Failure } from '../letters/failure.ts';
import { lettersIn, objectAt, reasonOf } from '../letters/objects.ts';
import type { Mailbox } from '../letters/settings.ts';
import { type Summary, survey } from '../letters/survey.ts';

/** An object of dead letters as the page lists it. Times are Unix milliseconds. */
export interface LetterObject {
  readonly key: string;
  readonly bytes: number;
  readonly parked: boolean;
  readonly letters: number;
  readonly oldest: number;
  readonly why: Readonly<Record<string, number>>;
}

/** What a replay came to: its receipt, or why there was none. */
export type ReplayOutcome = { readonly receipt: Json } | { readonly error: string };

/** The dead letters of a bucket, and what can be done about them. */
export interface LetterDesk {
  readonly place: string;
  mark(): string;
  /** @throws Error that says why they cannot be listed */
  list(): Promise<readonly LetterObject[]>;
  /** Some letters of an object, records included. @throws Failure for a key that is none of letters */
  letters(key: string, from: number): Promise<{ readonly letters: readonly Json[]; readonly of: number }>;
  /** Runs the built replay function over one object, or over all that wait. */
  replay(key: string | undefined): Promise<ReplayOutcome>;
}

export interface DeskOptions {
  readonly mailbox: Mailbox;
  readonly mark: () => string;
  readonly replay: (key: string | undefined) => Promise<ReplayOutcome>;
}

/** An answer with whole records stays small enough to be shown. */
const PAGE = 20;

/** Opens the dead letters of a bucket. */
export function openDesk({ mailbox, mark, replay }: DeskOptions): LetterDesk {
  const { bucket, settings, layout } = mailbox;
  return {
    place: `oss://${settings.bucket}/${layout.letters}`,
    mark,
    list: () => listed(bucket, layout),
    async letters(key, from) {
      const letters = lettersIn(await objectAt(mailbox, key));
      if (!letters) throw new Failure('This object holds no letters that can be read; the next replay parks it.');
      return { letters: letters.slice(from, from + PAGE).map(shown), of: letters.length };
    },
    replay,
  };
}

/** Stands where there is no bucket to look into; says why. */
export function closedDesk(reason: string): LetterDesk {
  const refuse = () => Promise.reject(new Failure(reason));
  return { place: '', mark: () => '', list: refuse, letters: refuse, replay: async () => ({ error: reason }) };
}

async function listed(bucket: Bucket, layout: Layout): Promise<LetterObject[]> {
  const folders = [layout.letters, layout.parked];
  const found = await Promise.all(folders.map((folder) => survey(bucket, folder, () => undefined)));
  return found.flatMap((summaries, i) => summaries.map((summary) => objectOf(summary, i === 1)));
}

function objectOf({ key, bytes, why }: Summary, parked: boolean): LetterObject {
  const counts = [...why.values()];
  return {
    ...{ key, bytes, parked },
    letters: counts.reduce((sum, { letters }) => sum + letters, 0),
    oldest: counts.reduce((oldest, count) => Math.min(oldest, count.oldest), Number.MAX_SAFE_INTEGER),
    why: Object.fromEntries([...why].map(([reason, { letters }]) => [reason, letters])),
  };
}

function shown(letter: Letter): Json {
  const { kind, requestId, replays, firstFailedAt, lastFailedAt } = letter;
  const base = { kind, requestId, replays, firstFailedAt, lastFailedAt, reason: reasonOf(letter) };
  if (letter.kind === 'range') return { ...base, message: letter.message, range: { ...letter.range } };
  const { why: _, ...rejection } = letter.rejection;
  const { position, ...origin } = letter.origin;
  return {
    ...base,
    ...rejection,
    origin: { ...origin, ...(position && { position: { ...position } }) },
    record: toFlat(letter.record),
  };
}

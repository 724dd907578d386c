import { gzipSync } from 'node:zlib';
import { toFlat } from '../record.ts';
import type { Json, Letter } from '../types.ts';

/** The version of the letters' shape, in every line and in every key. */
export const VERSION = 1;

/** Letters as gzipped NDJSON, one line each: what an object in the dead-letter bucket holds. */
export function encodeLetters(letters: readonly Letter[]): Buffer {
  return gzipSync(letters.map((letter) => `${JSON.stringify(toLine(letter))}\n`).join(''));
}

function toLine(letter: Letter): Record<string, Json | undefined> {
  const { kind, requestId, replays } = letter;
  const head = { v: VERSION, kind };
  const tail = {
    requestId,
    replays,
    firstFailedAt: new Date(letter.firstFailedAt).toISOString(),
    lastFailedAt: new Date(letter.lastFailedAt).toISOString(),
  };
  if (letter.kind === 'range') {
    return { ...head, why: letter.reason, message: letter.message, ...tail, range: { ...letter.range } };
  }
  const { position, ...origin } = letter.origin;
  const from = { ...origin, ...(position && { position: { ...position } }) };
  const { identity } = letter;
  const known = identity && { identity: { ...identity } };
  return { ...head, ...letter.rejection, ...tail, origin: from, ...known, record: toFlat(letter.record) };
}

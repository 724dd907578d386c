import { gunzipSync } from 'node:zlib';
import type { Env } from '../../lib/config.ts';
import { decodeLetters } from '../../lib/letters/decode.ts';
import { toFlat } from '../../lib/record.ts';
import type { Letter } from '../../lib/types.ts';
import { Failure } from './failure.ts';
import { objectAt, plain, reasonOf } from './objects.ts';
import { openMailbox } from './settings.ts';

/**
 * Prints the letters of one object, records included: to the person who asked, on their own terminal.
 *
 * @throws Failure for a key that is not there or an object that is none of letters
 */
export async function show(env: Env, key: string, json: boolean): Promise<void> {
  const body = await objectAt(openMailbox(env), key);
  if (json) {
    process.stdout.write(read(key, () => gunzipSync(body).toString('utf8')));
    return;
  }
  const letters = read(key, () => decodeLetters(body));
  console.log(letters.map((letter, i) => textOf(letter, `letter ${i + 1} of ${letters.length}`)).join('\n\n'));
}

function read<T>(key: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    const next = 'show --json prints its lines as they are; the next replay moves it to parked/.';
    throw new Failure(`${plain(key)} does not hold dead letters: ${(error as Error).message}. ${next}`);
  }
}

function textOf(letter: Letter, title: string): string {
  const lines = [...rowsOf(letter)].map(([name, value]) => `  ${name.padEnd(9)}  ${value}`);
  return plain([`${title}: ${reasonOf(letter)}`, ...lines].join('\n'));
}

function* rowsOf(letter: Letter): Generator<readonly [name: string, value: string]> {
  const { replays, firstFailedAt, lastFailedAt, requestId } = letter;
  const rejection = letter.kind === 'record' ? letter.rejection : undefined;
  yield ['message', oneLine(rejection?.message ?? (letter.kind === 'range' ? letter.message : ''))];
  if (rejection && 'attempts' in rejection) {
    if (rejection.status !== undefined) yield ['status', `${rejection.status}`];
    yield ['attempts', `${rejection.attempts}`];
  }
  yield ['replays', `${replays} in vain`];
  yield ['failed', `first ${iso(firstFailedAt)}, last ${iso(lastFailedAt)}`];
  yield ['request', requestId];
  yield* contentOf(letter);
}

function* contentOf(letter: Letter): Generator<readonly [name: string, value: string]> {
  if (letter.kind === 'range') {
    const { begin, end, endpoint } = letter.range;
    yield ['shard', placeOf(letter.range)];
    yield ['range', `from ${begin} to ${end}`];
    yield ['endpoint', endpoint];
    return;
  }
  const { position } = letter.origin;
  yield ['shard', placeOf(letter.origin)];
  if (position) yield ['position', `page ${position.cursor}, group ${position.group}, log ${position.index}`];
  yield ['record', JSON.stringify(toFlat(letter.record), null, 2).replaceAll('\n', '\n  ')];
}

function placeOf({ project, logstore, shard }: { project: string; logstore: string; shard: number }): string {
  return `${project}/${logstore}/${shard}`;
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

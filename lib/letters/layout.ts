import { VERSION } from './encode.ts';

/** Below a prefix of the bucket: `v1/` holds letters to be replayed, `parked/` those that were given up. */
export interface Layout {
  readonly letters: string;
  readonly parked: string;
}

/** The folders below `prefix`. */
export function layoutOf(prefix: string): Layout {
  return { letters: below(prefix, `v${VERSION}/`), parked: below(prefix, `parked/v${VERSION}/`) };
}

/** The key of `path` below `prefix`. OSS refuses a key that begins with a slash. */
export function below(prefix: string, path: string): string {
  return prefix === '' ? path : `${prefix}/${path}`;
}

/** Where an object goes when it is given up: the same path below `parked/`. */
export function parkedKey(prefix: string, key: string): string {
  const { letters, parked } = layoutOf(prefix);
  return key.startsWith(letters) ? parked + key.slice(letters.length) : key;
}

/**
 * What the keys begin with that `asked` means: whole keys, or paths below the folder of the letters; `parked/` alone or
 * with a path means the letters that were given up.
 */
export function searched(prefix: string, asked: string): string {
  const { letters, parked } = layoutOf(prefix);
  if (asked.startsWith(letters) || asked.startsWith(parked)) return asked;
  return asked.startsWith('parked/') ? parked + asked.slice('parked/'.length) : letters + asked;
}

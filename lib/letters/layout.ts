import { VERSION } from './encode.ts';

/** Below a prefix of the bucket: `v1/` holds letters to be replayed, `parked/` those that were given up. */
export interface Layout {
  readonly letters: string;
  readonly parked: string;
}

/** The folders below `prefix`. */
export function layoutOf(prefix: string): Layout {
  return { letters: `${prefix}/v${VERSION}/`, parked: `${prefix}/parked/v${VERSION}/` };
}

/** Where an object goes when it is given up: the same path below `parked/`. */
export function parkedKey(prefix: string, key: string): string {
  const { letters, parked } = layoutOf(prefix);
  return key.startsWith(letters) ? parked + key.slice(letters.length) : key;
}

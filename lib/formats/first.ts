import { readHigress } from './higress.ts';
import type { Line } from './line/line.ts';
import type { Reader, Readers } from './options.ts';
import { readSeed } from './seed.ts';

/** The readers of what most logstores hold. What they read, all readers together read alike. */
export const FIRST: Readers = [
  ['seed', unlessSpan(readSeed)],
  ['higress', unlessSpan(readHigress)],
];

/** A span may have attributes of any name, and another reader is asked for it before these. */
function unlessSpan(reader: Reader): Reader {
  return (line, options) => (isSpan(line) ? undefined : reader(line, options));
}

function isSpan({ fields }: Line): boolean {
  return ['spanID', 'spanId', 'span_id'].some((name) => fields.has(name));
}

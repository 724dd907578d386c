import { BODY_FIELDS, type GatewayReader, noBodies } from './gateway/content.ts';
import { readHigress } from './higress.ts';
import type { Line } from './line/line.ts';
import type { Reader, Readers } from './options.ts';
import { readSeed } from './seed.ts';

/** The readers of what most logstores hold. What they read, all readers together read alike. */
export const FIRST: Readers = [
  ['seed', ofPlainLines(readSeed)],
  ['higress', ofPlainLines(readHigress)],
];

/**
 * Lines that need more than these readers are left to all of them: a span, which may have attributes of any name and which
 * another reader is asked for before these, and a line with the bodies of its request.
 */
function ofPlainLines(reader: GatewayReader): Reader {
  return (line, options) => (isPlain(line) ? reader(line, options, noBodies) : undefined);
}

const OTHERS: readonly string[] = ['spanID', 'spanId', 'span_id', ...BODY_FIELDS];

function isPlain({ fields }: Line): boolean {
  return !OTHERS.some((name) => fields.has(name));
}

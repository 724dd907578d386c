/** CRC-64 with the ECMA-182 polynomial, reflected; in two halves of 32 bits, because BigInt is slow for each byte. */
const POLYNOMIAL = 0xc96c5795d7870f42n;

interface Table {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

let table: Table | undefined;

/** The decimal text of `x-oss-hash-crc64ecma`. */
export function crc64(bytes: Uint8Array): string {
  table ??= makeTable();
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (table.low[index] ?? 0);
    high = (high >>> 8) ^ (table.high[index] ?? 0);
  }
  return ((BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0)).toString();
}

function makeTable(): Table {
  const made = { high: new Uint32Array(256), low: new Uint32Array(256) };
  for (let index = 0; index < 256; index += 1) {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1n) === 1n ? (value >> 1n) ^ POLYNOMIAL : value >> 1n;
    made.high[index] = Number(value >> 32n);
    made.low[index] = Number(value & 0xffffffffn);
  }
  return made;
}

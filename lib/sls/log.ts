import { isUtf8 } from 'node:buffer';
import type { LogRecord, Position } from '../types.ts';
import { BYTES, FIXED32, VARINT, type WireReader } from './wire.ts';

/** What all logs of a group have in common. */
export interface Shared {
  readonly topic: string;
  readonly source: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** Fields of `log.proto` (aliyun-log-go-sdk) as `number << 3 | wire type`. */
const LOG_TIME = (1 << 3) | VARINT;
const LOG_CONTENT = (2 << 3) | BYTES;
const LOG_TIME_NS = (4 << 3) | FIXED32;
const PAIR_KEY = (1 << 3) | BYTES;
const PAIR_VALUE = (2 << 3) | BYTES;

/** Steps over a log as it will be read. Throws SlsFormatError. */
export function checkLog(reader: WireReader, end: number): void {
  reader.end = end;
  while (reader.at < end) {
    const key = reader.key();
    if (key === LOG_CONTENT) {
      readPair(reader);
      reader.end = end;
    } else if (key === LOG_TIME) reader.uint32();
    else if (key === LOG_TIME_NS) reader.fixed32();
    else reader.skip(key);
  }
}

/** Reads the log between `at` and `end` of the reader, which was checked. */
export function readLog(
  reader: WireReader,
  names: NameCache,
  { topic, source, tags }: Shared,
  position: Position,
): LogRecord {
  const { bytes, end } = reader;
  const fields = new Map<string, string>();
  const broken = new Map<string, string>();
  let time = 0;
  let timeNs: number | undefined;
  for (let ordinal = 0; reader.at < end; ) {
    const key = reader.key();
    if (key === LOG_CONTENT) {
      const pair = readPair(reader);
      reader.end = end;
      const name = names.read(bytes, pair.keyStart, pair.keyEnd, ordinal++);
      const value = text(bytes, pair.valueStart, pair.valueEnd);
      fields.set(name, value);
      noteBroken(broken, name, value, bytes, pair);
    } else if (key === LOG_TIME) time = reader.uint32();
    else if (key === LOG_TIME_NS) timeNs = reader.fixed32();
    else reader.skip(key);
  }
  const record: LogRecord = { fields, time, source, topic, tags, position };
  if (timeNs === undefined && broken.size === 0) return record;
  return { ...record, ...(timeNs !== undefined && { timeNs }), ...(broken.size > 0 && { undecodable: broken }) };
}

interface Pair {
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
}

/** What was read last, to be used at once: an object for each of the thirty pairs of a log would be as many pieces of garbage. */
const pair: Pair = { keyStart: 0, keyEnd: 0, valueStart: 0, valueEnd: 0 };

/** Reads a key and value message, leaving `reader.end` at its end; an absent part is an empty stretch. */
export function readPair(reader: WireReader): Pair {
  const end = reader.sized();
  pair.keyStart = pair.keyEnd = pair.valueStart = pair.valueEnd = 0;
  reader.end = end;
  while (reader.at < end) {
    const key = reader.key();
    if (key === PAIR_KEY) {
      pair.keyEnd = reader.sized();
      pair.keyStart = reader.at;
      reader.at = pair.keyEnd;
    } else if (key === PAIR_VALUE) {
      pair.valueEnd = reader.sized();
      pair.valueStart = reader.at;
      reader.at = pair.valueEnd;
    } else reader.skip(key);
  }
  return pair;
}

/** Of a repeated field the last value counts, so its predecessor's bytes must not stay behind. */
function noteBroken(broken: Map<string, string>, name: string, value: string, bytes: Buffer, pair: Pair): void {
  const isBroken = value.includes('\uFFFD') && !isUtf8(bytes.subarray(pair.valueStart, pair.valueEnd));
  if (isBroken) broken.set(name, bytes.toString('base64', pair.valueStart, pair.valueEnd));
  else if (broken.size > 0) broken.delete(name);
}

/** What is not UTF-8 becomes replacement characters; BOM and NUL stay. */
export function text(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end);
}

/** Logs of one shard mostly carry the same names in the same order: comparing bytes is cheaper than decoding them. */
export class NameCache {
  readonly #known: { readonly name: string; readonly bytes: Buffer }[] = [];

  read(bytes: Buffer, start: number, end: number, ordinal: number): string {
    const known = this.#known[ordinal];
    if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known.name;
    const name = text(bytes, start, end);
    this.#known[ordinal] = { name, bytes: bytes.subarray(start, end) };
    return name;
  }
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}

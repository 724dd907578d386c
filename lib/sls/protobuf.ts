import { isUtf8 } from 'node:buffer';
import type { LogRecord, LogRecords, Position } from '../types.ts';
import { BYTES, FIXED32, VARINT, WireReader } from './wire.ts';

export interface LogGroupList {
  readonly groups: number;
  readonly records: LogRecords;
}

interface Group {
  readonly topic: string;
  readonly source: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Where each of its logs begins and ends, in turn. */
  readonly logs: readonly number[];
  /** Logs of the groups before it. */
  readonly before: number;
}

/** Fields of `log.proto` (aliyun-log-go-sdk) as `number << 3 | wire type`. */
const LIST_GROUP = (1 << 3) | BYTES;
const GROUP_LOG = (1 << 3) | BYTES;
const GROUP_TOPIC = (3 << 3) | BYTES;
const GROUP_SOURCE = (4 << 3) | BYTES;
const GROUP_TAG = (6 << 3) | BYTES;
const LOG_TIME = (1 << 3) | VARINT;
const LOG_CONTENT = (2 << 3) | BYTES;
const LOG_TIME_NS = (4 << 3) | FIXED32;
const PAIR_KEY = (1 << 3) | BYTES;
const PAIR_VALUE = (2 << 3) | BYTES;

/**
 * Checks a `LogGroupList` and returns its records, one for each log, in order; `cursor` goes into their positions. Text is
 * taken as it stands (BOM and NUL kept). A value that is not UTF-8 shows replacement characters and keeps its bytes in
 * `undecodable`. Throws SlsFormatError; the records themselves throw nothing. Source: `log.proto` of aliyun-log-go-sdk.
 */
export function readLogGroupList(bytes: Buffer, cursor: string): LogGroupList {
  const reader = new WireReader(bytes);
  const groups: Group[] = [];
  let logs = 0;
  while (reader.at < bytes.length) {
    reader.end = bytes.length;
    const key = reader.key();
    if (key !== LIST_GROUP) {
      reader.skip(key);
      continue;
    }
    const end = reader.sized();
    const group = scanGroup(reader, end, logs);
    groups.push(group);
    logs += group.logs.length / 2;
    reader.at = end;
  }
  return { groups: groups.length, records: new PageRecords(bytes, cursor, groups, logs) };
}

/** The records of a page. They are read when they are asked for, so that the page's bytes are all that is held of them. */
class PageRecords implements LogRecords {
  readonly length: number;
  readonly #reader: WireReader;
  readonly #names = new NameCache();
  readonly #cursor: string;
  readonly #groups: readonly Group[];

  constructor(bytes: Buffer, cursor: string, groups: readonly Group[], length: number) {
    this.#reader = new WireReader(bytes);
    this.#cursor = cursor;
    this.#groups = groups;
    this.length = length;
  }

  at(index: number): LogRecord | undefined {
    const number = this.#groups.findLastIndex(({ before }) => before <= index);
    const group = this.#groups[number];
    return group && index < this.length ? this.#read(group, number, index - group.before) : undefined;
  }

  *[Symbol.iterator](): Generator<LogRecord, void> {
    for (const [number, group] of this.#groups.entries()) {
      for (let index = 0; index < group.logs.length / 2; index++) yield this.#read(group, number, index);
    }
  }

  #read(group: Group, number: number, index: number): LogRecord {
    this.#reader.at = group.logs[2 * index] as number;
    this.#reader.end = group.logs[2 * index + 1] as number;
    return readLog(this.#reader, this.#names, group, { cursor: this.#cursor, group: number, index });
  }
}

/** Topic, source and tags may follow the logs they belong to, so the logs are only located and checked here. */
function scanGroup(reader: WireReader, end: number, before: number): Group {
  const tags = new Map<string, string>();
  const logs: number[] = [];
  let topic = '';
  let source = '';
  reader.end = end;
  while (reader.at < end) {
    const key = reader.key();
    if (key === GROUP_LOG) {
      const logEnd = reader.sized();
      logs.push(reader.at, logEnd);
      checkLog(reader, logEnd);
      reader.end = end;
    } else if (key === GROUP_TOPIC) topic = readText(reader);
    else if (key === GROUP_SOURCE) source = readText(reader);
    else if (key === GROUP_TAG) readTag(reader, tags);
    else reader.skip(key);
  }
  return { topic, source, tags, logs, before };
}

function readTag(reader: WireReader, tags: Map<string, string>): void {
  const outer = reader.end;
  const pair = readPair(reader);
  tags.set(text(reader.bytes, pair.keyStart, pair.keyEnd), text(reader.bytes, pair.valueStart, pair.valueEnd));
  reader.end = outer;
}

/** Steps over a log as it will be read. Throws SlsFormatError. */
function checkLog(reader: WireReader, end: number): void {
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

function readLog(reader: WireReader, names: NameCache, { topic, source, tags }: Group, position: Position): LogRecord {
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

/** The pair that was read last: an object for each of some thirty pairs of a log would be as many pieces of garbage. */
const pair: Pair = { keyStart: 0, keyEnd: 0, valueStart: 0, valueEnd: 0 };

/** Reads a key and value message, leaving `reader.end` at its end; an absent part is an empty stretch. */
function readPair(reader: WireReader): Pair {
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

function readText(reader: WireReader): string {
  const end = reader.sized();
  const value = text(reader.bytes, reader.at, end);
  reader.at = end;
  return value;
}

function text(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end);
}

/** Logs of one shard mostly carry the same names in the same order: comparing bytes is cheaper than decoding them. */
class NameCache {
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

import type { LogRecord, LogRecords } from '../types.ts';
import { checkLog, NameCache, readLog, readPair, type Shared, text } from './log.ts';
import { BYTES, WireReader } from './wire.ts';

export interface LogGroupList {
  readonly groups: number;
  readonly records: LogRecords;
}

interface Group extends Shared {
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

function readText(reader: WireReader): string {
  const end = reader.sized();
  const value = text(reader.bytes, reader.at, end);
  reader.at = end;
  return value;
}

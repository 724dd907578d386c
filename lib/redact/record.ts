import type { LogRecord } from '../types.ts';
import { changeText, type TextChange } from './value.ts';

/** What makes a call the call it is: a change would show it twice, or at another time. */
const IDENTITY: ReadonlySet<string> = new Set([
  ...['traceid', 'spanid', 'parentspanid', 'requestid', 'xrequestid'],
  ...['time', 'timestamp', 'start', 'end', 'duration', 'starttime', 'endtime', 'startedat', 'completionstarttime'],
]);
/** Fields in which a log agent without a parser puts the whole line: its keys are the fields. */
const LINE_FIELDS: ReadonlySet<string> = new Set(['content', 'message', 'log', '_raw_']);

/** What is done to a record's values; `named` gives the change for a field of the call's identity that asks for one. */
export interface RecordChange {
  readonly text: TextChange;
  named(plainName: string): TextChange | undefined;
}

/** The letters and digits of a name, in lower case: `trace_id`, `traceID` and `trace-id` are one name. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/**
 * The record with `change` applied to the values of its fields and of the tags that users set; the same record when
 * nothing changes. Ids and times of the call stay, `undecodable` goes: its bytes cannot be looked into.
 */
export function changeRecord(record: LogRecord, change: RecordChange): LogRecord {
  const fields = changeMap(record.fields, (name, value) => changeField(name, value, change));
  // Tags such as `__hostname__` are the log service's own and are not passed on.
  const tags = changeMap(record.tags, (name, value) => (name.startsWith('__') ? value : change.text(value)));
  if (fields === record.fields && tags === record.tags && !record.undecodable) return record;
  const { undecodable: _, ...rest } = record;
  return { ...rest, fields, tags };
}

function changeField(name: string, value: string, change: RecordChange): string {
  if (isIdentity(name)) return change.named(plainName(name))?.(value) ?? value;
  return LINE_FIELDS.has(name) ? changeLine(value, change.text) : changeText(value, change.text);
}

function isIdentity(name: string): boolean {
  return IDENTITY.has(plainName(name));
}

/** A line may begin with what a container runtime or syslog puts in front of the JSON. */
function changeLine(line: string, change: TextChange): string {
  const start = Math.max(0, line.indexOf('{'));
  const head = line.slice(0, start);
  // A head with a bracket or a quote in it is a beginning of JSON itself, or a text.
  return /["[]/.test(head)
    ? changeText(line, change)
    : change(head) + changeText(line.slice(start), change, isIdentity);
}

function changeMap(
  map: ReadonlyMap<string, string>,
  change: (name: string, value: string) => string,
): ReadonlyMap<string, string> {
  let isChanged = false;
  const entries = [...map].map(([name, value]): [string, string] => {
    const changed = change(name, value);
    isChanged ||= changed !== value;
    return [name, changed];
  });
  return isChanged ? new Map(entries) : map;
}

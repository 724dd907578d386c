import type { Json, JsonObject } from '../../types.ts';
import type { Line } from '../line/line.ts';
import { withoutPrefix } from '../line/prefix.ts';
import { salvage } from '../line/salvage.ts';
import { LINE_FIELDS } from '../line/unwrap.ts';
import { isObject, parseJson } from '../values/values.ts';

/** What new-api (QuantumNous/new-api, `model/log.go` and `logger/logger.go`) wrote of a call. */
export interface ConsumeLine {
  readonly failed: boolean;
  /** The line's own time, without a zone. */
  readonly time?: string | undefined;
  readonly requestId?: string | undefined;
  /** The whole message. */
  readonly message: string;
  /** Its values under snake_case names; `undefined` when the message names none. */
  readonly values?: JsonObject | undefined;
  /** The JSON of which only a part could be read. */
  readonly damaged?: string | undefined;
}

const HEADER =
  /^\[\w{1,8}\]\s{1,4}(\d{4})\/(\d\d)\/(\d\d) - (\d\d:\d\d:\d\d)\s{0,4}\|\s{0,4}(?:([^|\s]{1,256})\s{1,4}\|\s{0,4})?/;
const MESSAGE = /^record (consume|error) log: ?/;
/** Where the JSON begins, a few short pairs into the message. */
const PARAMS = /(?:^|, )params=/;
const MAX_HEAD = 512;

const SCALARS = [
  ...['channel_id', 'prompt_tokens', 'completion_tokens', 'model_name', 'token_name', 'quota', 'content', 'token_id'],
  ...['use_time_seconds', 'use_time_ms', 'is_stream', 'group', 'other'],
];
const KEYS = [
  ...SCALARS,
  ...SCALARS.map((key) => key.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())),
];

/**
 * The line `[INFO] date - time | request id | record consume log: …` (or `record error log: …`) in one of the fields that
 * hold whole lines, behind any prefix. `undefined` when there is none.
 */
export function consumeLine(line: Line): ConsumeLine | undefined {
  for (const name of LINE_FIELDS) {
    const text = withoutPrefix(line.fields.get(name) ?? '');
    const header = HEADER.exec(text);
    const message = text.slice(header?.[0].length ?? 0);
    const kind = MESSAGE.exec(message);
    if (!kind) continue;
    const [, year, month, day, time, requestId] = header ?? [];
    const stated = header ? `${year}-${month}-${day} ${time}` : undefined;
    return {
      failed: kind[1] === 'error',
      time: stated,
      requestId,
      message,
      ...valuesIn(message.slice(kind[0].length)),
    };
  }
  return undefined;
}

function valuesIn(text: string): Pick<ConsumeLine, 'values' | 'damaged'> {
  const params = PARAMS.exec(text.slice(0, MAX_HEAD));
  if (!params) return { values: pairsOf(text) };
  const head = pairsOf(text.slice(0, params.index));
  const json = text.slice(params.index + params[0].length);
  const value = parseJson(json);
  if (isObject(value)) return { values: { ...head, ...snakeCased(value) } };
  const found = snakeCased(salvage(json, KEYS, new Set()));
  return { values: Object.keys(found).length > 0 ? { ...head, ...found } : undefined, damaged: json };
}

/** `userId=1, modelName=m, content=…`, as before there were params: the last one may hold anything. */
function pairsOf(text: string): JsonObject | undefined {
  const at = text.search(/(?:^|, )content=/);
  const head = text.slice(0, Math.min(at < 0 ? text.length : at, MAX_HEAD));
  const pairs = head.split(', ').map((pair) => /^([\p{L}\w]{1,40})=(.*)$/su.exec(pair));
  const found = pairs.flatMap((match): [string, Json][] => (match ? [[match[1] ?? '', match[2] ?? '']] : []));
  if (found.length === 0) return undefined;
  if (at >= 0) found.push(['content', text.slice(text.indexOf('content=', at) + 'content='.length)]);
  return snakeCased(Object.fromEntries(found));
}

/** Go's `ModelName` and `modelName` as `model_name`. */
function snakeCased(values: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase(), value]),
  );
}

/** An index of a logstore. Simple Log Service "CreateIndex". */
export interface Index {
  readonly line?: unknown;
  readonly keys?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

type Type = 'text' | 'long' | 'double';

const TOKENS = [
  ',',
  ' ',
  "'",
  '"',
  ';',
  '=',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '?',
  '@',
  '&',
  '<',
  '>',
  '/',
  ':',
  '\n',
  '\t',
  '\r',
];

/** What Function Compute writes beside a function's own lines. Function Compute 3.0 "Configure logging". */
const PLATFORM: Readonly<Record<Type, string>> = {
  text: `functionName serviceName qualifier versionId requestId instanceID hostname ipAddress operation triggerType errorType
    isColdStart hasFunctionError`,
  long: 'statusCode concurrentRequests aggPeriodSeconds rxBytes txBytes rxTotalBytes txTotalBytes',
  double: `durationMs invokeFunctionLatencyMs scheduleLatencyMs memoryMB memoryUsageMB memoryLimitMB memoryUsagePercent
    cpuPercent cpuQuotaPercent`,
};

/** What the lines of the functions hold (`LOG_FORMAT=json`), below `message`. */
const LINE: Readonly<Record<Type, string>> = {
  text: 'level message function project logstore requestId key code destination error release',
  long: `shard read delivered ranges pages bytes lagMs ms failedLines letters objects settled kept parked status
    lettered.unreadable lettered.oversize lettered.refused lettered.unavailable
    why.unreadable why.oversize why.refused why.unavailable why.deadline why.outage why.pull why.expired`,
  double: '',
};

const MESSAGE = 'message';

/** The index of the functions' log: full text, the platform's fields, and every number of a receipt. */
export const FUNCTION_LOG: Index = {
  line: { token: TOKENS, caseSensitive: false, chn: false },
  keys: { ...keysOf(PLATFORM), [MESSAGE]: json(keysOf(LINE)) },
  // Bytes of a field that queries can count with.
  max_text_len: 16_384,
};

/** The index of the trigger's log: full text. */
export const TRIGGER_LOG: Index = { line: { token: TOKENS, caseSensitive: false, chn: false } };

function keysOf(types: Readonly<Record<Type, string>>): Record<string, unknown> {
  const lists = Object.entries(types).map(([type, names]) => [type, names.split(/\s+/).filter(Boolean)] as const);
  return Object.fromEntries(lists.flatMap(([type, names]) => names.map((name) => [name, key(type)] as const)));
}

function key(type: string): Readonly<Record<string, unknown>> {
  const common = { type, doc_value: true, alias: '' };
  return type === 'text' ? { ...common, token: TOKENS, caseSensitive: false, chn: false } : common;
}

function json(json_keys: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...key('text'), type: 'json', index_all: true, max_depth: -1, json_keys };
}

/** What an existing index has to get, as lines, and the index with it. What is in it stays, but for the type of `message`. */
export interface Addition {
  readonly notes: readonly string[];
  readonly index: Index;
}

/** What `wanted` adds to the index of a logstore. */
export function additionTo(before: Index, wanted: Index): Addition {
  const keys = before.keys ?? {};
  const missing = Object.entries(wanted.keys ?? {}).filter(([name]) => name !== MESSAGE && !Object.hasOwn(keys, name));
  const lines = messageAddition(keys[MESSAGE], wanted.keys?.[MESSAGE]);
  const notes = [
    ...(before.line === undefined && wanted.line !== undefined ? ['+ full text'] : []),
    ...missing.map(([name]) => `+ ${name}`),
    ...lines.notes,
  ];
  const message = lines.key === undefined ? {} : { [MESSAGE]: lines.key };
  const all = { ...keys, ...Object.fromEntries(missing), ...message };
  const line = before.line ?? wanted.line;
  const index = { ...settingsOf(before), ...(line !== undefined && { line }), keys: all };
  return { notes, index: { ...index, ...(wanted.max_text_len !== undefined && longest(before, wanted)) } };
}

function messageAddition(before: unknown, wanted: unknown): { readonly notes: string[]; readonly key: unknown } {
  if (wanted === undefined) return { notes: [], key: before };
  const [old, own] = [before, wanted].map((value) => (value ?? {}) as Readonly<Record<string, unknown>>);
  if (old?.type !== 'json') return { notes: [`+ ${MESSAGE} as JSON`], key: wanted };
  const known = (old.json_keys ?? {}) as Readonly<Record<string, unknown>>;
  const missing = Object.entries(own?.json_keys ?? {}).filter(([name]) => !Object.hasOwn(known, name));
  const merged = { ...old, json_keys: { ...known, ...Object.fromEntries(missing) } };
  return { notes: missing.map(([name]) => `+ ${MESSAGE}.${name}`), key: merged };
}

/** What UpdateIndex takes of what GetIndex tells. */
function settingsOf(before: Index): Index {
  const names = ['log_reduce', 'log_reduce_white_list', 'log_reduce_black_list', 'max_text_len'];
  return Object.fromEntries(names.filter((name) => Object.hasOwn(before, name)).map((name) => [name, before[name]]));
}

function longest(before: Index, wanted: Index): Pick<Index, string> {
  const most = Math.max(Number(before.max_text_len ?? 0) || 0, Number(wanted.max_text_len));
  return { max_text_len: most };
}

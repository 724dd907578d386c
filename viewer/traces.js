const LEVELS = ['DEBUG', 'DEFAULT', 'WARNING', 'ERROR'];

/** Gathers calls into traces, the newest first. Times are Unix milliseconds; `first` is the wait for the first token. */
export function tracesOf(calls) {
  const groups = new Map();
  for (const call of calls) {
    const group = groups.get(call.traceId);
    if (group) group.push(call);
    else groups.set(call.traceId, [call]);
  }
  return [...groups].map(traceOf).sort((a, b) => b.start - a.start || (a.id < b.id ? -1 : 1));
}

function traceOf([id, calls]) {
  calls.sort((a, b) => a.start - b.start);
  const ids = new Set(calls.map((call) => call.id));
  const root = calls.find(({ parentId }) => parentId === undefined || !ids.has(parentId)) ?? calls[0];
  const one = (key) => root[key] ?? calls.find((call) => call[key] !== undefined)?.[key];
  const firsts = calls.flatMap((call) => (call.first === undefined ? [] : [call.first]));
  const start = calls[0].start;
  return {
    ...{ id, calls, start },
    name: one('traceName') ?? root.name,
    user: one('user'),
    session: one('session'),
    models: [...new Set(calls.flatMap(({ model }) => model ?? []))],
    level: calls.map(({ level }) => level).reduce(worse),
    end: calls.reduce((end, call) => Math.max(end, call.end), start),
    first: firsts.length > 0 ? Math.min(...firsts) - start : undefined,
    tokens: sumOf(calls, 'tokens'),
    cost: sumOf(calls, 'cost'),
    words: wordsOf(id, calls),
  };
}

const worse = (a, b) => (LEVELS.indexOf(b) > LEVELS.indexOf(a) ? b : a);

/** `undefined` where none says anything. */
function sumOf(calls, key) {
  const known = calls.flatMap((call) => call[key] ?? []);
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : undefined;
}

function wordsOf(id, calls) {
  const words = calls.flatMap((call) =>
    ['id', 'name', 'traceName', 'model', 'user', 'session'].map((key) => call[key]),
  );
  return [...new Set([id, ...words])].join('\n').toLowerCase();
}

/** Calls as a tree in the order of their begin, each with its depth. What has no parent here, or is in a ring, is a root. */
export function treeOf(calls) {
  const ids = new Set(calls.map(({ id }) => id));
  const sorted = calls.toSorted((a, b) => a.start - b.start);
  const children = Map.groupBy(sorted, ({ parentId }) => (ids.has(parentId) ? parentId : undefined));
  const seen = new Set();
  const rows = [];
  const walk = (top) => {
    const left = [{ call: top, depth: 0 }];
    while (left.length > 0) {
      const next = left.pop();
      if (seen.has(next.call)) continue;
      seen.add(next.call);
      rows.push(next);
      const below = children.get(next.call.id) ?? [];
      left.push(...below.toReversed().map((call) => ({ call, depth: next.depth + 1 })));
    }
  };
  for (const call of children.get(undefined) ?? []) walk(call);
  for (const call of sorted) if (!seen.has(call)) walk(call);
  return rows;
}

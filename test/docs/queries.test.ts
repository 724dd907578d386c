import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../bin/build.ts';
import { sampleText } from '../../bin/stage.ts';
import type { Json, JsonObject } from '../../lib/types.ts';
import { sectionsOf } from './markdown.ts';
import { printed } from './printed.ts';

interface Chart {
  readonly title: string;
  readonly type: string;
  readonly search: { readonly logstore: string; readonly query: string; readonly start: string; readonly end: string };
  readonly display: {
    readonly xAxis: readonly string[];
    readonly yAxis: readonly string[];
    readonly xPos: number;
    readonly yPos: number;
    readonly width: number;
    readonly height: number;
  };
}

interface Alert {
  readonly name: string;
  readonly displayName: string;
  readonly type: string;
  readonly schedule: { readonly type: string; readonly interval: string };
  readonly configuration: {
    readonly version: string;
    readonly queryList: readonly { readonly store: string; readonly query: string }[];
    readonly groupConfiguration: { readonly fields: readonly string[] };
    readonly severityConfigurations: readonly {
      readonly severity: number;
      readonly evalCondition: { readonly condition: string };
    }[];
    readonly annotations: readonly { readonly key: string; readonly value: string }[];
  };
}

const parsed = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, 'docs', name), 'utf8'));
const dashboard = parsed('dashboard.json') as { dashboardName: string; charts: Chart[] };
const alerts = parsed('alerts.json') as Alert[];
/** The width of a dashboard; a chart at the whole of it is 10 wide in the examples of CreateDashboard. */
const GRID = 10;
/** Function Compute "Request-level metric logs". */
const METRICS = ['functionName', 'hasFunctionError', 'durationMs', 'memoryUsageMB'];
/** What the Alibaba Cloud AI gateway adds to `ai_log`, beside what the samples have. Source: "Enable log delivery". */
const COMMERCIAL: JsonObject = { request_model: 'qwen-max' };
/** As Function Compute puts it before a line that a function prints. */
const BEFORE = '2026-11-21T07:00:00.000Z 1-6740a1b2-15f0c3d4-0123456789ab [verbose] ';

const oneLine = (query: string) => query.replace(/\s+/g, ' ').trim();
const documented = sectionsOf('docs/queries.md').flatMap(({ title, blocks }) =>
  blocks.filter((block) => block.startsWith('```sql')).map((block) => ({ title, query: oneLine(block.slice(6)) })),
);
const queries = [
  ...documented,
  ...dashboard.charts.map(({ title, search }) => ({ title: `chart ${title}`, query: search.query })),
  ...alerts.map(({ name, configuration }) => ({ title: name, query: configuration.queryList[0]?.query ?? '' })),
];
const own = queries.filter(({ query }) => query.includes('(message, '));

let lines: string[];
beforeAll(async () => {
  lines = await printed();
}, 60_000);

/** The lines that a query finds, as it looks for them. */
function found(query: string, log: string): string[] {
  const [, pattern = '$^'] = /regexp_extract_all\(message, '([^']+)'\)/.exec(query) ?? [];
  return log.match(new RegExp(pattern, 'g')) ?? [];
}

/** The fields that a query takes out of JSON: which JSON, and the field. */
function fieldsIn(query: string): [string, string][] {
  return [...query.matchAll(/json_extract(?:_scalar)?\((\w+), '\$\.(\w+)'\)/g)].map(([, of = '', field = '']) => [
    of,
    field,
  ]);
}

/** The names that the rows of a query's result have. */
function columnsOf(query: string): string[] {
  const aliases = [...query.matchAll(/ as (\w+)(?=,| from| order|$)/g)].map(([, name = '']) => name);
  const unnested = [...query.matchAll(/ as \w\((\w+)(?:, (\w+))?\)/g)].flatMap(([, a = '', b = '']) => [a, b]);
  const plain = [...query.matchAll(/select (\w+),/g)].map(([, name = '']) => name);
  return [...aliases, ...unnested, ...plain];
}

function objectsNamed(of: string): JsonObject[] {
  const receipts = lines.map((line) => JSON.parse(line) as JsonObject);
  if (of === 'line') return receipts;
  if (of === 'part')
    return receipts.flatMap(({ destinations }) => Object.values((destinations ?? {}) as JsonObject) as JsonObject[]);
  const records = sampleText()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { [name: string]: Json });
  return [...records.flatMap((record) => aiLogIn(record[of])), COMMERCIAL];
}

function aiLogIn(value: Json | undefined): JsonObject[] {
  try {
    return [JSON.parse(String(value)) as JsonObject];
  } catch {
    return [];
  }
}

describe('the functions print', () => {
  it.each(['shipped', 'dead letter written', 'replayed', 'dead letters parked'])('a line "%s"', (message) => {
    const said = lines.map((line) => JSON.parse(line) as { message: string });
    expect(said.map((line) => line.message)).toContain(message);
  });

  it.each(sectionsOf('docs/queries.md')[1]?.rows ?? [])(
    '%s at level %s with the fields that are told',
    (first, level, cell) => {
      const [, message = ''] = /`(.+?)(?: …|`)/.exec(first ?? '') ?? [];
      const matching = lines
        .map((line) => JSON.parse(line) as JsonObject)
        .filter((line) => String(line.message).startsWith(message));
      const known = new Set([...matching.flatMap((line) => Object.keys(line)), 'failedLines', 'gap', 'busy', 'status']);
      const told = [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
      // No sample makes SLS fail in the middle of a range.
      if (message === 'the rest of the range could not be pulled') return;
      expect(matching.map((line) => line.level)).toContain(level);
      expect(told.filter((name) => !known.has(name))).toEqual([]);
    },
  );
});

describe.each(queries)('the query $title', ({ query }) => {
  it('is one search and one statement, with what it opens closed', () => {
    expect(query.match(/(?<!\\)\|/g)).toHaveLength(1);
    const bare = query.replace(/'[^']*'/g, '');
    expect(bare).not.toContain("'");
    expect(bare.split('(').length).toBe(bare.split(')').length);
    expect(query).toMatch(/\| select /);
  });

  it('takes only fields that there are', () => {
    for (const [of, field] of fieldsIn(query)) {
      expect(
        objectsNamed(of).some((object) => Object.hasOwn(object, field)),
        `${field} of ${of}`,
      ).toBe(true);
    }
    const bare = query.replace(/'[^']*'/g, '').match(/\b[a-z]+[A-Z]\w*\b/g) ?? [];
    expect(bare.filter((name) => !METRICS.includes(name))).toEqual([]);
  });
});

describe.each(own)('in the function log $title', ({ query }) => {
  it.each([
    ['behind what Function Compute puts before them', (log: string[]) => log.map((line) => BEFORE + line).join('\n')],
    ['as they are, several in one log', (log: string[]) => log.join('\n')],
  ])('finds whole lines %s', (_, written) => {
    const matches = found(query, written(lines));
    expect(matches.length).toBeGreaterThan(0);
    expect(matches.filter((match) => !lines.includes(match))).toEqual([]);
  });

  it('searches for no words, which an index of JSON may not hold', () => {
    expect(query).toMatch(/^\* \|/);
  });

  it('takes each field from the very lines that it finds', () => {
    const objects = found(query, lines.join('\n')).map((line) => JSON.parse(line) as JsonObject);
    const missing = fieldsIn(query).filter(
      ([of, field]) => of === 'line' && !objects.some((o) => Object.hasOwn(o, field)),
    );
    expect(missing).toEqual([]);
  });
});

describe('the dashboard', () => {
  const { charts } = dashboard;

  it('has charts with names of their own, and queries of docs/queries.md', () => {
    expect(new Set(charts.map(({ title }) => title)).size).toBe(charts.length);
    const known = documented.map(({ query }) => query);
    expect(charts.filter(({ search }) => !known.includes(search.query)).map(({ title }) => title)).toEqual([]);
  });

  it('has charts inside its grid, none over another', () => {
    const cells = charts.flatMap(({ display: { xPos, yPos, width, height } }) =>
      Array.from({ length: width * height }, (_, i) => `${xPos + (i % width)},${yPos + Math.floor(i / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(charts.filter(({ display: { xPos, width } }) => xPos < 0 || width < 1 || xPos + width > GRID)).toEqual([]);
  });

  it.each(charts)('shows in $title columns that its query returns', ({ display, search }) => {
    const columns = columnsOf(search.query);
    expect([...display.xAxis, ...display.yAxis].filter((name) => !columns.includes(name))).toEqual([]);
    expect(search).toMatchObject({ start: '-86400s', end: 'now' });
    expect(search.logstore).toBe(search.query.includes('ai_log') ? 'access-log' : 'fc-function-log');
  });
});

describe('the alerts', () => {
  it('have names of their own, all told in docs/queries.md', () => {
    const told = sectionsOf('docs/queries.md').flatMap(({ rows }) =>
      rows.map(([first = '']) => first.replaceAll('`', '')),
    );
    const names = alerts.map(({ name }) => name);
    expect(told.filter((name) => name.startsWith('sls-langfuse-')).sort()).toEqual([...names].sort());
  });

  it.each(alerts)('$name judges and says columns that its query returns', ({ type, schedule, configuration }) => {
    const columns = columnsOf(configuration.queryList[0]?.query ?? '');
    const conditions = configuration.severityConfigurations.map(({ evalCondition }) => evalCondition.condition);
    const said = configuration.annotations.flatMap(({ value }) =>
      [...value.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name),
    );
    const used = [...conditions.map((condition) => /^(\w+) [<>] \d+$/.exec(condition)?.[1] ?? condition), ...said];
    expect([...used, ...configuration.groupConfiguration.fields].filter((name) => !columns.includes(name))).toEqual([]);
    expect({ type, version: configuration.version, rate: schedule.type }).toEqual({
      type: 'Alert',
      version: '2.0',
      rate: 'FixedRate',
    });
  });

  it.each(alerts)('$name names the worst severity first', ({ configuration }) => {
    const severities = configuration.severityConfigurations.map(({ severity }) => severity);
    expect(severities).toEqual([...severities].sort((a, b) => b - a));
    expect(severities.every((severity) => [2, 4, 6, 8, 10].includes(severity))).toBe(true);
  });
});

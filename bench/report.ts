import { type Column, table } from '../bin/table.ts';

/** One line of a benchmark's table: what was measured, and its figures by column. */
export interface Row {
  readonly name: string;
  readonly figures: Readonly<Record<string, number | string>>;
}

/** A limit that a measured ratio or figure is held against. */
export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** Whether the value has to stay at or below the limit, or at or above it. */
  readonly rule: 'at most' | 'at least';
}

export interface Report {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** What the figures do not say by themselves. */
  readonly notes: readonly string[];
}

/** How large a run is: `tiny` shows that it works, `quick` gives a first idea, `full` is what is compared. */
export type Size = 'tiny' | 'quick' | 'full';

export interface Benchmark {
  readonly name: string;
  readonly run: (size: Size) => Promise<Report>;
}

export function isMet({ value, limit, rule }: Goal): boolean {
  return rule === 'at most' ? value <= limit : value >= limit;
}

/** A report as text for a terminal: its table, its goals, its notes. */
export function printed({ title, rows, goals, notes }: Report): string {
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const columns: Column<Row>[] = [
    { title: '', value: ({ name }) => name },
    ...names.map((name): Column<Row> => ({ title: name, value: ({ figures }) => shown(figures[name]), right: true })),
  ];
  return [title, '', table(rows, columns), '', ...goals.map(goalLine), ...notes.map((note) => `  ${note}`)].join('\n');
}

function goalLine(goal: Goal): string {
  const { name, value, limit, rule } = goal;
  // "MISSED: 1.1 (at most 1.1)" would say nothing.
  const same = value !== limit && shown(value) === shown(limit);
  const figure = same ? value.toLocaleString('en-GB', { maximumFractionDigits: 5 }) : shown(value);
  return `  ${isMet(goal) ? 'met   ' : 'MISSED'}  ${name}: ${figure} (${rule} ${shown(limit)})`;
}

/** A number with three or four digits that count. */
function shown(value: number | string | undefined): string {
  if (typeof value !== 'number') return value ?? '';
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}

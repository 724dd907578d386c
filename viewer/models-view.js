import { stackedBars } from './chart.js';
import { div, empty, h, table } from './dom.js';
import { count, duration, money, quantile } from './format.js';

/** Models with a colour of their own; the others share the last. */
const COLOURS = 6;
const NONE = '(no model)';
const NOTHING = empty('No call to count yet', 'Calls and tokens of each model appear here when traces arrive.');
const TITLES = 'Model,Calls,Errors,Input tokens,Output tokens,All tokens,Cost,Median,95 %,First token'.split(',');

/** Calls and tokens of each model over time, and their sums in a table. */
export function openModelsView() {
  const element = div('page stack');
  return {
    element,
    update({ calls }) {
      element.replaceChildren(...(calls.length === 0 ? [NOTHING] : partsOf(calls)));
    },
  };
}

function partsOf(calls) {
  const models = [...Map.groupBy(calls, ({ model }) => model ?? NONE)].sort(([, a], [, b]) => b.length - a.length);
  const names = models.map(([name]) => name);
  const series = names.length > COLOURS + 1 ? [...names.slice(0, COLOURS), 'others'] : names;
  const index = new Map(names.map((name, i) => [name, Math.min(i, series.length - 1)]));
  const points = (amount) =>
    calls.map((call) => ({ time: call.start, series: index.get(call.model ?? NONE), value: amount(call) }));
  return [
    stackedBars({ title: 'Calls over time', unit: 'calls', points: points(() => 1), series }),
    stackedBars({ title: 'Tokens over time', unit: 'tokens', points: points(({ tokens = 0 }) => tokens), series }),
    table('Models', TITLES, models.map(cellsOf), 'number'),
  ];
}

function cellsOf([model, calls]) {
  const sum = (key) => calls.reduce((total, call) => total + (call[key] ?? 0), 0);
  const sorted = (times) => times.sort((a, b) => a - b);
  const times = sorted(calls.map(({ start, end }) => end - start));
  const firsts = sorted(calls.flatMap(({ start, first }) => (first === undefined ? [] : [first - start])));
  return [
    h('b', {}, model),
    count(calls.length),
    count(calls.filter(({ level }) => level === 'ERROR').length),
    ...['input', 'output', 'tokens'].map((key) => count(sum(key))),
    money(sum('cost') || undefined),
    ...[quantile(times, 0.5), quantile(times, 0.95), quantile(firsts, 0.5)].map(duration),
  ];
}

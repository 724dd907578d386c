import { div, h, s } from './dom.js';
import { clock, compact, day, moment, zone } from './format.js';
import { niceStep } from './waterfall.js';

const HEIGHT = 200;
const LEFT = 52;
const TOP = 12;
const BOTTOM = 160;
/** Widths of a bar in seconds. */
const SIZES = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400];

/**
 * Stacked bars over time. `points` have a time, the index of a series and a value; `series` are the names in order. Is
 * drawn at the width that it is given.
 */
export function stackedBars(chart) {
  const { title, series } = chart;
  const plot = div('plot');
  let drawn = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (Math.abs(contentRect.width - drawn) < 1) return;
    drawn = contentRect.width;
    plot.replaceChildren(drawing(drawn, chart));
  }).observe(plot);
  const legend = series.map((name, i) => h('span', {}, h('i', { style: { background: `var(--c${i})` } }), name));
  return div('card pad', h('b', {}, title), plot, div('legend line', ...legend));
}

function drawing(width, { title, unit, points, series }) {
  const inner = Math.max(50, width - LEFT - 8);
  const { from, size, bars } = bucketed(points, Math.max(8, Math.floor(inner / 22)));
  const most = Math.max(1, ...bars.map((bar) => bar.reduce((a, b) => a + b)));
  const step = Math.max(1, niceStep(most / 4));
  const top = Math.ceil(most / step) * step;
  const y = (value) => BOTTOM - ((BOTTOM - TOP) * value) / top;
  const wide = inner / bars.length;
  const place = (i) => ({ x: LEFT + i * wide, wide, y, unit, series, from: from + i * size });
  return s(
    'svg',
    { width, height: HEIGHT, role: 'img', 'aria-label': `${title}; the table below has the sums` },
    ...yAxis(width, top, step, y),
    ...bars.flatMap((bar, i) => stack(bar, place(i))),
    ...xAxis(width, { from, size, bars, wide }),
    label(4, HEIGHT - 4, unit),
    label(LEFT + inner / 2, HEIGHT - 4, `begin of the call (${zone()})`, 'middle'),
  );
}

const label = (x, y, text, anchor = 'start') => s('text', { x, y, 'text-anchor': anchor }, text);

/** Sums by bucket of time and series. */
function bucketed(points, most) {
  const times = points.map(({ time }) => time);
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  const size =
    SIZES.map((n) => n * 1000).find((n) => (last - first) / n < most - 1) ?? Math.ceil((last - first) / (most - 1));
  const from = Math.floor(first / size) * size;
  const kinds = points.reduce((n, { series }) => Math.max(n, series + 1), 0);
  const bars = Array.from({ length: Math.floor((last - from) / size) + 1 }, () => new Array(kinds).fill(0));
  for (const { time, series, value } of points) bars[Math.floor((time - from) / size)][series] += value;
  return { from, size, bars };
}

function stack(bar, { x, wide, y, unit, series, from }) {
  let below = 0;
  const gap = wide > 4 ? 1.5 : 0;
  return bar.flatMap((value, i) => {
    if (value === 0) return [];
    const [high, low] = [y(below + value), y(below)];
    below += value;
    const shape = { x: x + gap, y: high, width: wide - gap * 2, height: Math.max(1, low - high) };
    const said = s('title', {}, `${moment(from)}\n${series[i]}: ${compact(value)} ${unit}`);
    return [s('rect', { ...shape, style: { fill: `var(--c${i})` } }, said)];
  });
}

function yAxis(width, top, step, y) {
  const values = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  return values.flatMap((value) => [
    s('line', { x1: LEFT, x2: width - 8, y1: y(value), y2: y(value), class: 'grid' }),
    label(LEFT - 8, y(value) + 4, compact(value), 'end'),
  ]);
}

function xAxis(width, { from, size, bars, wide }) {
  const every = Math.ceil(90 / wide);
  const days = size * bars.length > 2 * 86_400_000;
  return bars.flatMap((_, i) => {
    const x = LEFT + i * wide;
    if (i % every !== 0 || x > width - 56) return [];
    const at = from + i * size;
    return [label(x, BOTTOM + 16, days ? day(at).slice(5) : clock(at).slice(0, size < 60_000 ? 8 : 5))];
  });
}

import { div, h, small, span } from './dom.js';
import { compact, duration, money } from './format.js';
import { treeOf } from './traces.js';

/** Calls of one trace as bars over time, in the order of their tree; `onChoose` gets the call of a row. */
export function waterfall(calls, chosen, onChoose) {
  const start = Math.min(...calls.map((call) => call.start));
  const length = Math.max(1, Math.max(...calls.map(({ end }) => end)) - start);
  const share = (ms) => `${(ms / length) * 100}%`;
  const rows = treeOf(calls).map(({ call, depth }) => rowOf(call, depth, call === chosen, start, share, onChoose));
  return div('waterfall card', axis(length, share), ...rows);
}

function rowOf(call, depth, chosen, start, share, onclick) {
  const { name, type, level, end, first, cost, tokens } = call;
  const wait = first === undefined ? undefined : Math.max(0, Math.min(first, end) - call.start);
  const left = share(call.start - start);
  const took = duration(end - call.start);
  const bars = [at(`bar ${level.toLowerCase()}`, left, `max(3px, ${share(end - call.start)})`)];
  if (wait !== undefined) bars.push(at('wait', left, share(wait)), at('first', share(call.start - start + wait)));
  const says = [name, level, took, wait !== undefined && `first token after ${duration(wait)}`]
    .filter(Boolean)
    .join(' · ');
  const attributes = {
    type: 'button',
    class: 'fall',
    'aria-pressed': chosen,
    title: says,
    onclick: () => onclick(call),
  };
  const indent = { style: { 'padding-left': `${Math.min(depth, 8) * 14}px` }, class: 'cut' };
  return h(
    'button',
    attributes,
    h('span', indent, depth > 0 && '↳ ', name || type, small(` ${type}`)),
    span('track', ...bars),
    span('number', took),
    span('number', cost ? money(cost) : tokens === undefined ? '–' : `${compact(tokens)} tok`),
  );
}

const at = (name, left, width, ...text) =>
  h('span', { class: name, style: { left, ...(width && { width }) } }, ...text);

function axis(length, share) {
  const step = niceStep(length / 4);
  const ticks = Array.from({ length: Math.ceil((length * 0.95) / step) }, (_, i) => i * step);
  const track = span('track', ...ticks.map((ms) => at('tick', share(ms), '', duration(ms))));
  return div('fall axis soft', span(''), track, span(''), span(''));
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
export function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5].map((n) => n * power).find((step) => step >= least) ?? 10 * power;
}

import { div, empty, h, problem, small, span } from './dom.js';
import { openFilters } from './filters.js';
import { clock, compact, counted, day, duration, zone } from './format.js';
import { openList } from './list.js';
import { levelOf, openTrace } from './trace.js';

/** The list of traces with its filters, and beside it the trace that is chosen. */
export function openTracesView() {
  let traces = [];
  let state;
  let id;
  const filters = openFilters(() => refilter());
  const list = openList({ label: 'Traces', height: 52, row, mark: markOf, onChoose: go });
  const trace = openTrace();
  const said = h('p', { class: 'said soft', role: 'status' });
  const notes = div('');
  const titles = ['Time', 'Name', 'Tokens', 'Latency', 'Level'];
  const cells = titles.map((title, i) => span(i === 2 || i === 3 ? 'number' : '', title));
  const heading = h('div', { class: 'row heading soft', 'aria-hidden': 'true' }, ...cells);
  const master = h(
    'section',
    { class: 'master', 'aria-label': 'Traces' },
    filters.element,
    said,
    notes,
    heading,
    list.element,
  );
  const detail = div('detail');
  const element = div('split', master, detail);

  const refilter = () => {
    const passed = filters.pass(traces);
    const of = passed.length === traces.length ? '' : ` of ${compact(traces.length)}`;
    said.textContent = traces.length === 0 ? '' : `${counted(passed.length, 'trace')}${of} · times in ${zone()}`;
    const { problem: failed } = state.langfuse;
    notes.replaceChildren(
      ...(failed ? [problem(failed)] : []),
      ...(passed.length === 0 ? [absence(traces, state)] : []),
    );
    heading.hidden = passed.length === 0;
    list.element.hidden = passed.length === 0;
    list.show(passed);
  };

  return {
    element,
    update(next, all) {
      state = next;
      traces = all;
      filters.offer(traces);
      refilter();
      this.open(id);
    },
    /** Shows a trace by its id, or none. */
    open(chosen) {
      id = chosen;
      list.choose(id);
      element.classList.toggle('opened', id !== undefined);
      const found = traces.find((candidate) => candidate.id === id);
      if (found) {
        if (!trace.element.isConnected) detail.replaceChildren(trace.element);
        void trace.show(found);
        return;
      }
      const hint =
        id === undefined
          ? ['Choose a trace', 'Click one, or use the arrow keys in the list.']
          : ['This trace is not here (yet)', 'Choose another one.'];
      detail.replaceChildren(h('a', { href: '#traces', class: 'back' }, '← All traces'), empty(...hint));
    },
  };
}

function go(chosen, open) {
  const hash = `#traces/${encodeURIComponent(chosen)}`;
  if (open) location.hash = hash;
  else {
    // Arrow keys keep their place in the history.
    history.replaceState(null, '', hash);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }
}

function absence(traces, { running, langfuse }) {
  if (traces.length > 0)
    return empty('No trace passes these filters', 'Change a filter, or choose Clear to see all of them.');
  if (running) return empty('No trace has arrived yet', 'They appear here as the function delivers them.');
  const advice = 'Look at Receipts for what the function did with the logs, and at Dead letters for what was refused.';
  return empty('No trace arrived', `${langfuse.note ?? ''} ${advice}`);
}

const markOf = ({ end, tokens, level, calls, name, user }) => [end, tokens, level, calls.length, name, user].join();

function row(trace) {
  const { start, name, models, user, tokens, end, calls } = trace;
  const about = [models.join(', ') || calls[0].type, user, calls.length > 1 && `${calls.length} calls`];
  return [
    span('cut', clock(start), small(day(start))),
    span('cut', h('b', {}, name || 'unnamed'), small(about.filter(Boolean).join(' · '))),
    span('number', compact(tokens)),
    span('number', duration(end - start)),
    levelOf(trace),
  ];
}

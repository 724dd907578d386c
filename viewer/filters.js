import { button, h, span } from './dom.js';
import { zone } from './format.js';

const LEVELS = ['ERROR', 'WARNING', 'DEFAULT', 'DEBUG'];

/** The filters above the list: what they hold, and an element that tells of each change. */
export function openFilters(onChange) {
  const hint = 'Search names, ids';
  const text = h('input', { type: 'search', placeholder: `${hint} ( / )`, 'aria-label': hint });
  const [user, model, level] = ['user', 'model', 'level'].map((name) =>
    h('select', { 'aria-label': name }, h('option', { value: '' }, `any ${name}`)),
  );
  const [from, to] = ['from', 'to'].map((name) => {
    const says = `${name} (${zone()})`;
    return h('input', { type: 'datetime-local', step: '1', 'aria-label': says, title: says });
  });
  setOptions(level, LEVELS);
  const fields = { text, user, model, level, from, to };
  const clear = button('quiet', 'Clear', () => element.reset(), { hidden: true });
  const changed = () => {
    clear.hidden = Object.values(fields).every(({ value }) => value === '');
    onChange();
  };
  const times = span('times line', from, '–', to, clear);
  const element = h('form', { class: 'filters line', role: 'search' }, text, user, model, level, times);
  element.addEventListener('input', changed);
  element.addEventListener('submit', (event) => event.preventDefault());
  // The fields are empty only after the event.
  element.addEventListener('reset', () => setTimeout(changed));
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target.closest('input, select') || !element.isConnected) return;
    event.preventDefault();
    text.focus();
  });
  return {
    element,
    /** Offers the users and models there are; what is chosen stays. */
    offer(traces) {
      setOptions(user, sorted(traces.flatMap((trace) => trace.user ?? [])));
      setOptions(model, sorted(traces.flatMap(({ models }) => models)));
    },
    /** The traces that pass. */
    pass: (traces) => traces.filter(testOf(fields)),
  };
}

function testOf({ text, user, model, level, from, to }) {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const begin = from.value ? Date.parse(from.value) : Number.NEGATIVE_INFINITY;
  const end = to.value ? Date.parse(to.value) + 1000 : Number.POSITIVE_INFINITY;
  return (trace) =>
    words.every((word) => trace.words.includes(word)) &&
    (user.value === '' || trace.user === user.value) &&
    (model.value === '' || trace.models.includes(model.value)) &&
    (level.value === '' || trace.level === level.value) &&
    trace.start >= begin &&
    trace.start < end;
}

function setOptions(select, values) {
  const [any, ...known] = select.options;
  if (known.map(({ value }) => value).join('\n') === values.join('\n')) return;
  const chosen = select.value;
  const kept = chosen !== '' && !values.includes(chosen) ? [chosen, ...values] : values;
  select.replaceChildren(any, ...kept.map((value) => h('option', { value }, value)));
  select.value = chosen;
}

const sorted = (values) => [...new Set(values)].sort((a, b) => a.localeCompare(b));

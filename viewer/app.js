import { problem } from './dom.js';
import { compact } from './format.js';
import { openLettersView } from './letters-view.js';
import { openModelsView } from './models-view.js';
import { openReceiptsView } from './receipts-view.js';
import { getState, listen } from './server.js';
import { tracesOf } from './traces.js';
import { openTracesView } from './traces-view.js';

const views = {
  traces: openTracesView(),
  models: openModelsView(),
  letters: openLettersView(),
  receipts: openReceiptsView(),
};
const at = (selector) => document.querySelector(selector);
const main = at('#main');
let state;
let traces = [];

function route() {
  const { groups: { name, id } = {} } = /^#(?<name>\w+)(?:\/(?<id>.+))?$/s.exec(location.hash) ?? {};
  return { name: Object.hasOwn(views, name) ? name : 'traces', id: id && decoded(id) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Shows the view of the address; only what is in sight is drawn. */
function show() {
  const { name, id } = route();
  at('[aria-current]')?.removeAttribute('aria-current');
  at(`nav [href="#${name}"]`).setAttribute('aria-current', 'page');
  if (!state) return;
  const view = views[name];
  if (main.firstChild !== view.element) {
    main.replaceChildren(view.element);
    view.update(state, traces);
  }
  view.open?.(id);
}

function draw() {
  const { letters, invocations, langfuse } = state;
  const waiting = letters.reduce((sum, object) => sum + (object.parked ? 0 : object.letters), 0);
  count('traces', traces.length, false);
  count('letters', waiting, waiting > 0);
  const failed = invocations.some(({ error }) => error);
  count('receipts', invocations.length, failed);
  at('#place').textContent = langfuse.place;
  at('#place').title = langfuse.note ?? '';
  const view = views[route().name];
  if (main.firstChild === view.element) view.update(state, traces);
  show();
}

function count(name, n, bad) {
  const element = at(`#count-${name}`);
  element.textContent = compact(n);
  element.className = `count chip ${bad ? 'error' : ''}`;
}

function tell(text) {
  at('#live').textContent = text;
  at('#live').dataset.is = text;
}

let loading = false;
let again = false;

/** Reads the state again; what changes while it does is read by the same reading. */
async function load() {
  again = true;
  if (loading) return;
  loading = true;
  try {
    while (again) {
      again = false;
      state = await getState();
      traces = tracesOf(state.calls);
      draw();
    }
    tell(state.running ? 'live' : 'run ended');
  } catch (error) {
    if (!state) main.replaceChildren(problem(error.message));
  }
  loading = false;
}

addEventListener('hashchange', show);
addEventListener('keydown', ({ key, target }) => {
  if (key === 'Escape' && route().id && !target.closest('input, select')) location.hash = '#traces';
});
listen(load, () => tell('disconnected'));
show();

import { content } from './content.js';
import { div, facts, fold, h, p, problem, span } from './dom.js';
import { compact, count, duration, moment, money } from './format.js';
import { jsonTree } from './json-tree.js';
import { getTrace } from './server.js';
import { waterfall } from './waterfall.js';

/** One trace: what it took, its calls over time, and the contents of the call that is chosen. */
export function openTrace() {
  const element = h('article', { class: 'trace stack' });
  let shown = '';
  let wanted;
  let callId;

  const draw = (trace, { calls, link }) => {
    const chosen = calls.find(({ id }) => id === callId) ?? calls.find(({ parentId }) => !parentId) ?? calls[0];
    const choose = (call) => {
      callId = call.id;
      draw(trace, { calls, link });
      element.querySelector('.fall[aria-pressed=true]').focus();
    };
    element.replaceChildren(
      head(trace, chosen, link),
      numbers(trace),
      waterfall(calls, chosen, choose),
      ...callOf(chosen),
    );
  };

  const load = async (trace) => {
    try {
      const whole = await getTrace(trace.id);
      // Another one was chosen meanwhile.
      if (wanted !== trace) return;
      const another = element.dataset.id !== trace.id;
      element.dataset.id = trace.id;
      if (another) callId = undefined;
      draw(trace, whole);
      if (another) element.parentNode?.scrollTo(0, 0);
    } catch (error) {
      shown = '';
      element.replaceChildren(problem(error.message));
    }
  };

  return {
    element,
    /** Shows a trace; asks for its contents only when something of it has changed, and one question at a time. */
    async show(trace) {
      const mark = JSON.stringify(trace.calls);
      if (shown === mark) return;
      shown = mark;
      const busy = wanted !== undefined;
      wanted = trace;
      if (busy) return;
      for (let asked; asked !== wanted; ) {
        asked = wanted;
        await load(asked);
      }
      wanted = undefined;
    },
  };
}

function head(trace, { tags, environment, release }, link) {
  // Only an address of the web becomes a link.
  const open =
    /^https?:/.test(link) && h('a', { href: link, target: '_blank', rel: 'noreferrer' }, 'Open in Langfuse ↗');
  const about = [
    ['Began', moment(trace.start)],
    ['User', trace.user],
    ['Session', trace.session],
    ['Environment', environment],
    ['Release', release],
    ['Tags', tags.length > 0 ? span('', ...tags.map((tag) => span('chip', tag))) : undefined],
    ['Trace', span('', span('mono', trace.id), ' ', open)],
  ];
  const back = h('a', { href: '#traces', class: 'back' }, '← All traces');
  return div('stack', back, h('h2', {}, trace.name || 'unnamed', ' ', levelOf(trace)), facts(about));
}

export const levelOf = ({ level }) => span(`level chip ${level.toLowerCase()}`, level);

function numbers({ start, end, first, tokens, cost, calls }) {
  const known = [
    ['Latency', duration(end - start)],
    ['First token', duration(first)],
    ['Tokens', count(tokens)],
    ['Cost', money(cost)],
    ['Calls', count(calls.length)],
  ];
  return facts(known, 'numbers card');
}

function callOf(call) {
  const listed = (values, format) =>
    Object.entries(values)
      .map(([name, n]) => `${name.replaceAll('_', ' ')} ${format(n)}`)
      .join(' · ');
  const about = [
    ['Model', call.model],
    ['Latency', duration(call.end - call.start)],
    ['First token', call.first && duration(call.first - call.start)],
    ['Usage', listed(call.usage, compact)],
    ['Cost', listed(call.costs, money)],
  ];
  const folded = (title, value) =>
    Object.keys(Object(value)).length > 0 ? [fold('card pad', h('b', {}, title), () => jsonTree(value))] : [];
  return [
    h('section', {}, h('h3', {}, call.name || call.type), facts(about)),
    ...(call.statusMessage ? [p(`box ${call.level.toLowerCase()}`, call.statusMessage)] : []),
    content('Input', call.asked, 'user'),
    content('Output', call.answered, 'assistant'),
    ...folded('Model parameters', call.parameters),
    ...folded('Metadata', call.metadata),
  ];
}

import { button, chips, div, empty, facts, fold, h, moreButton, p, problem, small, span } from './dom.js';
import { bytes, counted, duration, moment } from './format.js';
import { jsonTree } from './json-tree.js';
import { getLetters, replay } from './server.js';

/** The dead letters by object, with why they are there, what they are, and a way to send them again. */
export function openLettersView() {
  const summary = div('stack');
  const outcome = h('div', { 'aria-live': 'polite' });
  const objects = div('stack');
  const element = div('page stack', summary, outcome, objects);
  const made = new Map();
  let busy = false;
  let shown;

  const run = async (key) => {
    if (busy) return;
    busy = true;
    outcome.replaceChildren(p('box warning', 'Replaying …'));
    const said = await replay(key).catch(({ message }) => ({ error: message }));
    outcome.replaceChildren(said.error ? problem(said.error) : outcomeOf(said.receipt));
    busy = false;
  };

  /** An object that has not changed keeps its element, and one that has stays open. */
  const elementOf = (object) => {
    const mark = JSON.stringify(object);
    const before = made.get(object.key);
    if (before?.mark === mark) return before.node;
    const node = objectOf(object, run, before?.node.firstChild.open);
    made.set(object.key, { mark, node });
    return node;
  };

  return {
    element,
    update({ letters, letterPlace, running }) {
      const mark = JSON.stringify([letters, letterPlace, running]);
      if (mark === shown) return;
      shown = mark;
      summary.replaceChildren(...headOf(letters, letterPlace, running, run));
      const wanted = letters.map(elementOf);
      for (const node of [...objects.children]) if (!wanted.includes(node)) node.remove();
      for (const [i, node] of wanted.entries()) {
        // Moving an element that is in its place would take the focus from it.
        if (objects.children[i] !== node) objects.insertBefore(node, objects.children[i] ?? null);
      }
    },
  };
}

function headOf(letters, { place, problem: failed }, running, run) {
  if (failed) return [problem(`The dead letters cannot be listed: ${failed}`)];
  if (letters.length === 0) {
    const advice = 'What Langfuse refuses or nobody can read appears here.';
    return [empty('No dead letter', running ? advice : 'There is nothing to do.')];
  }
  const waiting = letters.filter(({ parked }) => !parked);
  const why = {};
  const counts = letters.flatMap((object) => Object.entries(object.why));
  for (const [reason, n] of counts) why[reason] = (why[reason] ?? 0) + n;
  const all = waiting.reduce((sum, object) => sum + object.letters, 0);
  const title = h('h2', {}, `${counted(all, 'letter')} waiting in ${counted(waiting.length, 'object')}`);
  const again = waiting.length > 0 && button('replay', 'Replay all that wait', () => run());
  return [div('line apart', div('', title, p('mono soft', place)), again), div('', ...chips(why))];
}

function objectOf({ key, parked, oldest, why, letters, bytes: size }, run, opened) {
  const about = `${counted(letters, 'letter')} · ${bytes(size)} · ${duration(Math.max(0, Date.now() - oldest))} old`;
  const state = parked && span('chip', 'parked');
  const title = span('', span('mono key', key), h('br', {}), state, ...chips(why), small(about));
  const body = () => {
    const inside = div('stack');
    void load(inside, key, 0);
    return inside;
  };
  const again = button('replay', 'Replay', () => run(key), { 'aria-label': `Replay ${key}` });
  return div('object card pad', fold('', title, body, opened), again);
}

async function load(body, key, from) {
  try {
    const { letters, of } = await getLetters(key, from);
    const next = from + letters.length;
    body.append(...letters.map((letter, i) => letterOf(letter, `${from + i + 1} of ${of} `)));
    if (letters.length === 0 || next >= of) return;
    body.append(
      moreButton(`${of - next} more`, (one) => {
        one.remove();
        void load(body, key, next);
      }),
    );
  } catch (error) {
    body.replaceChildren(problem(error.message));
  }
}

function letterOf({ reason, message, range, origin = range, record, ...letter }, place) {
  const about = [
    ['Status', letter.status],
    ['Attempts', letter.attempts],
    ['Replays', `${letter.replays} in vain`],
    ['First failed', moment(letter.firstFailedAt)],
    ['Last failed', moment(letter.lastFailedAt)],
    ['Shard', `${origin.project}/${origin.logstore}/${origin.shard}`],
    ['Range', range && `${range.begin} to ${range.end}`],
    ['Request', span('mono', letter.requestId)],
  ];
  const content = record && fold('card pad', h('b', {}, 'Record'), () => jsonTree(record));
  return div('letter stack', h('h3', {}, small(place), reason), p('words', message), facts(about), content);
}

function outcomeOf({ objects, letters, settled, kept, parked, more, busy }) {
  if (busy) return problem(`Nothing was done: another replay is running (${busy}).`);
  const sum = `${counted(letters, 'letter')} in ${counted(objects, 'object')} = ${settled} settled + ${kept} kept + ${parked} parked.`;
  const again = kept > 0 ? ' Open what is kept to see why.' : more ? ' There is more: replay again.' : '';
  return p(kept + parked > 0 ? 'box warning' : 'box good', h('b', {}, 'Replayed: '), sum, again);
}

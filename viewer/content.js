import { button, div, fold, h, moreButton, p, small } from './dom.js';
import { jsonTree, longText } from './json-tree.js';

const TEXT = 6_000;
const RAW = 20_000;
/** Turns of a conversation shown at once: the last ones matter. */
const TURNS = 30;

/** What was asked or answered, with a switch between a readable form and the JSON as it was sent. */
export function content(title, value, role) {
  const body = div('');
  const show = (form) => {
    body.replaceChildren(form === 'raw' ? rawOf(value) : pretty(value, role));
    for (const one of buttons) one.setAttribute('aria-pressed', one.textContent === form);
  };
  const buttons = ['pretty', 'raw'].map((form) => button('', form, () => show(form)));
  show('pretty');
  const group = h('div', { class: 'switch', role: 'group', 'aria-label': `${title} as` }, ...buttons);
  return h('section', { class: 'stack' }, div('line apart', h('h3', {}, title), present(value) && group), body);
}

function rawOf(value) {
  return h('pre', { class: 'raw mono card pad', tabindex: '0' }, longText(JSON.stringify(value, null, 2), RAW));
}

function pretty(value, role) {
  if (!present(value)) return p('soft', 'Not logged.');
  if (isChat(value)) return chat(value);
  if (isObject(value) && isChat(value.messages)) {
    const { messages, ...rest } = value;
    return div('stack', chat(messages), ...others(rest));
  }
  if (isTurn(value)) return bubble(value, role);
  return typeof value === 'string' || isParts(value)
    ? bubble({ content: value }, role)
    : div('card pad', jsonTree(value));
}

function chat(messages) {
  const hidden = messages.slice(0, -TURNS);
  const earlier = moreButton(`Show ${hidden.length} earlier messages`, (one) =>
    one.replaceWith(...hidden.map((turn) => bubble(turn))),
  );
  return div('stack', hidden.length > 0 && earlier, ...messages.slice(-TURNS).map((turn) => bubble(turn)));
}

function bubble(message, from) {
  const { role = from, name, tool_call_id: answers, content: words, tool_calls: calls, ...more } = message;
  const { reasoning_content: thought, reasoning = thought, ...rest } = more;
  const who = [role, name, answers].filter((part) => typeof part === 'string').join(' · ');
  const kind = /^(user|assistant|tool)$/.test(role) ? role : '';
  const thoughts = present(reasoning) && fold('soft', 'Reasoning', () => parts(reasoning));
  const made = Array.isArray(calls) ? calls.map(toolCall) : [];
  return div(`bubble card pad stack ${kind}`, small(who), thoughts, ...parts(words), ...made, ...others(rest));
}

const others = (rest) => (Object.keys(rest).length > 0 ? [jsonTree(rest, false)] : []);

function parts(words) {
  if (!present(words)) return [];
  return Array.isArray(words) ? words.map(part) : [part(words)];
}

/** Pictures are named, not loaded: the page asks nobody but its own server. */
function part(piece) {
  if (typeof piece === 'string') return text(piece);
  if (typeof piece?.text === 'string') return text(piece.text);
  const url = piece?.image_url?.url ?? piece?.image_url;
  return typeof url === 'string' ? p('soft', '🖼 ', longText(url, 200)) : jsonTree(piece);
}

function text(words) {
  const json = parsed(words);
  return json === undefined ? p('words', longText(words, TEXT)) : jsonTree(json);
}

function toolCall(call) {
  const { name = 'tool', arguments: given, input = given } = Object(call?.function ?? call);
  const title = p('', '⚙ ', h('b', {}, String(name)), small(` ${call?.id ?? ''}`));
  return div('card pad', title, ...parts(input));
}

/** An object or a list that was written as text. */
function parsed(words) {
  if (!/^\s{0,9}[[{]/.test(words)) return undefined;
  try {
    return JSON.parse(words);
  } catch {
    return undefined;
  }
}

const present = (value) => value !== undefined && value !== null && value !== '';
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTurn = (value) => isObject(value) && ['role', 'content', 'tool_calls'].some((key) => Object.hasOwn(value, key));
const isAll = (value, test) =>
  Array.isArray(value) && value.length > 0 && value.every((one) => isObject(one) && test(one));
const isChat = (value) => isAll(value, (turn) => Object.hasOwn(turn, 'role'));
const isParts = (value) => isAll(value, ({ type }) => /^(text|image_url|input_)/.test(type));

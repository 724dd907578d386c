import { div, fold, h, moreButton, span } from './dom.js';

/** Members shown of one object or list before one asks for more. */
const MEMBERS = 100;
const TEXT = 300;

/** JSON that folds: what is in an object or a list is made when it is opened, so that depth and size cost nothing. */
export const jsonTree = (value, open = true) => div('json', node(value, open));

function node(value, open) {
  if (typeof value === 'string') return span('j-string', longText(value, TEXT));
  if (typeof value !== 'object' || value === null) return span('j-other', String(value));
  const entries = Object.entries(value);
  if (entries.length === 0) return span('soft', Array.isArray(value) ? '[ ]' : '{ }');
  const title = span('soft', summaryOf(value, entries));
  return fold('', title, () => div('j-body', ...rows(entries, 0)), open);
}

function rows(entries, from) {
  const part = entries.slice(from, from + MEMBERS);
  const shown = part.map(([key, value]) => div('', span('j-key', `${key}: `), node(value, false)));
  const [next, left] = [from + part.length, entries.length - from - part.length];
  return left > 0 ? [...shown, moreButton(`${left} more`, (one) => one.replaceWith(...rows(entries, next)))] : shown;
}

function summaryOf(value, entries) {
  if (Array.isArray(value)) return `[ ${entries.length} ]`;
  const names = entries.slice(0, 4).map(([key]) => key.slice(0, 24));
  return `{ ${names.join(', ')}${entries.length > 4 ? `, … ${entries.length - 4} more` : ''} }`;
}

/** Text that is cut at `most` characters until one asks for the rest. */
export function longText(text, most) {
  if (text.length <= most * 1.2) return text;
  const all = `Show all ${text.length.toLocaleString('en')} characters`;
  return h(
    'span',
    {},
    `${text.slice(0, most).toWellFormed()}… `,
    moreButton(all, (one) => one.parentNode.replaceChildren(text)),
  );
}

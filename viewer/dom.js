/** Makes an element. Text is only ever set as text; attributes that are `undefined` or `false` are left out. */
export function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function s(tag, attributes, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** An element with a class. */
export const div = (className, ...children) => h('div', { class: className }, ...children);
export const span = (className, ...children) => h('span', { class: className }, ...children);
export const small = (...children) => h('small', {}, ...children);
export const p = (className, ...children) => h('p', { class: className }, ...children);

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || (value === false && !name.startsWith('aria-'))) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return element;
}

export function button(className, label, onclick, more = {}) {
  return h('button', { type: 'button', class: className, onclick, ...more }, label);
}

/** A button that stands for more of the same, and makes room for it. */
export function moreButton(label, onMore) {
  const one = button('quiet', label, () => onMore(one));
  return one;
}

/** What unfolds. Its content is made when it is opened for the first time. */
export function fold(className, title, make, open = false) {
  const details = h('details', { class: className }, h('summary', {}, title));
  const fill = () => details.open && details.childElementCount === 1 && details.append(...[make()].flat());
  details.addEventListener('toggle', fill);
  details.open = open;
  fill();
  return details;
}

/** Terms and what they are; those without a value are left out. */
export function facts(entries, className = 'facts line') {
  const known = entries.filter(([, value]) => value !== undefined && value !== '');
  return h('dl', { class: className }, ...known.map(([term, value]) => div('', h('dt', {}, term), h('dd', {}, value))));
}

/** Counts by reason. */
export const chips = (counts) =>
  Object.entries(counts).map(([reason, n]) => span('chip warning', `${reason} `, h('b', {}, String(n))));

/** A table with its titles; `rows` are lists of cells, or rows that are made already. */
export function table(label, titles, rows, className = '') {
  const head = h('tr', {}, ...titles.map((title) => h('th', { scope: 'col', class: className }, title)));
  const made = rows.map((row) => (Array.isArray(row) ? tr(row, className) : row));
  const inner = h('table', {}, h('thead', {}, head), h('tbody', {}, ...made));
  return h('div', { class: 'card scroll', tabindex: '0', role: 'region', 'aria-label': label }, inner);
}

export const tr = (cells, className) => h('tr', {}, ...cells.map((cell) => h('td', { class: className }, cell)));

/** What stands where there is nothing yet: what is missing and what to do. */
export const empty = (title, advice) => div('empty', h('h2', {}, title), p('soft', advice));

/** What went wrong, read aloud. */
export const problem = (text) => h('p', { class: 'box error', role: 'alert' }, text);

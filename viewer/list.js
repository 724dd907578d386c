import { h } from './dom.js';

/** Rows beyond the edges, so that scrolling shows no gaps. */
const SPARE = 8;

/**
 * A list of rows of one height of which only those in sight are elements. `row` makes the content of an item, `mark`
 * tells when it has to be made anew; items have an `id`. Arrow keys move the choice.
 */
export function openList({ label, height, row, mark, onChoose }) {
  const space = h('div', { class: 'rows', role: 'presentation' });
  const element = h('div', { class: 'list', tabindex: '0', role: 'listbox', 'aria-label': label }, space);
  const made = new Map();
  let items = [];
  let chosen;

  const draw = () => {
    const first = Math.max(0, Math.floor(element.scrollTop / height) - SPARE);
    const last = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / height) + SPARE);
    const wanted = new Set();
    for (let i = first; i < last; i++) wanted.add(place(items[i], i));
    for (const [id, { node }] of made) {
      if (wanted.has(id)) continue;
      node.remove();
      made.delete(id);
    }
    element.setAttribute('aria-activedescendant', made.get(chosen)?.node.id ?? '');
  };

  const place = (item, i) => {
    let entry = made.get(item.id);
    if (!entry) {
      entry = { node: h('div', { class: 'row', role: 'option', id: `row-${item.id}`, 'data-id': item.id }) };
      made.set(item.id, entry);
      space.append(entry.node);
    }
    if (entry.mark !== mark(item)) entry.node.replaceChildren(...row(item));
    entry.mark = mark(item);
    entry.node.style.setProperty('top', `${i * height}px`);
    entry.node.ariaSelected = `${item.id === chosen}`;
    entry.node.ariaPosInSet = `${i + 1}`;
    entry.node.ariaSetSize = `${items.length}`;
    return item.id;
  };

  const reveal = (i) => {
    const [top, sight] = [i * height, element.clientHeight];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height > element.scrollTop + sight) element.scrollTop = top + height - sight;
  };

  const move = (event) => {
    const at = items.findIndex(({ id }) => id === chosen);
    const page = Math.max(1, Math.floor(element.clientHeight / height) - 1);
    const steps = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: items.length - 1,
    };
    const to = event.key === 'Enter' ? Math.max(0, at) : steps[event.key];
    if (to === undefined || items.length === 0) return;
    event.preventDefault();
    const target = Math.min(items.length - 1, Math.max(0, to));
    reveal(target);
    onChoose(items[target].id, event.key === 'Enter');
  };

  element.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
  element.addEventListener('keydown', move);
  element.addEventListener('click', (event) => {
    const id = event.target.closest('.row')?.dataset.id;
    if (id !== undefined) onChoose(id, true);
  });
  new ResizeObserver(draw).observe(element);

  return {
    element,
    /** Shows other items. What is in sight stays where it is, unless the top is in sight. */
    show(next) {
      const top = Math.floor(element.scrollTop / height);
      const anchor = top > 0 ? items[top]?.id : undefined;
      const moved = anchor === undefined ? -1 : next.findIndex(({ id }) => id === anchor);
      items = next;
      space.style.setProperty('height', `${items.length * height}px`);
      if (moved >= 0) element.scrollTop += (moved - top) * height;
      draw();
    },
    choose(id) {
      chosen = id;
      draw();
    },
  };
}

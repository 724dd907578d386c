import { chips, div, empty, h, p, small, span, table } from './dom.js';
import { bytes, clock, count, duration } from './format.js';

const TITLES = 'Time,Shard,Read,Delivered,Skipped,In dead letters,Pages,Bytes,Took,Lag,Request'.split(',');

const total = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);
const balances = ({ read, delivered, skipped, lettered }) => read === delivered + total(skipped) + total(lettered);

/** What the invocations did with what they read: the sums as an equation, and each of them. */
export function openReceiptsView() {
  const element = div('page stack');
  return {
    element,
    update({ invocations, running }) {
      const advice = running
        ? 'Each invocation of the function adds its receipt here.'
        : 'Look at the terminal for the reason.';
      if (invocations.length === 0) element.replaceChildren(empty('The function was not invoked yet', advice));
      else
        element.replaceChildren(equation(invocations), table('Receipts', TITLES, invocations.toReversed().map(rowOf)));
    },
  };
}

function equation(invocations) {
  const receipts = invocations.flatMap(({ receipt }) => receipt ?? []);
  const failures = invocations.length - receipts.length;
  const term = (name) => {
    const numbers = receipts.map(({ [name]: counts }) =>
      name === 'read' || name === 'delivered' ? counts : total(counts),
    );
    return span('', h('b', {}, count(total(numbers))), small(name === 'lettered' ? 'in dead letters' : name));
  };
  const good = receipts.every(balances);
  const verdict = p(good ? 'box good' : 'box error', good ? '✓ It balances' : '✗ It does not balance');
  const thrown = `${failures} of ${invocations.length} invocations failed: a trigger offers their ranges again`;
  const sums = [term('read'), '=', term('delivered'), '+', term('skipped'), '+', term('lettered')];
  return div('equation card line', ...sums, div('stack', verdict, failures > 0 && p('box error', thrown)));
}

function rowOf({ at, shard = '–', requestId, receipt, error }) {
  const first = [clock(at), String(shard)];
  const last = span('mono', requestId);
  if (error) {
    const said = h('td', { colspan: '8', class: 'error' }, h('b', {}, error.type), ` ${error.message}`);
    return h('tr', {}, ...first.map((cell) => h('td', {}, cell)), said, h('td', {}, last));
  }
  const { read, delivered, skipped, lettered, ranges, pages, lagMs, ms } = receipt;
  const dead = ranges > 0 ? { ...lettered, ranges } : lettered;
  const cells = [count(read), count(delivered), reasons(skipped), reasons(dead), count(pages), bytes(receipt.bytes)];
  return [...first, ...cells, duration(ms), duration(lagMs), last];
}

const reasons = (counts) => (Object.keys(counts).length === 0 ? '0' : span('', ...chips(counts)));

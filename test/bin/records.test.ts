import { describe, expect, it } from 'vitest';
import { parseRecords, textOf } from '../../bin/records.ts';
import { toFlat } from '../../lib/record.ts';

const ONE = {
  request_id: 'r-1',
  ai_log: '{"model":"m","question":"a \\"b\\", [c] {d}\\n},"}',
  path: '/v1/chat/completions',
  __time__: '1795244400',
  __source__: '10.0.0.1',
  '__tag__:pack': 'p-1',
};
const TWO = { ...ONE, request_id: 'r-2' };

const one = JSON.stringify(ONE);
const two = JSON.stringify(TWO);
const [indentedOne, indentedTwo] = [JSON.stringify(ONE, null, 2), JSON.stringify(TWO, null, 2)];

function flat(text: string): object[] {
  return parseRecords(text, new Date(0)).records.map((record) => ({ ...toFlat(record) }));
}

function table(rows: readonly (readonly string[])[], end = '\n'): string {
  const quoted = (value: string) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return rows.map((row) => row.map(quoted).join(',') + end).join('');
}

const COLUMNS = Object.keys(ONE);

describe('records that were pasted one after the other', () => {
  it.each([
    ['indented', `${indentedOne}\n${indentedTwo}\n`],
    ['indented with a comma between them', `${indentedOne},\n${indentedTwo}`],
    ['indented with an empty line between them', `${indentedOne}\n\n\n${indentedTwo}`],
    [
      'indented with tabs and CRLF',
      [ONE, TWO]
        .map((r) => JSON.stringify(r, null, '\t'))
        .join('\n')
        .replaceAll('\n', '\r\n'),
    ],
    [
      'indented in a list that ends with a comma',
      `[\n  ${indentedOne.replaceAll('\n', '\n  ')},\n  ${indentedTwo.replaceAll('\n', '\n  ')},\n]`,
    ],
    ['indented and on a line', `${indentedOne}\n${two}`],
    ['on a line and indented', `${one}\n${indentedTwo}`],
    ['on lines that end with a comma', `${one},\n${two},\n`],
    ['on lines of a list that ends with a comma', `[${one},\n${two},]\n`],
    ['on lines of a list with brackets of their own', `[\n${one},\n${two},\n]\n`],
    ['behind a byte order mark', `\ufeff${indentedOne}\n${indentedTwo}`],
    ['as the answer of GetLogs', JSON.stringify({ meta: { progress: 'Complete' }, data: [ONE, TWO] })],
    ['as a list of logs', JSON.stringify({ count: 2, logs: [ONE, TWO] }, null, 2)],
    ['as a table', table([COLUMNS, Object.values(ONE), Object.values(TWO)])],
    [
      'as a table with CRLF behind a byte order mark',
      `\ufeff${table([COLUMNS, Object.values(ONE), Object.values(TWO)], '\r\n')}`,
    ],
    ['as a table without a last line end', table([COLUMNS, Object.values(ONE), Object.values(TWO)]).trimEnd()],
  ])('are as many, when they are %s', (_how, text) => {
    expect(flat(text)).toEqual([ONE, TWO]);
  });

  it.each([
    ['a line', `${one}\nno JSON {{{\n${two}`, 'no JSON {{{'],
    ['the first line', `$ tail -f log\n${one}\n${two}`, '$ tail -f log'],
    [
      'an indented object without its end',
      `${indentedOne}\n${indentedTwo.slice(0, -9)}\n${indentedOne}`,
      indentedTwo.slice(0, -9),
    ],
    ['an indented object without its middle', `${indentedOne}\n{\n  "a": \n}\n${indentedTwo}`, '{\n  "a": \n}'],
  ])('lose none but what is damaged: %s', (_what, text, damaged) => {
    const records = parseRecords(text, new Date(0)).records;
    expect(records.length).toBe(3);
    expect(records.map(({ fields }) => fields.get('content')).filter((line) => line !== undefined)).toEqual([damaged]);
  });
});

describe('a table', () => {
  it('leaves a field without a value out, and keeps one that has no name', () => {
    expect(flat('__time__,a,b\n1,,x\n2,y,,z\n\n')).toEqual([
      { __time__: '1', b: 'x' },
      { __time__: '2', a: 'y', column_4: 'z' },
    ]);
  });

  it.each([
    ['no name of a log', 'a,b\n1,2', 2],
    ['one column', '__time__\n1', 2],
    ['a sentence', 'I said, __time__ is odd\nyes', 2],
    ['a quote that never ends', '__time__,a\n1,"open', 2],
  ])('is not in a text with %s', (_what, text, count) => {
    expect(parseRecords(text, new Date(0)).records.filter(({ fields }) => fields.has('content')).length).toBe(count);
  });

  it('takes no time to speak of, whatever its quotes', () => {
    const begin = performance.now();
    flat(`__time__,a\n1,"${'""'.repeat(500_000)}`);
    flat(`__time__,a\n${'1,"x\n"\n'.repeat(100_000)}`);
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});

it('An object with a list of its own is one record', () => {
  expect(flat('{"data":[{"a":1}],"__time__":"5"}')).toEqual([{ data: '[{"a":1}]', __time__: '5' }]);
});

describe('a file', () => {
  it.each<BufferEncoding>(['utf8', 'utf16le'])('may be in %s', (encoding) => {
    expect(flat(textOf(Buffer.from(`\ufeff${one}`, encoding)))).toEqual([ONE]);
  });
});

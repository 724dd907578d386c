import { describe, expect, it } from 'vitest';
import { type Flat, line, readFlat } from './lines.ts';

/** Linear readers take a tenth of this; a quadratic one takes hours. */
const LIMIT_MS = 3_000;

const fill = (text: string, bytes = 1_000_000) => text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes);
const VALID = JSON.stringify({ model: 'm', question: fill('a "b" \\ '), answer: 'x' });

const TEXTS: [what: string, text: string][] = [
  ['a valid object', VALID],
  ['a cut object', JSON.stringify({ model: 'm', answer: fill('he said "w" ') }).slice(0, -20)],
  ['an object escaped once more and cut', JSON.stringify(VALID).slice(0, -20)],
  ['quotes', `{${fill('"')}`],
  ['commas', `{${fill(',')}`],
  ['backslashes', `{${fill('\\')}`],
  ['quotes, commas and backslashes', `{${fill('",\\')}`],
  ['escaped quotes', `{${fill('\\"')}`],
  ['coded quotes', `{${fill('\\u0022')}`],
  ['keys without values', `{${fill(',"model":')}`],
  ['keys with values', `{"x"${fill(',"model":"a"')}`],
  ['keys with broken values', `{"x"${fill(',"model":"a"b')}`],
  ['keys with spaces', fill('{        "model"        :        ')],
  ['bare parts', `{"question":"${fill('[{"type":"text"},')}`],
  ['spaces', `{"a"${fill(' ')}x`],
  ['closing braces and spaces', `{"model":"${fill('}  ')}`],
  ['opening brackets', `{"messages":${fill('[')}`],
  ['nested objects', fill('{"messages":')],
  ['secret names', `{"a"${fill(',"authorization":"\\\\\\\\"')}`],
  ['queries', `{"a":"${fill('?a=b&')}`],
  ['names of the field', fill('ai_log        ')],
  ['colons', fill('models/a:')],
  ['digits', fill('9')],
];

const PLACES: [where: string, record: (text: string) => Flat][] = [
  ['ai_log', (text) => line({ ai_log: text })],
  ['a line', (text) => ({ content: `{"path":"/v1","ai_log":${text}`, __time__: '1795244400' })],
  ['a bare line', (text) => ({ content: text, __time__: '1795244400' })],
  [
    'every field',
    (text) => line({ ai_log: '{"model":"m"}', ...Object.fromEntries(FIELDS.map((name) => [name, text])) }),
  ],
];
const FIELDS = ['path', 'start_time', 'duration', 'trace_id', 'request_headers', 'input_token', 'extra'];

describe.each(TEXTS)('1 MB of %s', (_what, text) => {
  it.each(PLACES)('in %s is read in linear time', (_where, record) => expectSwift(record(text)));
});

describe('an ai_log of 5 MB', () => {
  const valid = JSON.stringify({ model: 'm', answer: fill('he said "w", ', 5_000_000) });

  it.each([
    ['whole', valid],
    ['cut', valid.slice(0, -20)],
    ['escaped once more and cut', JSON.stringify(valid).slice(0, -20)],
  ])('that is %s is read within seconds', (_how, text) => expectSwift(line({ ai_log: text })));
});

function expectSwift(record: Flat): void {
  const before = performance.now();
  const reading = readFlat(record);
  expect(performance.now() - before).toBeLessThan(LIMIT_MS);
  if (reading.kind === 'reject') expect(reading.why.message).not.toContain('failed');
}

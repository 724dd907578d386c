import { describe, expect, it } from 'vitest';
import { checkPatterns } from '../../lib/redact/patterns.ts';
import { redactorOf } from '../../lib/redact/redactor.ts';
import { parseRules, RULES } from '../../lib/redact/rules.ts';
import { redactor } from './samples.ts';

describe('REDACT', () => {
  it.each([
    ['', []],
    ['all', RULES],
    ['email,all', RULES],
    [' Email , mobile,', ['mobile', 'email']],
  ])('"%s" names these rules', (setting, rules) => expect(parseRules(setting)).toEqual({ rules }));

  it('names the rules there are when it does not know one', () => {
    expect(parseRules('mobil,ip')).toEqual({ problems: [expect.stringMatching(/"mobil".*mobile, id-card.*all/)] });
  });
});

describe('REDACT_PATTERNS', () => {
  it.each(['', ' ', '{}'])('"%s" has none', async (setting) => {
    expect(await checkPatterns(setting)).toEqual({ patterns: [] });
  });

  it('gives names and sources', async () => {
    const patterns = [
      { name: 'employee', source: '\\bE\\d{6}\\b' },
      { name: 'han', source: '工号\\p{Han}+' },
    ];
    const setting = JSON.stringify(Object.fromEntries(patterns.map(({ name, source }) => [name, source])));
    expect(await checkPatterns(setting)).toEqual({ patterns });
  });

  const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`p${i}`, 'x']));
  it.each([
    ['[]', /JSON object/],
    ['{', /JSON object/],
    ['null', /JSON object/],
    ['"x"', /JSON object/],
    ['{"__proto__":"x"}', /"__proto__" .*a-z, 0-9/],
    ['{"Big":"x"}', /"Big" .*a-z, 0-9/],
    ['{"mobile":"x"}', /"mobile" .*built-in/],
    ['{"a":1}', /"a" must be a regular expression/],
    ['{"a":""}', /"a" is empty/],
    [JSON.stringify({ a: 'x'.repeat(501) }), /"a" .*500/],
    [JSON.stringify(many), /at most 20/],
    ['{"a":"(?=x)y"}', /"a" .*looking ahead/],
    ['{"a":"(?<!x)y"}', /"a" .*looking ahead or behind/],
    ['{"a":"(x)\\\\1"}', /"a" .*references back/],
    ['{"a":"x++"}', /"a" .*possessive/],
    ['{"a":"\\\\u4e00"}', /"a" .*\\x\{4e00\}/],
    ['{"a":"x{1001}"}', /"a" .*1000/],
    ['{"a":"("}', /"a" cannot be read \(missing closing \)/],
    ['{"a":"x*"}', /"a" matches the empty text/],
    ['{"a":"^"}', /"a" matches the empty text/],
    ['{"a":"\\\\b"}', /"a" matches the empty text/],
    ['{"a":"(?:x{1,40}){1,25}y"}', /"a" is too large/],
    ['{"x13800138000":"y"}', /"x13800138000" .*would be redacted/],
  ])('%s has a problem', async (setting, problem) => {
    expect(await checkPatterns(setting)).toEqual({ problems: [expect.stringMatching(problem)] });
  });

  it('has every problem told at once', async () => {
    expect(await checkPatterns('{"a":"(","b":"x","c":"["}')).toMatchObject({ problems: { length: 2 } });
  });

  it('that is wrong makes no redactor', async () => {
    await expect(redactorOf({ rules: ['ip'], patterns: '{"a":"("}' })).rejects.toMatchObject({ code: 'config' });
    expect((await redactorOf({ rules: ['ip'] }))?.text('10.0.0.1')).toBe('[ip]');
    expect(await redactorOf({ rules: [] })).toBeUndefined();
  });
});

describe('an own pattern', () => {
  it.each([
    ['E\\d{6}', 'by E123456, E654321', 'by [own], [own]'],
    ['(?i)secret \\S+', '😀 SECRET x \ud800', '😀 [own] \ud800'],
    ['工号\\d+', '我的工号12345。', '我的[own]。'],
    ['[a-z]+', '13800138000 abc', '[mobile] [own]'],
    ['to .*', 'to 13800138000 now', '[own]'],
    ['x..', 'x13800138000y', '[own]y'],
    ['\\$&', 'a$&b', 'a[own]b'],
    ['.', 'ab', '[own][own]'],
    ['\\d{3}', '13800138000', '[mobile]'],
  ])('%s finds in %s what it should', async (source, text, expected) => {
    expect((await redactor(['mobile'], { own: source })).text(text)).toBe(expected);
  });

  it('is no part of what is loaded when there is none', async () => {
    const { readFile } = await import('node:fs/promises');
    const sources = ['redactor', 'patterns'].map((name) => readFile(`lib/redact/${name}.ts`, 'utf8'));
    for (const source of await Promise.all(sources)) expect(source).not.toMatch(/^import .*(?:own\.ts|re2js)/m);
  });
});

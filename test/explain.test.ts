import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseRecords } from '../bin/records.ts';

const folder = mkdtempSync(join(tmpdir(), 'explain-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SEED = {
  trace_id: 't-1',
  question: 'hi',
  answer: 'hello',
  ai_log: '{"model_name":"qwen-max","usage":{"total_tokens":30}}',
  response_code: '200',
  duration: '1200',
  __time__: '1795244400',
};
const SKIPPED = { path: '/healthz', __time__: '1795244400' };
const REJECTED = { content: 'x ai_log: y', __time__: '1795244400' };

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function explain(args: readonly string[], input = '', env: Record<string, string> = {}): Run {
  const command = ['--import', 'tsx', 'bin/explain.ts', ...args];
  const cwd = join(import.meta.dirname, '..');
  return spawnSync(process.execPath, command, {
    cwd,
    input,
    encoding: 'utf8',
    env: { ...process.env, TZ: '', ...env },
  });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('npm run explain', () => {
  it('prints a call, a skip and a reject in the order of their records', () => {
    const { status, stdout, stderr } = explain([file('three.json', JSON.stringify([SEED, SKIPPED, REJECTED]))]);
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual([
      {
        kind: 'call',
        call: {
          trace: {
            id: '46e9bc3476c92ea24fb17adac6cd9cda',
            name: 'ai-gateway',
            tags: ['seed'],
            metadata: { trace_id: 't-1', response_code: '200', duration: '1200', model_name: 'qwen-max' },
          },
          observation: {
            id: expect.stringMatching(/^[0-9a-f]{16}$/),
            type: 'generation',
            name: 'ai-gateway',
            model: 'qwen-max',
            input: 'hi',
            output: 'hello',
            usageDetails: { total: 30 },
            level: 'DEFAULT',
            startTime: '2026-11-21T06:59:58.800Z',
            endTime: '2026-11-21T07:00:00.000Z',
          },
        },
      },
      { kind: 'skip', reason: 'non_ai' },
      { kind: 'reject', why: 'unreadable', message: 'the line names an ai_log, but no field of it can be read' },
    ]);
  });

  it('reads standard input, and shows when a stream began in the zone that TZ names', () => {
    const record = {
      ai_log: { model: 'm', llm_first_token_duration: 40 },
      start_time: '2026-11-21 15:00:00',
      __time__: 1,
    };
    const { status, stdout } = explain([], JSON.stringify(record), { TZ: 'Asia/Shanghai' });
    expect(status).toBe(0);
    const [{ call }] = JSON.parse(stdout);
    expect(call.observation.startTime).toBe('2026-11-21T07:00:00.000Z');
    expect(call.observation.completionStartTime).toBe('2026-11-21T07:00:00.040Z');
  });

  it('says which time it took for a record without one', () => {
    const { status, stdout, stderr } = explain([], JSON.stringify({ question: 'hi' }));
    expect(status).toBe(0);
    expect(stderr).toMatch(/^Record 1 has no __time__, which SLS always sets; taken as \d+ for this preview\.\n$/);
    expect(JSON.parse(stdout)).toMatchObject([{ kind: 'call' }]);
  });

  it('helps', () => {
    expect(explain(['--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('npm run explain -- FILE'),
    });
  });

  it.each<[string, string[], string, RegExp, Record<string, string>?]>([
    ['a missing file', [join(folder, 'none.json')], '', /^ENOENT: no such file or directory, open '.*none\.json'\n$/],
    ['a folder', [folder], '', /^EISDIR: /],
    ['an empty file', [file('empty.json', ' \n')], '', /^.*empty\.json holds no record\.\n$/],
    ['an empty list', [], '[]', /^Standard input holds no record\.\n$/],
    ['two files', ['a.json', 'b.json'], '', /^Expected one file, got 2\. See npm run explain -- --help\.\n$/],
    ['an unknown option', ['--fast'], '', /^Unknown option '--fast'/],
    [
      'an unknown zone',
      [],
      '{"__time__":1}',
      /\n {2}- TZ must be the name of a time zone, such as /,
      { TZ: 'Nowhere/Land' },
    ],
  ])('ends with 2 and a message, and prints nothing, for %s', (_what, args, input, message, env) => {
    const { status, stdout, stderr } = explain(args, input, env);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('records in a text', () => {
  const text = JSON.stringify(SEED);
  const pairs = (record: object) => Object.entries(record).map(([Key, Value]) => ({ Key, Value }));
  const parse = (from: string) => parseRecords(from, new Date(0)).records;
  const [one] = parse(text);

  it.each([
    ['one object', text, 1],
    ['one object over several lines', JSON.stringify(SEED, null, 2), 1],
    ['an object behind a byte order mark', `\ufeff${text}`, 1],
    ['an array', `[${text},${text}]`, 2],
    ['one a line', `${text}\n\n${text}\r\n${text}`, 3],
    ['a list of keys and values', JSON.stringify(pairs(SEED)), 1],
    ['an array of such lists', JSON.stringify([pairs(SEED), pairs(SEED)]), 2],
    ['such lists, one a line', `${JSON.stringify(pairs(SEED))}\n${JSON.stringify(pairs(SEED))}`, 2],
    [
      'values that are no texts',
      JSON.stringify({ ...SEED, response_code: 200, duration: 1200, __time__: 1795244400 }),
      1,
    ],
  ])('may be %s', (_how, from, count) => {
    expect(parse(from)).toEqual(Array.from({ length: count }, () => one));
  });

  it('hold an ai_log that is an object as its JSON text', () => {
    const record = { ...SEED, ai_log: JSON.parse(SEED.ai_log) };
    expect(parse(JSON.stringify(record))).toEqual([one]);
  });

  it('are damaged records where they do not parse, each line one', () => {
    const [first, second] = parse(`${text}\n${text.slice(0, -9)}\n`);
    expect(first).toEqual(one);
    expect(second?.fields).toEqual(new Map([['content', text.slice(0, -9)]]));
  });

  it('are one damaged record where an object over several lines does not parse', () => {
    const broken = JSON.stringify(SEED, null, 2).slice(0, -3);
    expect(parse(broken).map(({ fields }) => fields.get('content'))).toEqual([broken]);
  });

  it.each([
    ['small letters', JSON.stringify(Object.entries(SEED).map(([key, value]) => ({ key, value })))],
    ['capitals', JSON.stringify(Object.entries(SEED).map(([KEY, VALUE]) => ({ KEY, VALUE })))],
    ['another order', JSON.stringify(Object.entries(SEED).map(([Key, Value]) => ({ Value, Key })))],
  ])('may be a list of keys and values in %s', (_how, from) => {
    expect(parse(from)).toEqual([one]);
  });

  it('are as many as a list has where not every item is a key and a value alone', () => {
    const items = [
      { Key: 'a', Value: 'b' },
      { Key: 'c', Value: 'd', __time__: 1 },
    ];
    expect(parse(JSON.stringify(items)).map(({ fields }) => fields.get('Key'))).toEqual(['a', 'c']);
  });

  it('may be lines of plain text that begin with a bracket', () => {
    const lines = ['[INFO] 2026/11/21 - 15:00:02 | r-1 | started', 'goroutine 1 [running]:', '[SYS] ready'];
    expect(parse(lines.join('\n')).map(({ fields }) => fields.get('content'))).toEqual(lines);
  });

  it('may be lines of plain text', () => {
    expect(parse('a b\nc').map(({ fields }) => fields.get('content'))).toEqual(['a b', 'c']);
  });
});

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const RECORD = {
  trace_id: 't-1',
  question: 'Call 13800138000, order ORD-1234.',
  answer: 'hello',
  ai_log: '{"model_name":"qwen-max","usage":{"prompt_tokens":1000,"completion_tokens":500}}',
  response_code: '200',
  duration: '1200',
  x_user: 'ada',
  __time__: '1795244400',
};
const HEALTH = { path: '/healthz', __time__: '1795244400' };

function explain(env: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'bin/explain.ts'], {
    cwd: join(import.meta.dirname, '..'),
    input: JSON.stringify([RECORD, HEALTH]),
    encoding: 'utf8',
    env: { ...process.env, TZ: '', ...env },
  });
}

function readings(env: Record<string, string>): [first: object, second: object] {
  const { status, stdout, stderr } = explain(env);
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

describe('npm run explain obeys the settings', () => {
  it('of names, fields, prices and redaction', () => {
    const [reading] = readings({
      FIELD_MAP: '{"userId": "x_user", "metadata.customer": "x_user"}',
      TRACE_NAME: '{user} asks {model}',
      TAGS: '{format},{metadata.customer}',
      MODEL_PRICES: '{"qwen-*": {"input": 2, "output": 6}}',
      REDACT: 'mobile',
      REDACT_PATTERNS: '{"order": "ORD-[0-9]+"}',
    });
    expect(reading).toMatchObject({
      kind: 'call',
      call: {
        trace: { name: 'ada asks qwen-max', userId: 'ada', tags: ['seed', 'ada'], metadata: { customer: 'ada' } },
        observation: { input: 'Call [mobile], order [order].', costDetails: { total: 0.005 } },
      },
    });
  });

  it('of what is captured', () => {
    const [reading] = readings({ CAPTURE_CONTENT: 'false' });
    expect(JSON.stringify(reading)).not.toMatch(/13800138000|hello/);
    expect(reading).toMatchObject({ kind: 'call', call: { observation: { model: 'qwen-max' } } });
  });

  it.each<[Record<string, string>, object]>([
    [{ EXCLUDE: 'model=qwen-*' }, { kind: 'skip', reason: 'excluded' }],
    [{ SAMPLE_RATE: '0' }, { kind: 'skip', reason: 'sampled_out' }],
    [{ SOURCE_FORMAT: 'kong' }, { kind: 'skip', reason: 'non_ai' }],
  ])('of what is left out: %j', (env, expected) => {
    expect(readings(env)).toEqual([expected, { kind: 'skip', reason: 'non_ai' }]);
  });

  it('and needs neither Langfuse nor a bucket for it, nor minds settings of those', () => {
    expect(readings({ LANGFUSE_HOST: 'nonsense', LANGFUSE_COLOUR: 'red', ROUTES: '[' })).toEqual(readings({}));
  });
});

describe('npm run explain ends with 2, prints nothing and lists the problems', () => {
  it('of several settings at once', () => {
    const env = { FIELD_MAP: '{"modle": "m"}', SAMPLE_RATE: '2', REDACT: 'phone', INCLUDE: 'a' };
    const { status, stdout, stderr } = explain(env);
    expect([status, stdout]).toEqual([2, '']);
    const [heading, ...lines] = stderr.trim().split('\n');
    expect(heading).toBe('The configuration has 4 problems:');
    expect(lines.map((line) => /^ {2}- (\w+) /.exec(line)?.[1]).sort()).toEqual([
      'FIELD_MAP',
      'INCLUDE',
      'REDACT',
      'SAMPLE_RATE',
    ]);
  });

  it.each([
    [
      { REDACT_PATTERNS: '{"a": "(?=b)"}' },
      /^The configuration has a problem:\n {2}- REDACT_PATTERNS:? the pattern "a" cannot be read/,
    ],
    [{ SOURCE_FORMAT: 'custom' }, /^The configuration has a problem:\n {2}- SOURCE_FORMAT is custom.*set FIELD_MAP/],
  ])('of %j', (env, message) => {
    const { status, stdout, stderr } = explain(env);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});

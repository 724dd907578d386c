import { describe, expect, it } from 'vitest';
import { parseConfig, parseView, SETTING_NAMES } from '../../lib/config.ts';
import { redactorOf } from '../../lib/redact/redactor.ts';
import { RULES } from '../../lib/redact/rules.ts';
import { ViewSettings } from '../../lib/view/settings.ts';
import { problemsOf, type Settings } from './seen.ts';

const SECRET = 'sk-lf-very-secret-key';
const LEAST = {
  LANGFUSE_HOST: 'https://langfuse.example.com',
  LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
  LANGFUSE_SECRET_KEY: SECRET,
  DEAD_LETTER_BUCKET: 'my-bucket',
};

describe('the settings of a view', () => {
  it('have defaults that leave every call as it was read', () => {
    expect(parseView({})).toEqual({ timeZone: 'UTC', redaction: { rules: [] } });
  });

  it.each<[Settings, object]>([
    [{ SOURCE_FORMAT: 'higress' }, { sourceFormat: 'higress' }],
    [{ SOURCE_FORMAT: 'custom', FIELD_MAP: '{"model": "m"}' }, { sourceFormat: 'custom' }],
    [
      { FIELD_MAP: '{"userId": "x_user", "metadata.tenant": ["t", "a.b.c"]}' },
      {
        fieldMap: new Map([
          ['userId', ['x_user']],
          ['metadata.tenant', ['t', 'a.b.c']],
        ]),
      },
    ],
    [{ TRACE_NAME: '{route|model} it' }, { traceName: [['route', 'model'], ' it'] }],
    [{ TAGS: '{tags}, {consumer}' }, { tags: ['{tags}', [['consumer']]] }],
    [{ MODEL_PRICES: '{"Qwen-*": {"input": 2}}' }, { prices: { byName: new Map([['qwen-*', expect.anything()]]) } }],
    [{ INCLUDE_MCP: 'true' }, { includeMcp: true }],
    [{ CAPTURE_CONTENT: 'false' }, { capture: 'false' }],
    [{ CAPTURE_CONTENT: 'errors-only' }, { capture: 'errors-only' }],
    [{ CAPTURE_MEDIA: 'true' }, { keepMedia: true }],
    [{ REDACT: 'email, MOBILE' }, { redaction: { rules: ['mobile', 'email'] } }],
    [{ REDACT: 'all' }, { redaction: { rules: RULES } }],
    [{ REDACT_PATTERNS: '{"a": "b"}' }, { redaction: { rules: [], patterns: '{"a": "b"}' } }],
    [{ REDACT_LETTERS: 'false' }, { rawLetters: true }],
    [{ INCLUDE: 'status=5xx' }, { selection: { include: [{ name: 'status' }], sampleRate: 1, sampleErrors: false } }],
    [{ EXCLUDE: 'route=a*' }, { selection: { exclude: [{ name: 'route' }], sampleRate: 1 } }],
    [{ SAMPLE_RATE: '0.25' }, { selection: { sampleRate: 0.25, sampleErrors: false } }],
    [{ SAMPLE_RATE: '0', SAMPLE_ERRORS: 'true' }, { selection: { sampleRate: 0, sampleErrors: true } }],
    [{ TZ: 'Asia/Shanghai' }, { timeZone: 'Asia/Shanghai' }],
  ])('%j say %j, to the functions and to explain alike', (env, expected) => {
    expect(parseView(env)).toMatchObject(expected);
    expect(parseConfig({ ...LEAST, ...env }).view).toEqual(parseView(env));
  });

  it.each<Settings>([
    { SOURCE_FORMAT: 'auto' },
    { INCLUDE_MCP: 'false' },
    { CAPTURE_CONTENT: 'true' },
    { CAPTURE_MEDIA: 'false' },
    { REDACT_LETTERS: 'true' },
    { SAMPLE_RATE: '1' },
    { SAMPLE_RATE: '1', SAMPLE_ERRORS: 'true' },
  ])('%j say nothing new', (env) => {
    expect(parseView(env)).toEqual(parseView({}));
  });

  it('take an empty or blank value as absent, all of them', () => {
    for (const blank of ['', '  ', '\n']) {
      const env = Object.fromEntries(Object.keys(ViewSettings).map((name) => [name, blank]));
      expect(parseView(env)).toEqual(parseView({}));
      expect(parseConfig({ ...LEAST, ...env, ROUTES: blank, ROUTES_FILE: blank, SLS_QUERY: blank })).toEqual(
        parseConfig(LEAST),
      );
    }
  });

  it('are all known by name', () => {
    expect(SETTING_NAMES).toEqual(
      expect.arrayContaining([...Object.keys(ViewSettings), 'SLS_QUERY', 'ROUTES', 'ROUTES_FILE']),
    );
  });
});

describe('SLS_QUERY and ROUTES', () => {
  it('are part of the configuration', () => {
    const SLS_QUERY = "* | where route_name = 'chat'";
    expect(parseConfig({ ...LEAST, SLS_QUERY }).sls).toEqual({ signature: 'v4', query: SLS_QUERY });
    const ROUTES = '[{"name": "a", "when": {"consumer": "a"}, "publicKey": "pk", "secretKey": "sk"}]';
    expect(parseConfig({ ...LEAST, ROUTES }).view.routes).toMatchObject([{ name: 'a', publicKey: 'pk' }]);
    expect(parseConfig(LEAST).view).not.toHaveProperty('routes');
  });
});

const MISTAKES: [setting: string, value: string, said: string | RegExp][] = [
  ['SOURCE_FORMAT', 'higres', /^SOURCE_FORMAT must be one of auto, otel, seed, higress, .*, custom$/],
  [
    'SOURCE_FORMAT',
    'custom',
    'SOURCE_FORMAT is custom, which is what FIELD_MAP says; set FIELD_MAP to the fields of your logs',
  ],
  ['FIELD_MAP', 'model=m', 'FIELD_MAP must be a JSON object of places and field names, as in {"model": "my_model"}'],
  ['FIELD_MAP', '["model"]', 'FIELD_MAP must be a JSON object of places and field names, as in {"model": "my_model"}'],
  ['FIELD_MAP', '{"modle": "m"}', 'FIELD_MAP has no place "modle"; did you mean model?'],
  ['FIELD_MAP', '{"metadata": "m"}', 'FIELD_MAP has no place "metadata"; did you mean metadata.?'],
  ['FIELD_MAP', '{"metadata.": "m"}', 'FIELD_MAP has no place "metadata."; did you mean metadata.?'],
  [
    'FIELD_MAP',
    '{"favourite_colour_of_all": "m"}',
    /^FIELD_MAP has no place "favourite_colour_of_all"; there are traceId, .*metadata\.$/,
  ],
  ['FIELD_MAP', '{"model": 5}', /^FIELD_MAP model: must be a field name of 1 to 200 characters/],
  ['FIELD_MAP', '{"model": ""}', /^FIELD_MAP model: must be a field name/],
  ['FIELD_MAP', '{"model": []}', /^FIELD_MAP model: must be a field name/],
  ['FIELD_MAP', '{"model": ["a", 1]}', /^FIELD_MAP model: must be a field name/],
  ['FIELD_MAP', '{"model": "a.b.c.d.e.f.g.h.i"}', /at most 8 names with dots between/],
  [
    'FIELD_MAP',
    JSON.stringify({ model: 'm', userId: 'x'.repeat(201) }),
    /^FIELD_MAP userId: must be a field name of 1 to 200/,
  ],
  [
    'FIELD_MAP',
    JSON.stringify({ model: Array(300).fill('field') }),
    'FIELD_MAP is longer than 2048 bytes; keep the places you need most',
  ],
  ['TRACE_NAME', '{rout}', /^TRACE_NAME at character 1, "{rout}": there is no rout; did you mean route\?$/],
  ['TRACE_NAME', 'a{route', /^TRACE_NAME at character 2, .*close it with }/],
  ['TAGS', '{tags},{modle}', /^TAGS tag 2 at character 1, .*did you mean model\?$/],
  ['MODEL_PRICES', '{}', /^MODEL_PRICES has no model; write it as in /],
  ['MODEL_PRICES', '{"m": {"input": -1}}', /^MODEL_PRICES "m": "input" must be a number of 0 or more/],
  ['INCLUDE_MCP', 'yes', 'INCLUDE_MCP must be one of true, false'],
  ['CAPTURE_CONTENT', 'errors', 'CAPTURE_CONTENT must be one of true, false, errors-only'],
  ['CAPTURE_MEDIA', '1', 'CAPTURE_MEDIA must be one of true, false'],
  ['REDACT', 'phone', /^REDACT "phone" is no rule; there are mobile, .*and all$/],
  ['REDACT_LETTERS', 'no', 'REDACT_LETTERS must be one of true, false'],
  ['INCLUDE', 'rout=a', /^INCLUDE condition 1 \(rout=a\): "rout" is no name; did you mean route\?$/],
  ['EXCLUDE', 'status<400', /^EXCLUDE condition 1 /],
  ['SAMPLE_RATE', '10%', 'SAMPLE_RATE must be a number from 0 to 1'],
  ['SAMPLE_RATE', '1.5', 'SAMPLE_RATE must be 0 to 1'],
  ['SAMPLE_RATE', '-0.1', 'SAMPLE_RATE must be 0 to 1'],
  ['SAMPLE_ERRORS', 'TRUE', 'SAMPLE_ERRORS must be one of true, false'],
  ['TZ', 'Nowhere/Land', 'TZ must be the name of a time zone, such as Asia/Shanghai or UTC'],
];

describe('a mistake in a setting of the view', () => {
  it.each(MISTAKES)('%s=%s is said with its name, what is wrong and what to write', (name, value, said) => {
    const [problem, ...others] = problemsOf(parseView, { [name]: value });
    expect(others).toEqual([]);
    expect(problem?.replace('  - ', '')).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
    expect(problemsOf(parseConfig, { ...LEAST, [name]: value })).toEqual([problem]);
  });

  it('is said beside all others, each in a line of its own', () => {
    const env = {
      ...LEAST,
      SAMPLE_RATE: '2',
      REDACT: 'x',
      FIELD_MAP: '{"a": "b", "c": "d"}',
      ROUTES: 'x',
      SLS_QUERY: 'x'.repeat(10_001),
    };
    const said = problemsOf(parseConfig, env);
    expect(said.map((problem) => /^ {2}- (\w+) /.exec(problem)?.[1]).sort()).toEqual([
      'FIELD_MAP',
      'FIELD_MAP',
      'REDACT',
      'ROUTES',
      'SAMPLE_RATE',
      'SLS_QUERY',
    ]);
  });

  it.each(MISTAKES)('shows no key of the environment: %s=%s', (name, value) => {
    expect(problemsOf(parseConfig, { ...LEAST, [name]: value }).join()).not.toContain(SECRET);
  });

  it.each([
    ['{', /REDACT_PATTERNS:? must be a JSON object of names and regular expressions: /],
    ['{"Big": "a"}', /REDACT_PATTERNS:? the pattern "Big" has a name that must be 1 to 40 of a-z/],
    ['{"a": "(?=b)"}', /REDACT_PATTERNS:? the pattern "a" cannot be read .*looking ahead or behind is not possible/],
    ['{"a": "x*"}', /REDACT_PATTERNS:? the pattern "a" matches the empty text; write \+ instead of \*/],
  ])('in REDACT_PATTERNS is said once the patterns are compiled: %s', async (patterns, said) => {
    await expect(redactorOf({ rules: [], patterns })).rejects.toThrow(said);
    await expect(redactorOf({ rules: [], patterns })).rejects.toMatchObject({ code: 'config' });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Facets } from '../../lib/types.ts';
import { destinationOf, type ParsedRoutes, parseRoutes } from '../../lib/view/routes.ts';
import { CALL, FACETS } from '../select/facts.ts';

const folder = mkdtempSync(join(tmpdir(), 'routes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEYS = { publicKey: 'pk-lf-of-tenant', secretKey: 'sk-lf-of-tenant' };
const ROUTE = { name: 'team-a', when: { consumer: 'team-a' }, ...KEYS };

function parse(routes: unknown, env: Record<string, string> = {}): ParsedRoutes {
  return parseRoutes({ ROUTES: typeof routes === 'string' ? routes : JSON.stringify(routes), ...env });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('routes', () => {
  it('are none where neither setting says anything', () => {
    for (const env of [{}, { ROUTES: '' }, { ROUTES: ' ', ROUTES_FILE: '\n' }]) {
      expect(parseRoutes(env)).toEqual({ routes: [], problems: [] });
    }
  });

  it('have a name, conditions and keys, and maybe an address and an environment of their own', () => {
    const more = { host: 'https://other.example.com/base//', environment: 'prod' };
    const { routes, problems } = parse([ROUTE, { ...ROUTE, ...more, name: 'team-b', when: { status: ['4xx', 500] } }]);
    expect(problems).toEqual([]);
    expect(routes).toEqual([
      { name: 'team-a', when: [expect.objectContaining({ name: 'consumer' })], ...KEYS },
      {
        ...{ name: 'team-b', when: [expect.objectContaining({ name: 'status' })], ...KEYS },
        ...{ host: 'https://other.example.com/base', environment: 'prod' },
      },
    ]);
  });

  it('are read from a file just as from the setting', () => {
    const text = JSON.stringify([ROUTE]);
    expect(parseRoutes({ ROUTES_FILE: file('routes.json', `${text}\n`) })).toEqual(parse(text));
  });

  it('take a key from the variable that $NAME names, without blanks around it', () => {
    const written = [{ ...ROUTE, publicKey: '$OPEN', secretKey: '$TEAM_A_SECRET' }];
    const { routes } = parse(written, { OPEN: ' pk-lf-1 ', TEAM_A_SECRET: 'sk-lf-1' });
    expect(routes).toMatchObject([{ publicKey: 'pk-lf-1', secretKey: 'sk-lf-1' }]);
  });
});

describe('a call', () => {
  const { routes } = parse([
    { ...ROUTE, name: 'big', when: { model: 'qwen-*', status: '<400' } },
    { ...ROUTE, name: 'team', when: { consumer: ['team-a', 'team-b'] } },
    { ...ROUTE, name: 'all', when: { format: '*' } },
  ]);

  it.each<[string, Partial<Facets>, string]>([
    ['the first route of which it meets all conditions', {}, 'big'],
    ['the next one, if it meets only some', { status: 500 }, 'team'],
    ['the last one, if it meets nothing else', { status: 500, consumer: 'x' }, 'all'],
  ])('goes to %s', (_which, facets, expected) => {
    expect(destinationOf(CALL, { ...FACETS, ...facets }, routes)).toBe(expected);
  });

  it('goes to the default project when it meets none, or there are none', () => {
    expect(destinationOf(CALL, { ...FACETS, status: 500, consumer: 'x' }, routes.slice(0, 2))).toBe('default');
    expect(destinationOf(CALL, FACETS)).toBe('default');
  });
});

describe('a mistake in routes', () => {
  const of = (change: object) => [{ ...ROUTE, ...change }];
  it.each<[string, unknown, string | RegExp]>([
    ['no JSON', '[{"name": "a",', /^ROUTES is no JSON; write \[/],
    ['no list', ROUTE, /^ROUTES is no list of routes as the README shows it: must be a list$/],
    ['an empty list', [], 'ROUTES is no list of routes as the README shows it: is empty'],
    [
      'a member there is none of',
      of({ secret: 'x' }),
      /^ROUTES is no list .*: 0 must be an object of name, .*and nothing else$/,
    ],
    [
      'a name that is none',
      of({ name: 'Team A' }),
      /: 0\.name must be 1 to 40 of a-z, 0-9 and -, not default and no key$/,
    ],
    ['a name that is a key', of({ name: 'sk-lf-0123456789' }), /: 0\.name must be 1 to 40 of a-z/],
    ['the name of the default', of({ name: 'default' }), /not default and no key$/],
    [
      'no secret key',
      [{ name: 'a', when: ROUTE.when, publicKey: 'pk' }],
      /: 0\.secretKey must be a key in quotes, or \$NAME of a variable$/,
    ],
    ['an address that is none', of({ host: 'langfuse.example.com' }), /: 0\.host must be an http\(s\):\/\/ address$/],
    ['an address that nobody can call', of({ host: 'http://:::' }), /: 0\.host must be an http/],
    ['an address with a password', of({ host: 'https://me:sk-lf-of-tenant@x' }), /: 0\.host must be an http/],
    ['a reserved environment', of({ environment: 'langfuse-x' }), /: 0\.environment must be .* start with "langfuse"$/],
    ['no conditions', of({ when: {} }), 'ROUTES, route team-a: when is empty; say which calls it takes'],
    ['a harmful condition', of({ when: JSON.parse('{"__proto__": "a"}') }), /when is empty/],
    [
      'a condition of no name',
      of({ when: { consumr: 'a' } }),
      /^ROUTES, route team-a: when: .*did you mean consumer\?$/,
    ],
    [
      'conditions that are none',
      of({ when: { consumer: { is: 'a' } } }),
      /: 0\.when\.consumer must be a pattern or a list of patterns$/,
    ],
    ['an empty key', of({ secretKey: '' }), 'ROUTES, route team-a: a key is empty; write it, or $NAME of a variable'],
    [
      'an unset variable',
      of({ secretKey: '$GONE' }),
      'ROUTES, route team-a: the variable GONE is not set; set it to the key',
    ],
    [
      'a blank variable',
      of({ publicKey: '$BLANK' }),
      'ROUTES, route team-a: the variable BLANK is not set; set it to the key',
    ],
    ['a dollar before a key', of({ secretKey: '$sk-lf-of-tenant' }), /a key begins with \$, but names no variable$/],
    ['a name that comes twice', [ROUTE, ROUTE], 'ROUTES, route team-a: another route has the same name; rename one'],
    ['too many', Array.from({ length: 201 }, (_, n) => ({ ...ROUTE, name: `n${n}` })), /holds more than 200 routes$/],
  ])('is said with what to write, and without a key: %s', (_what, routes, said) => {
    const { problems, routes: none } = parse(routes, { BLANK: ' ' });
    expect(problems).toEqual([typeof said === 'string' ? said : expect.stringMatching(said)]);
    expect(none.length).toBeLessThan(2);
    expect(problems.join()).not.toContain('lf-of-tenant');
  });

  it('is said of each route, also of one whose namesake is wrong', () => {
    const { problems } = parse([
      { ...ROUTE, when: {} },
      { ...ROUTE, secretKey: '$GONE' },
    ]);
    expect(problems.map((problem) => problem.replace('ROUTES, route team-a: ', ''))).toEqual([
      expect.stringMatching(/^when is empty/),
      expect.stringMatching(/^the variable GONE is not set/),
      expect.stringMatching(/^another route has the same name/),
    ]);
  });

  it('is said when both settings are set', () => {
    expect(parseRoutes({ ROUTES: '[]', ROUTES_FILE: 'x' }).problems).toEqual([
      'ROUTES and ROUTES_FILE are both set; unset one of them',
    ]);
  });

  it('names ROUTES_FILE where that is the one', () => {
    const path = file('wrong.json', JSON.stringify([{ ...ROUTE, when: {} }]));
    expect(parseRoutes({ ROUTES_FILE: path }).problems).toEqual([
      expect.stringMatching(/^ROUTES_FILE, route team-a: when/),
    ]);
    expect(parseRoutes({ ROUTES_FILE: file('text.json', 'sk-lf-x') }).problems).toEqual([
      expect.stringMatching(/^ROUTES_FILE is no JSON; (?!.*sk-lf)/),
    ]);
  });

  it.each([
    ['that is not there', join(folder, 'none.json')],
    ['that is a folder', folder],
    ['that is the routes themselves, whose keys nothing may quote', JSON.stringify([ROUTE])],
    ['with a NUL', 'a\0b'],
  ])('is said of a file %s', (_which, ROUTES_FILE) => {
    expect(parseRoutes({ ROUTES_FILE })).toEqual({
      routes: [],
      problems: [
        'ROUTES_FILE names no file that can be read; set it to the path of one that is deployed with the code',
      ],
    });
  });

  it('quotes no key, wherever one was put', () => {
    const KEY = 'sk-lf-0123456789';
    const value = fc.constantFrom<unknown>(KEY, `$${KEY}`, [KEY], { a: KEY }, '', '$GONE', 5, null, 'https://x', '[');
    const route = fc.record(
      { publicKey: value, secretKey: value, host: value, environment: value, name: fc.oneof(value, fc.constant('a')) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(route), fc.boolean(), (routes, isCut) => {
        const text = JSON.stringify(routes.map((each) => ({ when: { consumer: 'a' }, ...each })));
        const { problems } = parse(isCut ? text.slice(0, -2) : text);
        expect(problems.join()).not.toContain(KEY);
      }),
      { numRuns: 2_000 },
    );
  });
});

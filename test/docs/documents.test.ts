import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../bin/build.ts';
import { type Plan, planOf } from '../../bin/setup/plan.ts';
import { replayPolicy, shipPolicy, triggerPolicy } from '../../bin/setup/policies.ts';
import { parseConfig, SETTING_NAMES } from '../../lib/config.ts';
import { FORMATS } from '../../lib/formats/options.ts';
import { sectionsOf, targetOf } from './markdown.ts';

const READMES = ['README.md', 'README.zh-CN.md'];
const DOCUMENTS = [
  ...READMES,
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'test/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
/** Of the project; one with a word in capitals stands for many. */
const PATH = /^(?:bench|bin|docs|functions|lib|test|viewer)\/(?!.*NAME)[\w./-]+$/;
/** npm's own, beside the scripts. */
const NPM = ['ci', 'start', 'test', 'run'];
const NEEDED = {
  LANGFUSE_HOST: 'https://langfuse.test',
  LANGFUSE_PUBLIC_KEY: 'pk',
  LANGFUSE_SECRET_KEY: 'sk',
  DEAD_LETTER_BUCKET: 'bucket',
};

/** Command lines: the lines of blocks, and code in the text. A line that ends in `\` goes on. */
function commandsIn(document: string): string[] {
  const sections = sectionsOf(document);
  const lines = sections.flatMap(({ blocks, codes }) => [
    ...blocks.join('\n').replace(/\\\n/g, ' ').split('\n'),
    ...codes,
  ]);
  return lines.map((line) => line.trim()).filter((line) => /(?:^|\s)(?:npm|npx) /.test(line));
}

/** Every script and its options that a document names, as `[script, option or nothing]`. */
function usesIn(document: string): [string, string | undefined][] {
  return commandsIn(document).flatMap((command): [string, string | undefined][] => {
    const match =
      /npm run (?:-s )?([a-z][a-z:]*)(?: -- (.*))?$/.exec(command) ?? /npm (start)(?: -- (.*))?$/.exec(command);
    const [, script, rest = ''] = match ?? [];
    if (!script) return [];
    const options = rest.match(/(?<=^|\s)--[a-z-]+/g) ?? [];
    return options.length === 0 ? [[script, undefined]] : options.map((option) => [script, option]);
  });
}

/** The sources of a script of `bin/`. */
function sourcesOf(script: string): string {
  const file = /^tsx ((?:bin|bench)\/([a-z-]+)\.ts)/.exec(scripts[script] ?? '');
  if (!file) return '';
  const [, entry = '', name = ''] = file;
  const folder = readdirSync(join(ROOT, 'bin'), { withFileTypes: true }).find(
    (e) => e.isDirectory() && e.name === name,
  );
  const parts = folder ? readdirSync(join(ROOT, 'bin', name)).map((part) => `bin/${name}/${part}`) : [];
  return [entry, ...parts].map(textOf).join('\n');
}

describe.each(DOCUMENTS)('%s', (document) => {
  const sections = sectionsOf(document);

  it('links to files and sections that exist', () => {
    const broken = sections.flatMap(({ links }) =>
      links.filter((link) => {
        const target = targetOf(document, link);
        if ('site' in target) return !target.site.startsWith('https://');
        if (!target.exists) return true;
        return target.anchor !== undefined && !sectionsOf(target.file).some(({ anchor }) => anchor === target.anchor);
      }),
    );
    expect(broken).toEqual([]);
  });

  it('names files and folders of the project that exist', () => {
    const named = sections.flatMap(({ codes }) => codes.filter((code) => PATH.test(code)));
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('has a title, and no anchor twice', () => {
    const anchors = sections.map(({ anchor }) => anchor);
    expect(sections.filter(({ level }) => level === 1)).toHaveLength(1);
    expect(new Set(anchors).size).toBe(anchors.length);
  });

  it('names scripts that package.json has', () => {
    const names = commandsIn(document).flatMap((command) => [...command.matchAll(/npm run (?:-s )?([a-z][a-z:]*)/g)]);
    expect(names.map(([, name = '']) => name).filter((name) => scripts[name] === undefined)).toEqual([]);
    const verbs = commandsIn(document).flatMap((command) => [...command.matchAll(/\bnpm ([a-z]+)/g)]);
    expect(verbs.map(([, verb = '']) => verb).filter((verb) => !NPM.includes(verb))).toEqual([]);
  });

  it('names options that the commands take', () => {
    const unknown = usesIn(document).filter(([script, option]) => {
      if (option === undefined || option === '--help') return false;
      const name = option.slice(2);
      return !new RegExp(`(?:'${name}'|\\b${name}): \\{ type|--${name}\\b`).test(sourcesOf(script));
    });
    expect(unknown).toEqual([]);
  });
});

describe('the commands', () => {
  it.each(READMES)('of the program are all in the table of %s', (document) => {
    const rows = sectionsOf(document).flatMap(({ rows }) => rows);
    const named = rows.flatMap(([first = '']) => /^`npm (?:run )?([a-z]+)`$/.exec(first)?.[1] ?? []);
    const program = [...textOf('bin/cli.ts').matchAll(/module: '\.\/([a-z-]+)\.ts'/g)].map(([, name = '']) => name);
    expect(named.sort()).toEqual(program.map((name) => (name === 'demo' ? 'start' : name)).sort());
  });
});

/** Rows of the table of variables: their names and, where it is code, their default. */
function variablesOf(document: string): { names: string[]; value: string | undefined; cell: string }[] {
  return sectionsOf(document).flatMap(({ rows }) =>
    rows
      .filter(([names = '']) => /^`[A-Z][A-Z_]+`/.test(names))
      .map(([names = '', cell = '']) => ({
        names: [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name),
        value: /^`(.+)`$/.exec(cell)?.[1],
        cell,
      })),
  );
}

describe.each(READMES)('the table of variables in %s', (document) => {
  const rows = variablesOf(document);
  const names = rows.flatMap((row) => row.names);

  it('holds every setting there is, once', () => {
    const aliases = ['LANGFUSE_BASE_URL', 'LANGFUSE_SDK_TIMEOUT'];
    expect(names.filter((name) => !aliases.includes(name)).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it.each(rows.flatMap(({ names: [name = ''], value }) => (value === undefined ? [] : [[name, value]])))(
    'gives %s the default it has, %s',
    (name, value) => {
      // Beside a rate, as the setting for failures is nothing without one.
      const given = name === 'SAMPLE_ERRORS' ? { ...NEEDED, SAMPLE_RATE: '0.5' } : NEEDED;
      expect(parseConfig({ ...given, [name]: value })).toEqual(parseConfig(given));
    },
  );

  it('gives no default where there is none', () => {
    const required = rows.filter(({ names: [name = ''] }) => name in NEEDED);
    expect(required.map(({ value }) => value)).toEqual(required.map(() => undefined));
    expect(new Set(required.map(({ cell }) => cell)).size).toBe(1);
  });
});

describe.each(READMES)('the table of formats in %s', (document) => {
  it('has a row for each format', () => {
    const rows = sectionsOf(document).flatMap(({ rows }) => rows);
    const formats = rows
      .filter((row) => row.length === 4)
      .flatMap(([first = '']) => /^`([a-z-]+)`$/.exec(first)?.[1] ?? []);
    expect(formats.sort()).toEqual([...FORMATS, 'custom'].sort());
  });
});

describe.each(READMES)('the policies in %s', (document) => {
  const blocks = sectionsOf(document).flatMap(({ blocks }) => blocks.filter((block) => block.includes('"Statement"')));
  const example = planOf(
    { ...NEEDED, ACCOUNT_ID: '1234567890123456', SLS_PROJECT: 'project', SLS_LOGSTORE: 'logstore' },
    '.env',
  );
  const plan: Plan = {
    ...example,
    account: 'UID',
    region: 'REGION',
    project: 'PROJECT',
    sources: ['LOGSTORE'],
    bucket: 'BUCKET',
  };

  it.each([
    ['ship', shipPolicy(plan, undefined)],
    ['replay', replayPolicy(plan, undefined)],
    ['the trigger', triggerPolicy(plan)],
  ])('are those that setup grants: %s', (name, policy) => {
    const index = ['ship', 'replay', 'the trigger'].indexOf(name);
    expect(JSON.parse(blocks[index]?.replace('```json', '') ?? '')).toEqual(policy);
  });
});

describe.each(READMES)('the cost in %s', (document) => {
  it('is computed from what s.yaml gives the function', () => {
    const [cpu = 0, memory = 0, disk = 0] = ['cpu', 'memorySize', 'diskSize'].map((name) =>
      Number(new RegExp(`^ +${name}: ([0-9.]+)$`, 'm').exec(textOf('s.yaml'))?.[1]),
    );
    const second = Number((cpu + (memory / 1024) * 0.15 + (disk / 1024) * 0.05).toFixed(6));
    const section =
      textOf(document)
        .split(/^## /m)
        .find((part) => part.includes('CU × price')) ?? '';
    expect(section).toContain(`${second} CU`);
    expect(section).toContain(`1,000,000 / R × ${second} × 0.000020 = ${Number((second * 20).toFixed(6))} / R`);
  });
});

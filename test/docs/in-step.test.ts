import { describe, expect, it } from 'vitest';
import { type Section, sectionsOf, targetOf } from './markdown.ts';

const PAIRS = [
  ['README.md', 'README.zh-CN.md'],
  ['docs/guide.md', 'docs/guide.zh-CN.md'],
] as const;

/** The English document that a link's file is, or is the translation of. */
function english(file: string): string {
  return file.replace('.zh-CN.md', '.md');
}

/** Where a link leads, in words that are the same in both languages. */
function place(document: string, link: string): string {
  const target = targetOf(document, link);
  if ('site' in target) return target.site;
  const { file, anchor } = target;
  if (anchor === undefined) return english(file);
  return `${english(file)}, section ${sectionsOf(file).findIndex((section) => section.anchor === anchor)}`;
}

/** What is said of a section when the languages differ. */
function named(sections: readonly Section[], of: (section: Section) => unknown): [string, unknown][] {
  return sections.map((section, index) => [`${index} ${'#'.repeat(section.level)}`, of(section)]);
}

describe.each(PAIRS)('%s and %s', (original, translation) => {
  const [ours, theirs] = [sectionsOf(original), sectionsOf(translation)];

  it('have the same sections at the same levels', () => {
    expect(ours.length).toBeGreaterThan(10);
    expect(theirs.map(({ level }) => level)).toEqual(ours.map(({ level }) => level));
  });

  it('have the same blocks of code in the same sections', () => {
    expect(named(theirs, ({ blocks }) => blocks)).toEqual(named(ours, ({ blocks }) => blocks));
  });

  it('name the same commands, variables and values in the same sections', () => {
    expect(named(theirs, ({ codes }) => codes)).toEqual(named(ours, ({ codes }) => codes));
  });

  it('have tables of as many rows and cells', () => {
    const shape = ({ rows }: Section) => rows.map((row) => row.length);
    expect(named(theirs, shape)).toEqual(named(ours, shape));
  });

  it('link to the same places, in the same order', () => {
    const places = (document: string) => (section: Section) => section.links.map((link) => place(document, link));
    expect(named(theirs, places(translation))).toEqual(named(ours, places(original)));
  });

  it('each link to the other language at their beginning', () => {
    const first = (sections: readonly Section[]) => sections[1]?.links[0];
    expect(targetOf(original, first(ours) ?? '')).toMatchObject({ file: translation });
    expect(targetOf(translation, first(theirs) ?? '')).toMatchObject({ file: original });
  });

  it('are each in their own language', () => {
    const chinese = (sections: readonly Section[]) =>
      sections.filter(({ title }) => /\p{Script=Han}/u.test(title)).length;
    expect(chinese(ours)).toBe(0);
    expect(chinese(theirs)).toBeGreaterThan(10);
  });
});

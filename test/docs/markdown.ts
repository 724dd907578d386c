import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { ROOT } from '../../bin/build.ts';

/** What stands under one heading of a document; the part before the first one has level 0. */
export interface Section {
  readonly level: number;
  readonly title: string;
  /** As GitHub makes it of the title. */
  readonly anchor: string;
  /** Fenced blocks, without the indent of a list. */
  readonly blocks: readonly string[];
  /** Spans of code in the text, each once, sorted. */
  readonly codes: readonly string[];
  /** Targets of links and images, in their order. */
  readonly links: readonly string[];
  /** Cells of the rows of tables, headers left out. */
  readonly rows: readonly (readonly string[])[];
}

/** A document of the repository, by its path from the root. */
export function sectionsOf(path: string): Section[] {
  const chapters: { level: number; title: string; blocks: string[]; text: string[] }[] = [];
  let fence: { indent: number; lines: string[] } | undefined;
  chapters.push({ level: 0, title: '', blocks: [], text: [] });
  for (const line of readFileSync(join(ROOT, path), 'utf8').split('\n')) {
    const current = chapters.at(-1);
    const mark = /^( {0,6})```/.exec(line);
    const heading = /^(#{1,6}) (.+)$/.exec(line);
    if (fence && mark) {
      current?.blocks.push(fence.lines.map((inside) => inside.slice(fence?.indent)).join('\n'));
      fence = undefined;
    } else if (fence) fence.lines.push(line);
    else if (mark) fence = { indent: mark[1]?.length ?? 0, lines: [line] };
    else if (heading) chapters.push({ level: heading[1]?.length ?? 0, title: heading[2] ?? '', blocks: [], text: [] });
    else current?.text.push(line);
  }
  if (fence) throw new Error(`${path}: a block of code is not closed`);
  return chapters.map(({ level, title, blocks, text }) => ({ level, title, blocks, ...read(title, text) }));
}

function read(title: string, lines: readonly string[]): Pick<Section, 'anchor' | 'codes' | 'links' | 'rows'> {
  const text = lines.join('\n');
  const codes = [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));
  const links = [...text.replace(/`[^`]+`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return { anchor: anchorOf(title), codes: [...new Set(codes)].sort(), links, rows: rowsIn(lines) };
}

/** Source: the rules of github-slugger, which GitHub's own follow. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

function rowsIn(lines: readonly string[]): string[][] {
  const cellsOf = (line: string) => line.split(/(?<!\\)\|/).slice(1, -1);
  return lines.flatMap((line, index) => {
    if (!line.startsWith('|')) return [];
    const isRule = (other = '') => /^\|(?: -+ \|)+$/.test(other);
    if (isRule(line) || isRule(lines[index + 1])) return [];
    return [cellsOf(line).map((cell) => cell.trim())];
  });
}

/** Where a link of a document leads: to another site, or to a file and a place in it. */
export type Target =
  | { readonly site: string }
  | { readonly file: string; readonly exists: boolean; readonly anchor: string | undefined };

export function targetOf(document: string, link: string): Target {
  if (/^[a-z]+:/.test(link)) return { site: link };
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? document : relative('.', normalize(join(dirname(document), path)));
  return { file, exists: existsSync(join(ROOT, file)), anchor };
}

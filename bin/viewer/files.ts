import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ROOT } from '../build.ts';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The files of the page by their paths: there are no others to be asked for. The page is given the token. */
export function pageFiles(token: string): ReadonlyMap<string, PageFile> {
  const folder = join(ROOT, 'viewer');
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const type = TYPES[extname(name)];
    if (type) files.set(`/${name}`, { type, body: readFileSync(join(folder, name)) });
  }
  const page = files.get('/index.html')?.body.toString('utf8') ?? '';
  files.set('/', { type: TYPES['.html'] ?? '', body: Buffer.from(page.replace('{{token}}', token)) });
  files.delete('/index.html');
  return files;
}

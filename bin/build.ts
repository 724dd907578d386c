import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Metafile, type Plugin } from 'esbuild';
import { bytecodeOf } from '../lib/bytecode.ts';

const run = promisify(execFile);

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DIST = join(ROOT, 'dist');

/** Every new instance of `ship` begins with this one: it has bytecode beside it. */
const HOT = 'ship.bundle.js';

/** What Function Compute loads, and the edges that are loaded when they are needed: one file each. */
const FILES = {
  ship: 'functions/start.ts',
  'ship.bundle': 'functions/ship.ts',
  replay: 'functions/replay.ts',
  oss: 'lib/letters/oss.ts',
  ingestion: 'lib/langfuse/ingestion.ts',
  all: 'lib/formats/all.ts',
  redactor: 'lib/redact/redactor.ts',
  own: 'lib/redact/own.ts',
};

/** esbuild cannot split CommonJS: a dynamic import stays one, of the file that is built beside this one. */
const lazyEdges: Plugin = {
  name: 'lazy-edges',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.js`, external: true } : undefined,
    );
  },
};

/** Bundles the functions into `outdir` and tells what went into them. Files are replaced whole: others may be reading. */
export async function bundle(outdir = DIST): Promise<Metafile> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: FILES,
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    minify: true,
    metafile: true,
    write: false,
    // An optional dependency of ali-oss, for proxies.
    external: ['proxy-agent'],
    plugins: [lazyEdges],
    define: { SLS_LANGFUSE_RELEASE: JSON.stringify(await release()) },
  });
  await mkdir(outdir, { recursive: true });
  for (const { path, contents, text } of result.outputFiles) {
    await replace(path, contents);
    if (basename(path) === HOT) await replace(`${path}.bytecode`, bytecodeOf(text, HOT));
  }
  // The repository's own package.json calls its .js files ES modules.
  await replace(join(outdir, 'package.json'), '{"type":"commonjs"}\n');
  return result.metafile;
}

/** The package's version and, of a checkout, the commit; `-dirty` where the sources differ from it. */
async function release(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const described = await run('git', ['describe', '--always', '--dirty', '--exclude=*'], { cwd: ROOT }).catch(
    () => null,
  );
  return described ? `${version}+${described.stdout.trim()}` : version;
}

/** Bundles, unless what is built is newer than every source. */
export async function ensureBundle(): Promise<void> {
  const built = await timeOf(join(DIST, 'package.json'));
  const folders = await Promise.all(['functions', 'lib'].map((name) => readdir(join(ROOT, name), { recursive: true })));
  const sources = ['functions', 'lib'].flatMap((name, i) => (folders[i] ?? []).map((file) => join(ROOT, name, file)));
  const own = [fileURLToPath(import.meta.url), join(ROOT, 'package-lock.json')];
  const times = await Promise.all([...sources, ...own].map(timeOf));
  if (times.some((time) => time >= built)) await bundle();
}

/** When a file was last changed, 0 when there is none. */
async function timeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}

async function replace(path: string, contents: string | Uint8Array): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}`);
  await writeFile(draft, contents);
  await rename(draft, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outputs } = await bundle();
  for (const [path, { bytes }] of Object.entries(outputs)) console.log(`${path}  ${(bytes / 1024).toFixed(1)} KB`);
}

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { bundle, ROOT } from '../bin/build.ts';

/** What is measured, built into a folder of its own. */
export interface Workshop {
  readonly folder: string;
  /** The built function. */
  readonly bundle: string;
  readonly metafile: Metafile;
  /** Builds a program of this folder, such as `side/floor.ts`, and returns its path. */
  program(source: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Builds the function as `npm run build` does. Everything that runs beside it is built as well: run by tsx, it would
 * carry a wrapper around each function that the bundle does not.
 */
export async function openWorkshop(): Promise<Workshop> {
  // Below node_modules, so that packages are found from there.
  const cache = join(ROOT, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'bench-'));
  const close = () => rm(folder, { recursive: true, force: true });
  const metafile = await bundle(join(folder, 'dist')).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    folder,
    metafile,
    bundle: join(folder, 'dist/ship.js'),
    program: (source) => program(source, folder),
    close,
  };
}

async function program(source: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(source, '.ts')}.mjs`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join('bench', source)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
    define: { SLS_LANGFUSE_RELEASE: '"bench"' },
  });
  return outfile;
}

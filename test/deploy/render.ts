import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../bin/build.ts';

const run = promisify(execFile);
const SERVERLESS_DEVS = join(ROOT, 'node_modules/@serverless-devs/s/bin/s');

/**
 * What Serverless Devs makes of a template, with these variables and no others: it runs in an empty folder, out of reach
 * of a .env of the developer's own, unless `dotenv` is the text of one.
 *
 * @throws when it cannot be rendered
 */
export async function render(template: string, variables: Record<string, string>, dotenv?: string): Promise<unknown> {
  const home = await mkdtemp(join(tmpdir(), 'sls-langfuse-s-'));
  try {
    const cwd = await prepare(home, template, dotenv);
    // Without NODE_ENV=test every command starts a background process that asks the network for updates.
    const env = { PATH: process.env.PATH, ...variables, HOME: home, NODE_ENV: 'test' };
    const { stdout } = await run(process.execPath, [SERVERLESS_DEVS, 'preview', '-o', 'json'], { cwd, env });
    // For root a warning stands before the JSON.
    return JSON.parse(stdout.slice(stdout.search(/^\{/m)));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function prepare(home: string, template: string, dotenv: string | undefined): Promise<string> {
  await mkdir(join(home, '.s'));
  await writeFile(join(home, '.s/set-config.yml'), 'analysis: disable\n');
  const cwd = join(home, 'project');
  await mkdir(cwd);
  await writeFile(join(cwd, 's.yaml'), template);
  if (dotenv !== undefined) await writeFile(join(cwd, '.env'), dotenv);
  return cwd;
}

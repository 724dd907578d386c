import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

function cli(...args: string[]) {
  return spawnSync(process.execPath, ['bin/sls-langfuse.mjs', ...args], { cwd: ROOT, encoding: 'utf8' });
}

const { status, stdout } = cli('--help');
const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].flatMap(([, name]) => name ?? []);

describe('the one program', () => {
  it('lists its commands with an example of each', () => {
    expect(status).toBe(0);
    expect(commands).toEqual(expect.arrayContaining(['start', 'explain', 'invoke', 'doctor', 'backfill', 'letters']));
    for (const name of commands) expect(stdout).toContain(`npx sls-langfuse ${name}`);
  });

  it.each(commands)('%s is an npm script, too, and helps', (name) => {
    expect(scripts[name]).toMatch(/^tsx bin\//);
    const help = cli(name, '--help');
    expect([help.status, help.stderr]).toEqual([0, '']);
    expect(help.stdout.split('\n').length).toBeGreaterThan(2);
  });

  it('hands a command its arguments', () => {
    const piped = spawnSync(process.execPath, ['bin/sls-langfuse.mjs', 'explain'], {
      ...{ cwd: ROOT, encoding: 'utf8', input: '{"path":"/healthz","__time__":"1795244400"}' },
    });
    expect(JSON.parse(piped.stdout)).toEqual([{ kind: 'skip', reason: 'non_ai' }]);
  });

  it.each([
    ['a command that does not exist', ['explan'], /There is no command "explan"\. Did you mean explain\?/],
    ['an option that a command does not have', ['explain', '--fast'], /Unknown option '--fast'/],
  ])('ends with 2 and a message for %s', (_, args, message) => {
    const wrong = cli(...args);
    expect([wrong.status, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(message);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { State } from '../../bin/viewer/board.ts';
import type { Receipt } from '../../lib/types.ts';
import { background } from './background.ts';
import { command } from './command.ts';

const SAMPLE = 'test/events/sls.json';
const folder = mkdtempSync(join(tmpdir(), 'invoke-'));
afterAll(() => rmSync(folder, { recursive: true }));

function eventFile(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function changed(change: Record<string, unknown>): string {
  const event = JSON.parse(readFileSync(SAMPLE, 'utf8')) as { source: object };
  return JSON.stringify({ ...event, source: { ...event.source, ...change } });
}

describe('npm run invoke', () => {
  it('prints the balanced receipt as the only line on standard output', async () => {
    const { code, stdout, stderr } = await command('invoke', ['-f', SAMPLE]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const receipt = JSON.parse(stdout) as Receipt;
    expect(receipt).toMatchObject({ read: 35, delivered: 28, lettered: { unreadable: 1 }, ranges: 0, pages: 1 });
    expect(Object.keys(receipt).join(' ')).toBe(
      'read delivered skipped lettered ranges pages bytes lagMs ms requestId release',
    );
    expect(stderr).toContain('"message":"shipped"');
    expect(code).toBe(0);
  });

  it.each([
    ['is not JSON', 'no json', /not JSON/],
    ['lacks its cursors', changed({ beginCursor: undefined, endCursor: undefined }), /beginCursor.*endCursor/],
    ['points at a foreign host', changed({ endpoint: 'http://sls.evil.example' }), /sls\.evil\.example.*SLS_ENDPOINT/],
    ['points at a look-alike', changed({ endpoint: 'cn-hangzhou.log.aliyuncs.com.evil.example' }), /SLS_ENDPOINT/],
  ])('prints the error of Function Compute for an event that %s, and exits with 1', async (_, event, message) => {
    const { code, stdout } = await command('invoke', ['-f', eventFile('event.json', event)]);
    const error = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(error)).toEqual(['errorMessage', 'errorType', 'stackTrace']);
    expect(error.errorMessage).toMatch(message);
    expect(code).toBe(1);
  });

  it('stands in for nothing with --real: what is missing is the error of the deployed function', async () => {
    const { code, stdout, stderr } = await command('invoke', ['-f', SAMPLE, '--real']);
    const { errorMessage } = JSON.parse(stdout) as { errorMessage: string };
    for (const name of ['LANGFUSE_HOST', 'LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY', 'DEAD_LETTER_BUCKET']) {
      expect(errorMessage).toContain(name);
    }
    expect(stderr).not.toContain('stand-in');
    expect(code).toBe(1);
  });

  it('names all mistakes of a configuration at once', async () => {
    const env = { LANGFUSE_TRANSPORT: 'grpc', LANGFUSE_SECRTE_KEY: 'sk-lf-hidden', DEAD_LETTER_PREFIX: 'a b' };
    const { code, stdout } = await command('invoke', ['-f', SAMPLE], env);
    const { errorMessage } = JSON.parse(stdout) as { errorMessage: string };
    expect(errorMessage).toMatch(/3 problems/);
    expect(errorMessage).toMatch(/LANGFUSE_TRANSPORT must be one of auto, otlp, ingestion/);
    expect(errorMessage).toMatch(/LANGFUSE_SECRTE_KEY .*did you mean LANGFUSE_SECRET_KEY/);
    expect(errorMessage).toContain('DEAD_LETTER_PREFIX');
    expect(errorMessage).not.toContain('sk-lf-hidden');
    expect(code).toBe(1);
  });

  it.each([
    ['without an event', [], /Which event/],
    ['with a file that is not there', ['-f', 'no-such-file.json'], /no-such-file/],
    ['with a timeout that is no number', ['-f', SAMPLE, '--timeout', 'soon'], /--timeout soon/],
    ['with an option that it does not know', ['-f', SAMPLE, '--reel'], /--reel/],
  ])('says what is wrong %s, and exits with 2', async (_, args, message) => {
    const { code, stdout, stderr } = await command('invoke', args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('serves the calls, the letter and the receipt of a run with --view, until it is interrupted', async () => {
    const invoke = background('invoke', ['-f', SAMPLE, '--view']);
    try {
      const url = await invoke.printed(/Viewer {4}(http:\/\/127\.0\.0\.1:\d+) — Ctrl-C to end/);
      const state = (await (await fetch(`${url}/api/state`)).json()) as State;
      expect(state).toMatchObject({ running: false, calls: { length: 28 }, letters: { length: 1 } });
      expect(state.invocations).toMatchObject([{ receipt: { read: 35, delivered: 28 } }]);
      const { port } = new URL(url);
      const second = await command('invoke', ['-f', SAMPLE, '--view', '--port', port]);
      expect(second).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`Port ${port} is taken`) });
      invoke.interrupt();
      expect(await invoke.ended).toBe(0);
    } finally {
      invoke.kill();
    }
  });

  it('explains itself', async () => {
    const { code, stdout } = await command('invoke', ['--help']);
    expect(stdout).toMatch(/--timeout SECONDS/);
    expect(code).toBe(0);
  });
});

import { expect, it } from 'vitest';
import type { State } from '../../bin/viewer/board.ts';
import { startLangfuse } from '../../test/stand-ins/langfuse.ts';
import { background } from './background.ts';
import { command } from './command.ts';

it('shows the traces, the dead letter and the balanced receipt', async () => {
  const { code, stdout } = await command('demo', []);
  expect(stdout).toMatch(/time +name +model +user +tokens +latency +first token +level/);
  expect(stdout.match(/ (?:DEFAULT|WARNING|ERROR)$/gm)).toHaveLength(28);
  expect(stdout).toMatch(/Dead letters in OSS\n\nsls-langfuse\/v1\/.*\.ndjson\.gz\n {2}unreadable: /);
  expect(stdout).toMatch(/35 read = 28 delivered \+ 6 skipped \+ 1 in dead letters: it balances/);
  expect(code).toBe(0);
});

it('delivers to a Langfuse that is configured, and links to its traces', async () => {
  const langfuse = await startLangfuse();
  try {
    const { url: LANGFUSE_HOST, publicKey: LANGFUSE_PUBLIC_KEY, secretKey: LANGFUSE_SECRET_KEY } = langfuse;
    const { code, stdout } = await command('demo', [], { LANGFUSE_HOST, LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY });
    expect(langfuse.observations()).toHaveLength(28);
    const link = (id: string) => new RegExp(`${LANGFUSE_HOST}/(?:trace|project/[^/ ]+/traces)/${id}\\n`);
    for (const { traceId } of langfuse.observations()) expect(stdout).toMatch(link(traceId));
    expect(stdout).not.toContain(LANGFUSE_SECRET_KEY);
    expect(code).toBe(0);
  } finally {
    await langfuse.close();
  }
});

it('fails when not all of the logs are accounted for', async () => {
  const langfuse = await startLangfuse();
  const { url: LANGFUSE_HOST } = langfuse;
  const env = { LANGFUSE_HOST, LANGFUSE_PUBLIC_KEY: 'pk', LANGFUSE_SECRET_KEY: 'sk', LANGFUSE_TRANSPORT: 'wrong' };
  try {
    const { code, stdout } = await command('demo', [], env);
    expect(stdout).toMatch(/threw InvocationError: .*LANGFUSE_TRANSPORT/s);
    expect(code).toBe(1);
  } finally {
    await langfuse.close();
  }
});

it('asks for the keys of a Langfuse that is configured', async () => {
  const { code, stderr } = await command('demo', [], { LANGFUSE_HOST: 'http://127.0.0.1:9' });
  expect(stderr).toMatch(/set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY/);
  expect(code).toBe(2);
});

it('serves what arrived on loopback when it is asked to, until it is interrupted', async () => {
  const demo = background('demo', ['--view']);
  try {
    const url = await demo.printed(/Viewer {4}(http:\/\/127\.0\.0\.1:\d+) — Ctrl-C to end/);
    const state = (await (await fetch(`${url}/api/state`)).json()) as State;
    expect(state).toMatchObject({
      running: false,
      calls: { length: 28 },
      letters: { length: 1 },
      invocations: [{}, {}],
    });
    demo.interrupt();
    expect(await demo.ended).toBe(0);
  } finally {
    demo.kill();
  }
});

it.each([
  [['--no-vew'], /--no-vew/],
  [['--view', '--port', 'http'], /--port http/],
])('says what is wrong with %j, and exits with 2', async (args, message) => {
  const { code, stdout, stderr } = await command('demo', args);
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

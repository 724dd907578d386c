import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { FcInstance, type FcOptions } from './fc.ts';

const folder = mkdtempSync(join(tmpdir(), 'fc-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BUNDLE = join(folder, 'function.cjs');
writeFileSync(
  BUNDLE,
  `let calls = 0, running = 0;
exports.handler = async (event, context) => {
  const { what, ms = 0 } = JSON.parse(event.toString());
  calls++; running++;
  await new Promise((resolve) => setTimeout(resolve, ms));
  const together = running--;
  if (what === 'throw') throw new TypeError('no such thing');
  if (what === 'exit') process.exit(3);
  if (what === 'hang') await new Promise(() => setInterval(() => {}, 1000));
  return JSON.stringify({ isBuffer: Buffer.isBuffer(event), calls, together, context, setting: process.env.SETTING });
};`,
);

const credentials = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' };
const open: FcInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((instance) => instance.close()));
});

function instance(options: Partial<FcOptions> = {}): FcInstance {
  const made = new FcInstance({ bundle: BUNDLE, handler: 'handler', env: { SETTING: 'set' }, credentials, ...options });
  open.push(made);
  return made;
}

async function resultOf(fc: FcInstance, event: object): Promise<Record<string, unknown>> {
  const invocation = await fc.invoke(JSON.stringify(event));
  if (!invocation.ok) throw new Error(invocation.error.errorMessage);
  return JSON.parse(invocation.result) as Record<string, unknown>;
}

describe('the FC stand-in', () => {
  it('hands over a Buffer, the environment, and the documented context', async () => {
    const result = await resultOf(instance({ timeout: 7 }), {});
    expect(result).toMatchObject({ isBuffer: true, setting: 'set' });
    expect(result.context).toMatchObject({ credentials, region: 'cn-hangzhou', function: { timeout: 7 } });
  });

  it('uses an instance again, for one event at a time', async () => {
    const fc = instance();
    const results = await Promise.all([1, 2, 3].map(() => resultOf(fc, { ms: 20 })));
    expect(results.map(({ calls, together }) => [calls, together])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  it.each([
    ['a throw', { what: 'throw' }, { errorType: 'TypeError', errorMessage: 'no such thing' }],
    ['an exit', { what: 'exit' }, { errorType: 'ProcessExit' }],
    [
      'the timeout',
      { what: 'hang' },
      { errorType: 'FunctionTimeout', errorMessage: 'Function timed out after 1 seconds' },
    ],
  ])('answers %s with the error of Function Compute, and takes the next event', async (_, event, error) => {
    const fc = instance({ timeout: 1 });
    expect(await fc.invoke(JSON.stringify(event))).toMatchObject({ ok: false, error });
    expect(await resultOf(fc, {})).toMatchObject({ isBuffer: true });
  });
});

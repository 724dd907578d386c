import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../bin/build.ts';
import { openStage, type Stage, sampleGroups } from '../../bin/stage.ts';
import type { CursorRange } from '../../lib/types.ts';
import { FcInstance } from '../stand-ins/fc.ts';

const SOURCE = {
  endpoint: 'http://cn-hangzhou-intranet.log.aliyuncs.com',
  project: 'proj',
  logstore: 'store',
  shard: 0,
};
/** A project whose keys are wrong, for some of the calls: error lines, refusals, and receipts by project. */
const ROUTES = [{ name: 'other', when: { model: 'qwen*' }, publicKey: 'pk-wrong', secretKey: 'sk-wrong' }];

/** What the built functions print when they ship the samples, with one record unreadable, and replay what was left. */
export async function printed(): Promise<string[]> {
  const dist = await mkdtemp(join(tmpdir(), 'docs-'));
  const env = { LOG_LEVEL: 'info', DEAD_LETTER_MAX_REPLAYS: '1', ROUTES: JSON.stringify(ROUTES) };
  const stage = await openStage(env, undefined, false);
  try {
    await bundle(dist);
    const { begin = '', end = '' } = stage.sls?.load(SOURCE.project, SOURCE.logstore, 0, sampleGroups()) ?? {};
    const shipped = await output(stage, join(dist, 'ship.js'), eventOf({ ...SOURCE, begin, end }));
    // With the wrong keys gone: a replay that Langfuse turns away gives nothing up.
    const { ROUTES: _, ...corrected } = stage.env;
    return [...shipped, ...(await output({ ...stage, env: corrected }, join(dist, 'replay.js'), '{}'))];
  } finally {
    await stage.close();
    await rm(dist, { recursive: true });
  }
}

async function output({ env, credentials, region }: Stage, path: string, event: string): Promise<string[]> {
  let text = '';
  const onOutput = (part: string) => {
    text += part;
  };
  const instance = new FcInstance({
    bundle: path,
    handler: 'handler',
    env,
    credentials,
    region,
    timeout: 60,
    onOutput,
  });
  const invocation = await instance.invoke(event);
  await instance.close();
  if (!invocation.ok) throw new Error(invocation.error.errorMessage);
  return text.trim().split('\n');
}

function eventOf({ endpoint, project, logstore, shard, begin, end }: CursorRange): string {
  const source = { endpoint, projectName: project, logstoreName: logstore, shardId: shard };
  const cursors = { beginCursor: begin, endCursor: end };
  return JSON.stringify({ parameter: {}, source: { ...source, ...cursors }, cursorTime: 1_795_244_400 });
}

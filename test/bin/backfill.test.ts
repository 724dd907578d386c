import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../bin/run.ts';
import { HOUR, LOGS_PER_SHARD, MINUTE, START, World } from './backfill-world.ts';
import { command } from './command.ts';

let world: World;

beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const SLICES = [
  [0, 2],
  [2, 4],
  [4, 6],
  [6, 8],
  [8, 10],
  [10, 12],
];
const NOTHING = { read: 0, delivered: 0, skipped: {}, lettered: {}, ranges: 0, slices: 0, failed: 0 };

describe('npm run backfill', () => {
  it('ships every slice of every shard once and in order, and prints the sum of the receipts', async () => {
    const { code, stdout, stderr } = await world.run(HOUR);
    expect(JSON.parse(stdout)).toEqual({ ...NOTHING, read: 24, delivered: 24, slices: 12 });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect([world.pulled(0), world.pulled(1)]).toEqual([SLICES, SLICES]);
    expect(world.langfuse.observations()).toHaveLength(2 * LOGS_PER_SHARD);
    expect(new Set(world.sent()).size).toBe(world.sent().length);
    expect(stderr).toMatch(/^proj\/store from 2023-11-1\S+ to \S+, shards 0, 1\n0\/12 slices, /);
    expect(code).toBe(0);
  });

  it('reads only what arrived within its times, in slices of the length asked for', async () => {
    const times = ['--from', `${START + 6 * MINUTE}`, '--to', `${START + 46 * MINUTE}`];
    const { stdout } = await world.run([...times, '--slice', '30', '--shard', '1']);
    expect([world.pulled(0), world.pulled(1)]).toEqual([
      [],
      [
        [2, 8],
        [8, 10],
      ],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ read: 8, slices: 2 });
  });

  it('goes straight to the first log, and invokes nothing for a time without logs', async () => {
    const { code, stdout, stderr } = await world.run(['--from', `${START - 864_000}`, '--to', `${START + 1}`]);
    expect(stderr).toContain('shard 0: what came first');
    expect(JSON.parse(stdout)).toMatchObject({ read: 2, slices: 2 });
    const before = ['--from', `${START - 600}`, '--to', `${START}`, '--state', join(world.folder, 'other.json')];
    const empty = await world.run(before);
    expect(JSON.parse(empty.stdout)).toEqual(NOTHING);
    expect([code, empty.code]).toEqual([0, 0]);
  });

  it('says that everything was done when it is run again, and does it again when told to', async () => {
    const args = [...HOUR, '--shard', '0'];
    const first = await world.run(args);
    const pulls = world.pulled(0).length;
    const second = await world.run(args);
    expect(second.stderr).toMatch(/: everything was done at 20\S+ \(.*state\.json\)\. --restart does it again\.\n$/);
    expect([second.code, second.stdout, world.pulled(0).length]).toEqual([0, first.stdout, pulls]);
    const third = await world.run([...args, '--restart']);
    expect([third.code, third.stdout, world.pulled(0).length]).toEqual([0, first.stdout, 2 * pulls]);
    expect(world.langfuse.observations()).toHaveLength(LOGS_PER_SHARD);
  });

  it('goes on with the other shards of a time of which some are done', async () => {
    await world.run([...HOUR, '--shard', '0']);
    const { stdout, stderr } = await world.run(HOUR);
    expect(stderr).toContain('Going on where it stopped, after 6 slices');
    expect(JSON.parse(stdout)).toMatchObject({ read: 24, slices: 12 });
    expect(world.pulled(0)).toEqual(SLICES);
  });

  it('takes a time that depends on now for another one when the one of before is done', async () => {
    const now = ['--from', `${START}`, '--to', 'now'];
    await world.run([...now, '--slice', '10080']);
    const state = JSON.parse(readFileSync(world.stateFile, 'utf8'));
    const old = { ...state.to, seconds: state.to.seconds - 60 };
    writeFileSync(world.stateFile, JSON.stringify({ ...state, to: old }));
    const { stdout, stderr } = await world.run([...now, '--slice', '10080', '--shard', '1']);
    expect(stderr).not.toContain('everything was done');
    expect(JSON.parse(stdout)).toMatchObject({ read: LOGS_PER_SHARD });
  });

  it('shows shards, slices and cursors with --dry-run, and does nothing', async () => {
    world.env = { ...world.env, LANGFUSE_HOST: '', DEAD_LETTER_BUCKET: '' };
    const { code, stdout } = await world.run([...HOUR, '--dry-run', '--slice', '30']);
    expect(stdout).toMatch(/^4 slices of 2 shards would be shipped\. Nothing was\.\n/);
    expect(stdout).toMatch(
      /\nshard +status +slices +from +begin cursor +end cursor\n +0 +readwrite +2 +2023-11-1\S+ +MTUw/,
    );
    expect(stdout).toMatch(
      /\nshard +from +to +begin cursor +end cursor\n( +[01] +2023-11-1\S+ +\S+ +MTUw\S+ +MTUw\S+\n){4}/,
    );
    expect([code, world.pulled(0), existsSync(world.stateFile)]).toEqual([0, [], false]);
  });
});

describe('npm run backfill as a process', () => {
  it('finishes what is in flight at Ctrl-C, though the terminal tells every process, and goes on there', async () => {
    const pull = world.holdPull(4);
    const running = world.start([...HOUR, '--parallel', '1']);
    await pull.reached;
    process.kill(-running.pid, 'SIGINT');
    await running.said('Ctrl-C again ends at once');
    pull.release();
    const { code, stdout, stderr } = await running.finished;
    expect(JSON.parse(stdout)).toMatchObject({ read: 8, delivered: 8, slices: 4, failed: 0 });
    expect(stderr).toMatch(/Interrupted after 4 slices\.\nTo go on where it stopped: npm run backfill -- --from 17/);
    expect(code).toBe(130);
    const second = await world.run(HOUR);
    expect(second.stderr).toContain('Going on where it stopped, after 4 slices');
    expect(JSON.parse(second.stdout)).toMatchObject({ read: 24, delivered: 24, slices: 12 });
    expect([world.pulled(0), world.pulled(1)]).toEqual([SLICES, SLICES]);
    expect(new Set(world.sent()).size).toBe(world.sent().length);
    expect(world.langfuse.observations()).toHaveLength(2 * LOGS_PER_SHARD);
  }, 30_000);

  it.each([['killed'], ['told to end at once']])(
    'loses nothing when it is %s, and its function ends',
    async (how) => {
      const pull = world.holdPull(4);
      const running = world.start([...HOUR, '--parallel', '1']);
      await pull.reached;
      if (how === 'killed') process.kill(running.pid, 'SIGKILL');
      else {
        process.kill(running.pid, 'SIGINT');
        await running.said('Ctrl-C again ends at once');
        // One key press may arrive twice: only one that is later counts.
        await vi.waitUntil(() => running.ended() || !process.kill(running.pid, 'SIGINT'), { timeout: 5_000 });
      }
      const { code } = await running.finished;
      expect(code).toBe(how === 'killed' ? null : 130);
      await expect.poll(() => world.sls.requests.some(({ aborted }) => aborted)).toBe(true);
      pull.release();
      const { stdout } = await world.run(HOUR);
      expect(JSON.parse(stdout)).toMatchObject({ read: 24, delivered: 24, slices: 12 });
      expect(world.pulled(0)).toEqual([...SLICES.slice(0, 4), ...SLICES.slice(3)]);
      expect(world.langfuse.observations()).toHaveLength(2 * LOGS_PER_SHARD);
      expect(new Set(world.sent()).size).toBe(world.sent().length);
    },
    30_000,
  );

  it('names everything that is missing together, and exits with 2', async () => {
    const { code, stdout, stderr } = await command('backfill', HOUR, { LANGFUSE_TRANSPORT: 'grpc' });
    for (const name of ['SLS_PROJECT', 'SLS_LOGSTORE', 'REGION', 'ALIBABA_CLOUD_ACCESS_KEY_ID', 'LANGFUSE_HOST']) {
      expect(stderr).toMatch(new RegExp(`\\n {2}- ${name} is not set`));
    }
    expect(stderr).toMatch(/\n {2}- LANGFUSE_TRANSPORT must be one of/);
    expect(stderr).toMatch(/\nSet them in the shell, .*\.env/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('explains itself', async () => {
    const { code, stdout } = await command('backfill', ['--help']);
    expect(stdout).toMatch(/npm run -s backfill -- --from -2h --to now\n/);
    expect(code).toBe(0);
  });
});

describe('a slice that fails', () => {
  it('is tried again three times; then its shard stops, the others go on, and the next run takes it up', async () => {
    world.sls.faults = ({ path }) =>
      path[3] === '1' ? { kind: 'error', status: 400, code: 'InvalidCursor', message: 'no' } : undefined;
    const { code, stdout, stderr } = await world.run(HOUR);
    expect(world.slept).toEqual([2_000, 8_000, 30_000]);
    expect(stderr).toMatch(
      /shard 1 from 2023-11-1\S+: The function threw InvocationError: .*InvalidCursor.* Tried again in 2 s\./,
    );
    expect(stderr).toMatch(
      /These slices failed, and their shards stopped:\n {2}shard 1, 2023-11-1\S+ to 2023-11-1\S+: .*InvalidCursor/,
    );
    expect(stderr).toMatch(/To go on where it stopped when that is put right: npm run backfill -- --from 17/);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ ...NOTHING, read: 12, delivered: 12, slices: 6, failed: 1 });
    world.sls.faults = [];
    const second = await world.run(HOUR);
    expect(JSON.parse(second.stdout)).toMatchObject({ delivered: 24, slices: 12, failed: 0 });
    expect(second.code).toBe(0);
  });
});

describe('npm run backfill --remote', () => {
  it('invokes the deployed function with events like those of the trigger', async () => {
    await world.deploy();
    world.env = { ...world.env, LANGFUSE_HOST: '', DEAD_LETTER_BUCKET: '' };
    const { code, stdout, stderr } = await world.run([...HOUR, '--remote', '--slice', '30', '--shard', '0']);
    const events = world.events.map((event) => JSON.parse(`${event}`));
    expect(events).toMatchObject(
      [1, 2].map((n) => ({
        parameter: {},
        source: {
          endpoint: 'http://cn-hangzhou-intranet.log.aliyuncs.com',
          projectName: 'proj',
          logstoreName: 'store',
          shardId: 0,
        },
        jobName: 'backfill',
        taskId: /^[0-9a-f-]{36}$/.exec(events[n - 1].taskId)?.[0],
        cursorTime: START + n * 30 * MINUTE,
      })),
    );
    expect(events[0].source.endCursor).toBe(events[1].source.beginCursor);
    const sums = { read: 6, delivered: 2, skipped: { non_ai: 2 }, lettered: { refused: 2 }, ranges: 0 };
    expect(JSON.parse(stdout)).toEqual({ ...sums, slices: 2, failed: 0 });
    expect(stderr).toContain('2 logs and 0 ranges became dead letters: npm run letters -- list');
    expect([code, world.pulled(0)]).toEqual([0, []]);
  });

  it.each([
    [403, 'AccessDenied', /status 403, .*fc:InvokeFunction/, 0],
    [404, 'FunctionNotFound', /status 404, .*SHIP_FUNCTION.*npm run deploy/, 0],
    [429, 'ResourceExhausted', /status 429, .*--parallel/, 3],
    [503, 'ResourceThrottled', /status 503, .*again later/, 3],
  ])('says what to do when Function Compute answers %i %s', async (status, code, message, retries) => {
    const api = await world.deploy();
    api.fault = () => ({ status, code });
    const result = await world.run([...HOUR, '--remote', '--shard', '0']);
    expect(result.stderr).toMatch(message);
    expect([result.code, world.slept.length, JSON.parse(result.stdout).failed]).toEqual([1, retries, 1]);
  });

  it('takes a function that threw for a failure, and one that returns no receipt for another', async () => {
    await world.deploy('mine');
    world.env = { ...world.env, SHIP_FUNCTION: 'mine' };
    const error = { errorMessage: 'SLS is gone', errorType: 'InvocationError', stackTrace: [] };
    world.deployed = async () => ({ ok: false, requestId: 'r', error });
    const threw = await world.run([...HOUR, '--remote', '--shard', '0']);
    world.deployed = async () => ({ ok: true, requestId: 'r', result: '"hello"' });
    const odd = await world.run([...HOUR, '--remote', '--shard', '0']);
    expect(threw.stderr).toMatch(/mine threw InvocationError: SLS is gone/);
    expect(odd.stderr).toMatch(/mine returned no receipt/);
    expect([threw.code, odd.code, world.events.length]).toEqual([1, 1, 5]);
  });

  it('needs an account, and nothing of Langfuse', async () => {
    world.env = { ...world.env, LANGFUSE_HOST: '', REGION: '' };
    const run = world.run([...HOUR, '--remote']);
    await expect(run).rejects.toThrow(
      /2 are missing or wrong:\n {2}- REGION is not set.*\n {2}- ACCOUNT_ID is not set/,
    );
    await expect(run).rejects.toBeInstanceOf(UsageError);
  });
});

describe('what does not fit', () => {
  it.each([
    ['another time', ['--from', `${START + 1}`, '--to', `${START + 60 * MINUTE}`], {}],
    ['another logstore', HOUR, { SLS_LOGSTORE: 'other' }],
  ])('refuses a state of %s', async (_, args, env) => {
    await world.run([...HOUR, '--shard', '0']);
    world.env = { ...world.env, ...env };
    const again = world.run(args);
    await expect(again).rejects.toBeInstanceOf(UsageError);
    await expect(again).rejects.toThrow(/state of another backfill: proj\/store from 2023\S+ to 2023\S+\. .*--restart/);
  });

  it.each(['no JSON', '{"v":2}', '[]'])(
    'refuses a state file that holds %s, and --restart forgets it',
    async (text) => {
      writeFileSync(world.stateFile, text);
      const args = [...HOUR, '--shard', '0', '--slice', '60'];
      await expect(world.run(args)).rejects.toThrow(/does not hold the state of a backfill\. .*--restart/);
      expect((await world.run([...args, '--restart'])).code).toBe(0);
    },
  );

  it('refuses a shard that is not there, and names those that are', async () => {
    await expect(world.run([...HOUR, '--shard', '7'])).rejects.toThrow(
      '--shard 7: the logstore has no such shard, only 0, 1',
    );
  });

  it.each([
    [
      'a wrong secret',
      { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'x' },
      /^ListShards proj\/store: SLS answered 401 SignatureNot/,
    ],
    [
      'a wrong token',
      { ALIBABA_CLOUD_SECURITY_TOKEN: 'x' },
      /401 Unauthorized\. Allow log:ListShards and log:GetCursor/,
    ],
    ['another logstore', { SLS_LOGSTORE: 'other' }, /404 LogStoreNotExist/],
    ['no SLS there', { SLS_ENDPOINT: 'http://127.0.0.1:9' }, /^ListShards proj\/store: .*SLS_ENDPOINT/],
  ])('says what to do with %s', async (_, env, message) => {
    world.env = { ...world.env, ...env };
    await expect(world.run(HOUR)).rejects.toThrow(message);
    expect(existsSync(world.stateFile)).toBe(false);
  });

  it.each([
    ['a project that is none', { SLS_PROJECT: 'evil.example/' }, /SLS_PROJECT is no name of a project/],
    ['a region that is none', { REGION: 'evil.example/' }, /REGION is no region/],
    ['no token for a temporary key', { ALIBABA_CLOUD_SECURITY_TOKEN: '' }, /ALIBABA_CLOUD_SECURITY_TOKEN is not set/],
  ])('refuses %s', async (_, env, message) => {
    world.env = { ...world.env, ...env };
    await expect(world.run(HOUR)).rejects.toThrow(message);
  });
});

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../lib/config.ts';
import { Destinations } from '../lib/destinations.ts';
import { ALL } from '../lib/formats/all.ts';
import { wholeOf } from '../lib/held-call.ts';
import { openProjects } from '../lib/langfuse/projects.ts';
import { decodeLetters } from '../lib/letters/decode.ts';
import { Readings } from '../lib/readings.ts';
import { fromFlat } from '../lib/record.ts';
import { shipRange } from '../lib/ship.ts';
import { pullRange } from '../lib/sls/pull.ts';
import type { Letter, LlmCall } from '../lib/types.ts';
import { parseRoutes } from '../lib/view/routes.ts';
import { world } from './sls/world.ts';
import { callsOf } from './support/calls.ts';
import { type Site, site } from './support/delivery.ts';
import { lineOf } from './support/records.ts';
import { checkBalance, groups, PAGES } from './support/tenants.ts';

const to = (destination: string, calls: readonly LlmCall[]) => calls.map((call) => ({ ...call, destination }));
const ids = (calls: readonly LlmCall[]) => calls.map(({ observation }) => observation.id).sort();
const stored = ({ server }: Site) =>
  server
    .observations()
    .map(({ id }) => id)
    .sort();

/** Two projects on two servers, each with keys of its own; to the second of them maybe with a wrong one. */
async function two(secretKey?: string): Promise<{ main: Site; other: Site; destinations: Destinations }> {
  const main = await site();
  const access = secretKey === undefined ? {} : { secretKey };
  const other = await site({ publicKey: 'pk-lf-other', secretKey: 'sk-lf-other', access });
  const deliveries = new Map([
    ['default', main.deliver()],
    ['other', other.deliver()],
  ]);
  return { main, other, destinations: new Destinations(deliveries) };
}

describe('several destinations', () => {
  it('each get the calls that are theirs, and no other', async () => {
    const { main, other, destinations } = await two();
    const [ours, theirs] = [callsOf(3), callsOf(4, 10)];
    expect(await destinations.settle([...ours, ...to('other', theirs)])).toEqual([]);
    expect([stored(main), stored(other)]).toEqual([ids(ours), ids(theirs)]);
    expect([destinations.halt, destinations.halts]).toEqual([undefined, []]);
  });

  it('leave no question open once they are ready', async () => {
    const { main, other, destinations } = await two();
    other.server.fault = () => ({ kind: 'delay', ms: 30 });
    await destinations.ready();
    expect([main, other].map(({ server }) => server.requests.length)).toEqual([1, 1]);
    expect([...main.server.requests, ...other.server.requests].every(({ status }) => status === 200)).toBe(true);
    await destinations.ready();
    expect(other.server.requests).toHaveLength(1);
  });

  it('write down what is theirs each by its own transport, and nothing of a project that is not there', async () => {
    const { main, other, destinations } = await two();
    const [ours] = callsOf(1);
    const [theirs] = to('other', callsOf(1, 10));
    const [nobodys] = to('gone', callsOf(1, 20));
    if (!ours || !theirs || !nobodys) throw new Error('there are three');
    expect(destinations.written(ours)).toBeUndefined();
    await destinations.ready();
    const sinkOf = async ({ langfuse }: Site) => {
      const route = await langfuse.route(new AbortController().signal);
      return 'sink' in route ? route.sink : undefined;
    };
    expect(destinations.written(ours)?.sink).toBe(await sinkOf(main));
    expect(destinations.written(theirs)?.sink).toBe(await sinkOf(other));
    expect(destinations.written(nobodys)).toBeUndefined();
    await expect(destinations.settle([nobodys])).rejects.toThrow('No Langfuse project is called gone');
  });

  it('wait until each that was sent something shows it', async () => {
    const late = await site({ version: '4.16.0' });
    const destinations = new Destinations(new Map([['default', late.deliver()]]));
    await destinations.settle(callsOf(3));
    const reads = () => late.server.requests.filter(({ path }) => path.includes('/observations')).length;
    const before = reads();
    await destinations.shown();
    expect(reads()).toBeGreaterThan(before);
  });

  it('are not asked when nothing is theirs', async () => {
    const { other, destinations } = await two();
    await destinations.settle(callsOf(2));
    await destinations.shown();
    expect(other.server.requests).toEqual([]);
  });

  it('fail each for itself: with one wrong key its calls are refused, and the others arrive', async () => {
    const { main, other, destinations } = await two('sk-lf-wrong');
    const [ours, theirs] = [callsOf(3), to('other', callsOf(2, 10))];
    const undelivered = await destinations.settle([...theirs, ...ours]);
    expect(ids(undelivered.map(({ call }) => wholeOf(call)))).toEqual(ids(theirs));
    expect(undelivered.map(({ rejection }) => rejection)).toMatchObject(
      theirs.map(() => ({ why: 'refused', status: 401 })),
    );
    expect([stored(main), stored(other)]).toEqual([ids(ours), []]);
  });

  it('halt together once all that had calls have halted, and say which ones have', async () => {
    const { destinations, main } = await two('sk-lf-wrong');
    await destinations.settle(to('other', callsOf(1)));
    const halt = { reason: 'refused', status: 401 };
    expect(destinations.halt).toMatchObject(halt);
    expect(destinations.halts).toMatchObject([{ ...halt, destination: 'other' }]);
    await destinations.settle(callsOf(1, 5));
    expect(destinations.halt).toBeUndefined();
    expect(destinations.halts).toMatchObject([{ ...halt, destination: 'other' }]);
    main.server.fault = () => ({ kind: 'status', status: 403 });
    await destinations.settle(callsOf(1, 6));
    expect(destinations.halt).toMatchObject({ reason: 'refused' });
    expect(destinations.halts.map(({ destination }) => destination)).toEqual(['default', 'other']);
  });

  it('that halted are sent nothing more, while the others go on', async () => {
    const { destinations, other } = await two('sk-lf-wrong');
    await destinations.settle(to('other', callsOf(1)));
    const asked = other.server.requests.length;
    expect(await destinations.settle([...callsOf(2, 5), ...to('other', callsOf(2, 8))])).toHaveLength(2);
    expect(other.server.requests).toHaveLength(asked);
  });
});

describe('the projects of a configuration', () => {
  const LEAST = {
    ...{ LANGFUSE_HOST: 'https://one.example.com', LANGFUSE_PUBLIC_KEY: 'pk-1', LANGFUSE_SECRET_KEY: 'sk-1' },
    ...{ DEAD_LETTER_BUCKET: 'my-bucket', LANGFUSE_ENVIRONMENT: 'prod', LANGFUSE_TIMEOUT: '7' },
  };

  it('are the default one alone, without routes', () => {
    expect([...openProjects(parseConfig(LEAST)).keys()]).toEqual(['default']);
  });

  it('take from the default one what their route does not say, but never its keys', () => {
    const keys = { publicKey: 'pk-2', secretKey: 'sk-2' };
    const ROUTES = JSON.stringify([
      { name: 'a', when: { route: 'a' }, ...keys },
      { name: 'b', when: { route: 'b' }, ...keys, host: 'https://two.example.com/', environment: 'test' },
    ]);
    const projects = openProjects(parseConfig({ ...LEAST, ROUTES }));
    expect([...projects.keys()]).toEqual(['default', 'a', 'b']);
    const access = (name: string) => projects.get(name)?.access;
    expect(access('default')).toMatchObject({ publicKey: 'pk-1', secretKey: 'sk-1' });
    const shared = { timeoutMs: 7000, ...keys };
    expect(access('a')).toMatchObject({ ...shared, host: 'https://one.example.com', environment: 'prod' });
    expect(access('b')).toMatchObject({ ...shared, host: 'https://two.example.com', environment: 'test' });
  });
});

describe('a range that is shipped to several destinations', () => {
  const { routes } = parseRoutes({
    ROUTES: JSON.stringify([{ name: 'other', when: { status: '5xx' }, publicKey: 'pk', secretKey: 'sk' }]),
  });

  async function ship({ destinations }: { destinations: Destinations }, all = groups) {
    const { range, access, clock } = await world({ groups: all });
    const letters: Letter[] = [];
    const logged: unknown[] = [];
    const ports = {
      ...{ pull: (part: typeof range) => pullRange(part, access), delivery: destinations, clock },
      letters: { put: async (_: string, body: Uint8Array) => void letters.push(...decodeLetters(body)) },
      log: (...entry: unknown[]) => void logged.push(entry),
    };
    const times = { startedAt: 0, pullUntil: Number.POSITIVE_INFINITY };
    const receipt = await shipRange(range, ports, {
      requestId: 'r',
      prefix: 'p',
      readers: ALL,
      timeZone: 'UTC',
      routes,
      ...times,
    });
    checkBalance(receipt);
    return { receipt, letters, logged };
  }

  it('says of each in the receipt what became of its calls', async () => {
    const all = await two();
    const { receipt } = await ship(all);
    expect(receipt).toMatchObject({ read: 3 * PAGES, delivered: 2 * PAGES, skipped: { non_ai: PAGES } });
    const part = { read: PAGES, delivered: PAGES, lettered: {} };
    expect(receipt.destinations).toEqual({ default: part, other: part });
    expect([stored(all.main).length, stored(all.other).length]).toEqual([PAGES, PAGES]);
  });

  it('goes on to its end when one refuses everything, letters what was for that one, and names it in the log', async () => {
    const all = await two('sk-lf-wrong');
    const { receipt, letters, logged } = await ship(all);
    expect(receipt).toMatchObject({ delivered: PAGES, lettered: { refused: PAGES }, ranges: 0 });
    expect(receipt.destinations).toEqual({
      default: { read: PAGES, delivered: PAGES, lettered: {} },
      other: { read: PAGES, delivered: 0, lettered: { refused: PAGES } },
    });
    expect(letters).toHaveLength(PAGES);
    expect(logged).toContainEqual([
      'error',
      expect.stringContaining('it refuses every request'),
      expect.objectContaining({ destination: 'other' }),
    ]);
  });

  it('counts what cannot be read for none of them', async () => {
    const { start_time: _, ...timeless } = lineOf(99);
    const { receipt } = await ship(await two(), [{ logs: [{ time: 0, fields: timeless }] }, ...groups.slice(0, 1)]);
    expect(receipt).toMatchObject({ read: 4, lettered: { unreadable: 1 } });
    expect(Object.keys(receipt.destinations ?? {}).sort()).toEqual(['default', 'other']);
  });
});

it('calls of the same ids are as many as the projects that they go to', async () => {
  const fieldMap = new Map([...['traceId', 'observationId'], 'startTime'].map((place) => [place, [place]]));
  const same = { traceId: 't', observationId: 'o', startTime: '2026-11-21T07:00:00Z' };
  const records = ['200', '500', '404'].map((response_code, n) => fromFlat({ ...lineOf(n), response_code, ...same }));
  const { routes } = parseRoutes({
    ROUTES: JSON.stringify([
      { name: 'other', when: { status: '5xx' }, publicKey: 'pk', secretKey: 'sk' },
      { name: 'third', when: { status: '4xx' }, publicKey: 'pk-3', secretKey: 'sk-3' },
    ]),
  });
  const readings = await Readings.of(records, { readers: ALL, timeZone: 'UTC', fieldMap, routes });
  expect(readings.calls.map(({ destination }) => destination)).toEqual([undefined, 'other', 'third']);
  readings.undelivered(
    readings.calls.slice(1, 2).map((call) => ({ call, rejection: { why: 'oversize', message: 'too large' } })),
  );
  expect(readings.byDestination()).toEqual([
    { destination: 'default', read: 1, lettered: [] },
    { destination: 'other', read: 1, lettered: ['oversize'] },
    { destination: 'third', read: 1, lettered: [] },
  ]);
});

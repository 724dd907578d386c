import { afterEach } from 'vitest';
import type { SlsAccess } from '../../lib/sls/client.ts';
import { type Pulled, pullRange } from '../../lib/sls/pull.ts';
import { PullError } from '../../lib/sls/pull-error.ts';
import type { Clock, CursorRange } from '../../lib/types.ts';
import { type SlsGroup, type SlsOptions, type SlsStandIn, startSls } from '../stand-ins/sls.ts';

export const credentials = { accessKeyId: 'STS.ak', accessKeySecret: 'sk-secret', securityToken: 'token-secret' };

/** Time that stands at the real now and passes by being slept. */
export interface FakeClock extends Clock {
  readonly slept: number[];
}

export function fakeClock(): FakeClock {
  const slept: number[] = [];
  return {
    slept,
    now: () => Date.now(),
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
}

export interface World {
  readonly sls: SlsStandIn;
  readonly range: CursorRange;
  readonly access: SlsAccess;
  readonly clock: FakeClock;
  readonly pull: (signal?: AbortSignal) => AsyncGenerator<Pulled, void, void>;
}

export interface WorldOptions extends Partial<SlsOptions> {
  readonly groups?: readonly SlsGroup[];
  readonly step?: bigint;
  readonly access?: Partial<SlsAccess>;
}

const open: SlsStandIn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((sls) => sls.close()));
});

/** A server with one loaded shard and a client for it; closed after the test. */
export async function world({
  groups = numbered(4),
  step,
  access: more,
  ...options
}: WorldOptions = {}): Promise<World> {
  const sls = await startSls({ credentials, groupsPerPage: 1, ...options });
  open.push(sls);
  const clock = fakeClock();
  const { begin, end } = sls.load('proj', 'store', 0, groups, undefined, step);
  const range = { endpoint: 'unused', project: 'proj', logstore: 'store', shard: 0, begin, end };
  const endpoint = new URL(sls.url);
  const access: SlsAccess = {
    credentials,
    region: 'cn-hangzhou',
    endpoint,
    signature: 'v4',
    clock,
    timeoutMs: 5000,
    ...more,
  };
  return { sls, range, access, clock, pull: (signal) => pullRange(range, access, signal) };
}

/** So many groups of one log each, whose field `n` counts them. */
export function numbered(count: number): SlsGroup[] {
  return Array.from({ length: count }, (_, n) => ({
    logs: [{ time: 1000 + n, fields: { n: String(n) } }],
    source: 's',
  }));
}

export async function collect(pages: AsyncIterable<Pulled>): Promise<Pulled[]> {
  const all: Pulled[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** The pages until the pull failed, and its error. */
export async function untilError(pages: AsyncIterable<Pulled>): Promise<{ before: Pulled[]; error: PullError }> {
  const before: Pulled[] = [];
  try {
    for await (const page of pages) before.push(page);
  } catch (error) {
    if (error instanceof PullError) return { before, error };
    throw error;
  }
  throw new Error('the pull did not fail');
}

/** The field `n` of every record, in order; a broken page shows as its reason's first word. */
export function numbers(pages: readonly Pulled[]): (string | undefined)[] {
  return pages.flatMap((page) =>
    'broken' in page ? ['broken'] : [...page.records].map(({ fields }) => fields.get('n')),
  );
}

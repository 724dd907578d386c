import { describe, expect, it } from 'vitest';
import { gatewayLog } from '../../bench/gateway-log.ts';
import { inFlightSvg } from '../../bench/in-flight.ts';
import { median, quantile } from '../../bench/median.ts';
import { cheapest, costOf, LEAST_MB, type Load } from '../../bench/price.ts';
import { seeded } from '../../bench/random.ts';
import { isMet, printed } from '../../bench/report.ts';
import { Counter } from '../../bench/servers/counter.ts';
import { cursorAt, indexAt } from '../../bench/servers/cursor.ts';
import { EndlessShard } from '../../bench/servers/shard.ts';
import { Turnstile } from '../../bench/servers/turnstile.ts';
import { Walk } from '../../bench/side/walk.ts';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { readLogGroupList } from '../../lib/sls/protobuf.ts';

const SHARD = { logsPerGroup: 4, groups: 3 };

describe('the generated gateway logs', () => {
  const random = seeded(1);
  const logs = Array.from({ length: 300 }, (_, n) => gatewayLog(random, n));
  const size = ({ fields }: (typeof logs)[number]) =>
    Object.entries(fields).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);

  it('have 30 fields', () => {
    expect(new Set(logs.map(({ fields }) => Object.keys(fields).length))).toEqual(new Set([30]));
  });

  it('are 2 to 4 KB in the middle', () => {
    const sizes = logs.map(size);
    expect(quantile(sizes, 0.05)).toBeGreaterThan(1_800);
    expect(quantile(sizes, 0.95)).toBeLessThan(4_500);
  });

  it('are in Chinese for a third', () => {
    expect(logs.filter(({ ai }) => /\p{Script=Han}/u.test(ai.answer))).toHaveLength(100);
  });

  it('are the same in each run', () => {
    expect(gatewayLog(seeded(7), 3)).toEqual(gatewayLog(seeded(7), 3));
  });
});

describe('the endless shard', () => {
  it('holds calls, each with ids of its own, also where its texts come again', () => {
    const records = [...readLogGroupList(new EndlessShard(SHARD).read(0, 9), '').records];
    const readings = records.map((record) => read(record, { readers: ALL, timeZone: 'UTC' }));
    const ids = readings.map((reading) => (reading.kind === 'call' ? reading.call.observation.id : undefined));
    expect(ids).toHaveLength(36);
    expect(new Set(ids).size).toBe(36);
    expect(ids).not.toContain(undefined);
  });

  it('gives a range the same bytes however it is paged', () => {
    const shard = new EndlessShard(SHARD);
    expect(Buffer.concat([shard.read(0, 2), shard.read(2, 3)])).toEqual(shard.read(0, 5));
  });
});

it('walks a page to the same values as the reader of the function', () => {
  const bytes = new EndlessShard(SHARD).read(0, 3);
  const wanted = ['trace_id', 'nowhere', 'ai_log'];
  const walked: (string | undefined)[][] = [];
  new Walk(wanted).each(bytes, (values) => walked.push([...values]));
  const records = [...readLogGroupList(bytes, '').records];
  expect(walked).toEqual(records.map(({ fields }) => wanted.map((name) => fields.get(name))));
});

it('counts spans once, in gzip and plain', async () => {
  const { gzipSync } = await import('node:zlib');
  const body = Buffer.from('{"spans":[{"traceId":"a"},{"traceId":"b"}]}');
  const counter = new Counter();
  counter.add(body);
  counter.add(gzipSync(body));
  expect([counter.take(), counter.take()]).toEqual([4, 0]);
});

it('finds an index again in its cursor', () => {
  expect([0, 1, 99_999].map(cursorAt).map(indexAt)).toEqual([0, 1, 99_999]);
});

it('turns away what would wait too long', async () => {
  // Time stands still, so that the second is there before the first is through.
  const turnstile = new Turnstile(1_000_000, 0, { now: () => 0, sleep: async () => undefined });
  const passed = await Promise.all([turnstile.pass(1_000), turnstile.pass(1)]);
  expect(passed).toEqual([true, false]);
});

it.each([
  [[3, 1, 2], 2],
  [[4, 1], 2.5],
  [[5], 5],
])('has the median of %j at %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

describe('the cost of a million calls', () => {
  const load: Load = { rate: 10, calls: 600, cpuMs: 100, peakMb: 200 };

  it('is that of the published factors', () => {
    const { cu } = costOf({ ...load, calls: 1_000_000, cpuMs: 50 }, { vcpu: 0.5, memoryMb: 1024 });
    // 0.1 s of work at half a core and 0.15 s of waiting.
    expect(cu).toBeCloseTo(75 / 10_000 + 0.25 * 0.5 + 0.25 * 0.15, 10);
  });

  it('leaves out settings that hold too little memory', () => {
    expect(cheapest({ ...load, peakMb: 600 }, 60)?.memoryMb).toBeGreaterThanOrEqual(600);
    expect(cheapest({ ...load, peakMb: 2_000 }, 60)).toBeUndefined();
  });

  it('leaves out settings that would not hold pages of large prompts, whatever the load held', () => {
    expect(cheapest(load, 60)?.memoryMb).toBeGreaterThanOrEqual(LEAST_MB);
  });

  it('leaves out settings that are not done in time', () => {
    const busy = { ...load, cpuMs: 30_000 };
    const setting = cheapest(busy, 60);
    expect(setting && costOf(busy, setting).seconds).toBeLessThanOrEqual(60);
    expect(setting?.vcpu).toBeGreaterThan(0.5);
  });
});

it('says of a goal whether it is met', () => {
  const goal = { name: 'ratio', value: 1.31, limit: 1.3, rule: 'at most' } as const;
  expect([isMet(goal), isMet({ ...goal, value: 1.3 }), isMet({ ...goal, rule: 'at least' })]).toEqual([
    false,
    true,
    true,
  ]);
  expect(printed({ title: 'T', rows: [], goals: [goal], notes: [] })).toContain('MISSED  ratio: 1.31 (at most 1.3)');
});

it('tells a figure from a limit that it misses by little', () => {
  const close = { name: 'ratio', value: 1.1012, limit: 1.1, rule: 'at most' } as const;
  const text = printed({ title: 'T', rows: [], goals: [close, { ...close, value: 1.1 }], notes: [] });
  expect(text).toContain('MISSED  ratio: 1.1012 (at most 1.1)');
  expect(text).toContain('met     ratio: 1.1 (at most 1.1)');
});

it('draws the requests in flight between none and the most', () => {
  const svg = inFlightSvg([
    {
      name: 'a server',
      changes: [
        [0, 1],
        [10, 5],
        [20, 0],
      ],
    },
  ]);
  expect(svg).toContain('>5</text>');
  expect(svg.match(/<path/g)).toHaveLength(2);
  expect(svg).not.toContain('NaN');
});

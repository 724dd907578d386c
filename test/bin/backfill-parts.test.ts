import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argumentsOf } from '../../bin/backfill/arguments.ts';
import { dryRunText } from '../../bin/backfill/dry-run.ts';
import { interrupter } from '../../bin/backfill/interrupt.ts';
import { Meter, type Standing } from '../../bin/backfill/meter.ts';
import { parseMoment, textOf } from '../../bin/backfill/moment.ts';
import { endingText } from '../../bin/backfill/report.ts';
import { Runner } from '../../bin/backfill/runner.ts';
import { settingsFor } from '../../bin/backfill/settings.ts';
import { beginShard } from '../../bin/backfill/slice.ts';
import type { Said, Source } from '../../bin/backfill/source.ts';
import { defaultFile, freshState, isDone, loadState, type State, saveState } from '../../bin/backfill/state.ts';
import { NOTHING, withSlice } from '../../bin/backfill/sums.ts';
import { cursorOf, positionOf } from '../stand-ins/sls.ts';
import { fakeClock, NOON } from '../support/clock.ts';

const AT = { project: 'proj', logstore: 'store' };
const seconds = (iso: string) => Date.parse(iso) / 1000;

describe('a time', () => {
  it.each([
    ['2026-11-20T08:00:00Z', '2026-11-20T08:00:00Z'],
    ['2026-11-20T08:00Z', '2026-11-20T08:00:00Z'],
    ['2026-11-20 08:00:30.9+08:00', '2026-11-20T00:00:30Z'],
    ['2026-11-20t08:00-0530', '2026-11-20T13:30:00Z'],
    ['2026-11-20Z', '2026-11-20T00:00:00Z'],
    ['1763683200', '2025-11-21T00:00:00Z'],
    ['now', '2026-11-21T07:00:00Z'],
    ['-90s', '2026-11-21T06:58:30Z'],
    ['-30min', '2026-11-21T06:30:00Z'],
    ['-30m', '2026-11-21T06:30:00Z'],
    ['-2h', '2026-11-21T05:00:00Z'],
    ['-1d', '2026-11-20T07:00:00Z'],
    ['-2w', '2026-11-07T07:00:00Z'],
  ])('%s is %s', (text, iso) => {
    expect(parseMoment(text, NOON)).toMatchObject({ kind: 'moment', moment: { seconds: seconds(iso) } });
  });

  it.each(['2026-11-20', '2026-11-20T00:00', '2026-11-20 00:00:00'])('%s without a zone is local', (text) => {
    const local = new Date(2026, 10, 20).getTime() / 1000;
    expect(parseMoment(text, NOON)).toMatchObject({ moment: { seconds: local } });
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-11-20T25:00',
    '2026-11-20T08:00+99:00',
    '2h',
    '+2h',
    '12',
  ])('%j is none, and the message says what to write', (text) => {
    expect(parseMoment(text, NOON)).toMatchObject({ kind: 'problem', message: expect.stringMatching(/Write 2026/) });
  });

  it('in milliseconds is answered with what to write', () => {
    expect(parseMoment('1763683200123', NOON)).toMatchObject({ message: expect.stringContaining('write 1763683200.') });
  });

  it('is read again from how it is shown', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (at) => {
        expect(parseMoment(textOf(at), NOON)).toMatchObject({ moment: { seconds: at } });
      }),
    );
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseMoment(text, NOON).kind).toMatch(/moment|problem/);
      }),
    );
  });
});

describe('the command line', () => {
  const HOUR = ['--from', '-1h', '--to', 'now'];

  it('takes a negative time behind its option, as behind an equals sign', () => {
    const plain = argumentsOf(HOUR, NOON);
    expect(plain.to.seconds - plain.from.seconds).toBe(3_600);
    const { typed: _, ...rest } = argumentsOf(['--from=-1h', '--to=now'], NOON);
    expect(plain).toMatchObject(rest);
  });

  it('has defaults that say nothing of shards, state and timeout', () => {
    const { from, to, typed: _, ...rest } = argumentsOf(HOUR, NOON);
    const flags = { remote: false, dryRun: false, restart: false };
    expect(rest).toEqual({ shards: [], parallel: 2, sliceSeconds: 600, ...flags });
    expect([from.label, to.label]).toEqual(['-1h', 'now']);
  });

  it.each([
    ['no --to', ['--from', 'now'], /--to is missing: npm run backfill -- --from/],
    ['no time at all', ['--remote'], /--from and --to are missing/],
    ['a time that is none', ['--from', 'monday', '--to', 'now'], /--from: "monday" is no time\. Write/],
    ['the later time first', ['--from', 'now', '--to', '-1h'], /--from now is not before --to -1h/],
    ['the same time twice', ['--from', 'now', '--to', 'now'], /is not before/],
    ['a time to come', ['--from', '-1h', '--to', '2027-01-01'], /--to 2027-01-01 lies in the future: write --to now/],
    ['a shard in words', [...HOUR, '--shard', 'one'], /--shard one: expected a whole number/],
    ['no slice', [...HOUR, '--slice', '0'], /--slice 0/],
    ['too many at once', [...HOUR, '--parallel', '65'], /--parallel 65: .* from 1 to 64/],
    ['a timeout above a day', [...HOUR, '--timeout', '86401'], /--timeout 86401/],
    ['a state without a name', [...HOUR, '--state', ''], /--state needs/],
    ['an option that there is not', [...HOUR, '--remot'], /--remot/],
    ['a word too many', [...HOUR, 'please'], /please/],
  ])('is refused with %s', (_, args, message) => {
    expect(() => argumentsOf(args, NOON)).toThrow(message);
  });
});

describe('a state file', () => {
  const period = { from: { seconds: 1, label: '-2h' }, to: { seconds: 2, label: 'now' } };

  it('is named after the logstore and the times, one name for all ways to write an instant', () => {
    expect(defaultFile(AT, period)).toBe('.sls-langfuse/backfill-proj-store--2h-now.json');
    const names = ['1795132800', '2026-11-20T00:00Z', '2026-11-20T08:00+08:00'].map((text) => {
      const parsed = parseMoment(text, NOON);
      return parsed.kind === 'moment' ? defaultFile(AT, { ...period, from: parsed.moment }) : '';
    });
    expect(new Set(names)).toEqual(new Set(['.sls-langfuse/backfill-proj-store-20261120T000000Z-now.json']));
  });

  it('is written whole or not at all, in a folder that it makes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'state-'));
    const file = join(folder, 'deep/state.json');
    const state = freshState(AT, period);
    saveState(file, state);
    // What somebody left who was killed in the middle of writing.
    writeFileSync(`${file}.new`, '{"v":1');
    expect(loadState(file)).toEqual({ kind: 'state', state });
    saveState(file, { ...state, savedAt: 'later' });
    expect(readdirSync(join(folder, 'deep'))).toEqual(['state.json']);
    expect(JSON.parse(readFileSync(file, 'utf8')).savedAt).toBe('later');
    rmSync(folder, { recursive: true });
  });
});

describe('the sums', () => {
  it('keep a reason named __proto__ as a reason', () => {
    const odd = JSON.parse('{"__proto__": 2}') as Record<string, number>;
    const receipt = { read: 2, delivered: 0, skipped: odd, lettered: {}, ranges: 1 };
    const sums = withSlice(withSlice(NOTHING, receipt), undefined);
    expect(JSON.stringify(sums.skipped)).toBe('{"__proto__":2}');
    expect(sums).toMatchObject({ read: 2, ranges: 1, slices: 2 });
  });
});

describe('the settings', () => {
  const env = {
    ...{ SLS_PROJECT: 'p', SLS_LOGSTORE: 'l', REGION: 'cn-hangzhou', TZ: 'Asia/Tokyo', ON_OUTAGE: 'dead-letter' },
    ...{ ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 's', GATEWAY_TZ: '', LOG_LEVEL: ' ' },
  };

  it("reach SLS and OSS from outside, wait for Langfuse, and do not take the terminal's zone for the gateway's", () => {
    const settings = settingsFor(env, 'nowhere');
    expect(settings.endpoint.href).toBe('https://cn-hangzhou.log.aliyuncs.com/');
    expect(settings.env).toMatchObject({
      SLS_ENDPOINT: 'https://cn-hangzhou.log.aliyuncs.com',
      OSS_ENDPOINT: 'https://oss-cn-hangzhou.aliyuncs.com',
      ON_OUTAGE: 'retry',
      LOG_LEVEL: 'warn',
      TZ: 'UTC',
    });
    expect(settingsFor({ ...env, GATEWAY_TZ: 'Asia/Shanghai' }, 'nowhere').env.TZ).toBe('Asia/Shanghai');
  });
});

describe('progress', () => {
  const standing: Standing = {
    total: 40,
    sums: { read: 70, delivered: 60, skipped: { non_ai: 4, mcp: 1 }, lettered: { refused: 5 }, ranges: 0, slices: 10 },
    slices: 5,
    logs: 50,
    elapsedMs: 10_000,
  };
  const text = '10/40 slices, 1 min left, 5 logs/s, 60 delivered, 5 skipped, 5 lettered';

  function shown(display: { isTTY?: boolean; columns?: number }) {
    const clock = fakeClock();
    const said: string[] = [];
    const meter = new Meter({ ...display, write: (words) => said.push(words) }, clock);
    return { clock, said, meter };
  }

  it('is a line now and then on a pipe, without a bar or a control character', () => {
    const { clock, said, meter } = shown({});
    for (let n = 0; n < 25; n++) {
      meter.show(standing);
      clock.advance(1_000);
    }
    meter.end();
    expect(said).toEqual([`${text}\n`, `${text}\n`, `${text}\n`]);
  });

  it('is one line with a bar on a terminal, which other lines do not run into', () => {
    const { said, meter } = shown({ isTTY: true, columns: 200 });
    const bar = `[#####---------------] ${text}`;
    meter.show(standing);
    meter.note('a note');
    meter.end();
    meter.note('the end');
    expect(said).toEqual([`\r\u001b[K${bar}`, `\r\u001b[Ka note\n${bar}`, '\n', 'the end\n']);
  });

  it('does not wrap on a narrow terminal', () => {
    const { said, meter } = shown({ isTTY: true, columns: 30 });
    meter.show(standing);
    expect(said[0]?.replace('\r\u001b[K', '')).toHaveLength(29);
    const none = shown({ isTTY: true, columns: 0 });
    none.meter.show(standing);
    expect(none.said[0]?.replace('\r\u001b[K', '')).toHaveLength(79);
  });

  it.each([
    ['nothing at its begin', { slices: 0 }, /slices, 5 logs/],
    ['nothing at its end', { total: 10 }, /slices, 5 logs/],
    ['seconds', { elapsedMs: 1_000 }, /, 6 s left, /],
    ['hours', { elapsedMs: 5_000_000 }, /, 8 h left, /],
  ])('says that there is left: %s', (_, change, words) => {
    const { said, meter } = shown({});
    meter.show({ ...standing, ...change });
    expect(said[0]?.trim()).toMatch(words);
  });
});

describe('Ctrl-C', () => {
  it('stops gently, and at once when it is pressed again, but not for one key press that arrives twice', () => {
    const clock = fakeClock();
    const done: string[] = [];
    const press = interrupter(
      clock,
      () => done.push('gently'),
      () => done.push('at once'),
    );
    press();
    clock.advance(20);
    press();
    expect(done).toEqual(['gently']);
    clock.advance(1_000);
    press();
    expect(done).toEqual(['gently', 'at once']);
  });

  it('is answered with a command that a shell takes as it was typed', () => {
    const typed = ['--from', '2026-11-20 08:00', '--to', 'now', '--restart', '--state', "it's"];
    const text = endingText({ ...unbegun(), sums: NOTHING }, { stopped: [], interrupted: true, file: 'f', typed });
    expect(text).toContain("npm run backfill -- --from '2026-11-20 08:00' --to now --state 'it'\\''s'\n");
  });
});

/** When the logs of each shard arrived, in seconds after the begin of the time; a log's position is its index. */
type Arrivals = readonly (readonly number[])[];
const FROM = 1_700_000_000;
const SPAN = 6_000;

function unbegun(): State {
  return freshState(AT, { from: { seconds: FROM, label: 'a' }, to: { seconds: FROM + SPAN, label: 'b' } });
}

function sourceOf(arrivals: Arrivals): Source {
  const said = <T>(value: T): Promise<Said<T>> => Promise.resolve({ kind: 'said', value });
  const at = (shard: number, time: number) => {
    const index = (arrivals[shard] ?? []).findIndex((arrival) => FROM + arrival >= time);
    return index < 0 ? (arrivals[shard] ?? []).length : index;
  };
  return {
    shards: () => said(arrivals.map((_, id) => ({ id, status: id === 0 ? 'readonly' : 'readwrite' }))),
    cursorAt: (shard, time) => said(cursorOf(BigInt(1_000 + at(shard, time)))),
    timeOf: (shard, cursor) => said(FROM + (arrivals[shard]?.[Number(positionOf(cursor) ?? 0n) - 1_000] ?? 0)),
  };
}

async function begun(arrivals: Arrivals, sliceSeconds: number): Promise<State> {
  const state = unbegun();
  const tracks = arrivals.map(async (_, id) => {
    const begin = await beginShard(sourceOf(arrivals), id, state, sliceSeconds);
    if (begin.kind === 'failed') throw new Error(begin.message);
    return [id, begin.value.track] as const;
  });
  return { ...state, shards: Object.fromEntries(await Promise.all(tracks)) };
}

const arrivalsOf = fc.array(
  fc.array(fc.integer({ min: -500, max: SPAN + 500 }), { maxLength: 12 }).map((times) => times.sort((a, b) => a - b)),
  { minLength: 1, maxLength: 4 },
);

/** Runs of the same backfill: in each, one shipment in so many fails, and after so many it is interrupted. */
const runsOf = fc.array(
  fc.record({ slice: fc.integer({ min: 1, max: 3_000 }), failing: fc.integer({ min: 2, max: 5 }), until: fc.nat(8) }),
  { maxLength: 4 },
);

describe('a backfill', () => {
  it('ships every log of its time once, those of a shard in order, however often it fails and is interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(arrivalsOf, runsOf, fc.integer({ min: 1, max: 5 }), async (arrivals, runs, parallel) => {
        const shipped = arrivals.map((): number[] => []);
        let state = await begun(arrivals, runs[0]?.slice ?? 600);
        const whole = { slice: 600, failing: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };
        for (const { slice, failing, until } of [...runs, whole]) {
          const stop = new AbortController();
          let calls = 0;
          const ship = async (event: string) => {
            calls++;
            if (calls > until) stop.abort();
            if (calls % failing === 0) return { kind: 'failed', again: true, message: 'no' } as const;
            const { shardId, beginCursor, endCursor } = JSON.parse(event).source;
            const [begin, end] = [beginCursor, endCursor].map((cursor) => Number(positionOf(cursor)) - 1_000);
            const logs = (arrivals[shardId] ?? []).slice(begin, end);
            shipped[shardId]?.push(...logs);
            const receipt = { read: logs.length, delivered: logs.length, skipped: {}, lettered: {}, ranges: 0 };
            return { kind: 'shipped', receipt } as const;
          };
          const save = (next: State) => {
            state = next;
          };
          const clock = fakeClock();
          const meter = new Meter({ write: () => undefined }, clock);
          const openLane = () => ({ ship, close: async () => undefined });
          const ports = { source: sourceOf(arrivals), openLane, save, meter, clock, stop: stop.signal };
          await new Runner(state, ports, { sliceSeconds: slice, parallel, endpoint: 'e' }).run(
            arrivals.map((_, i) => i),
          );
        }
        const wanted = arrivals.map((times) => times.filter((time) => time >= 0 && time < SPAN));
        expect(shipped).toEqual(wanted);
        expect(state.sums.read).toBe(wanted.flat().length);
        expect(
          isDone(
            state,
            arrivals.map((_, i) => i),
          ),
        ).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('ends with what the file system says when its state cannot be written, and begins no slice then', async () => {
    const arrivals = [[10, 700, 1_400], [10, 700], [10]];
    const clock = fakeClock();
    let shipped = 0;
    const ship = async () => {
      shipped++;
      const receipt = { read: 1, delivered: 1, skipped: {}, lettered: {}, ranges: 0 };
      return { kind: 'shipped', receipt } as const;
    };
    const save = () => {
      throw new Error('ENOSPC');
    };
    const closed: number[] = [];
    const openLane = () => ({ ship, close: async () => void closed.push(1) });
    const meter = new Meter({ write: () => undefined }, clock);
    const stop = new AbortController().signal;
    const ports = { source: sourceOf(arrivals), openLane, save, meter, clock, stop };
    const runner = new Runner(await begun(arrivals, 600), ports, { sliceSeconds: 600, parallel: 2, endpoint: 'e' });
    await expect(runner.run([0, 1, 2])).rejects.toThrow('ENOSPC');
    expect([shipped, closed.length]).toEqual([2, 2]);
  });

  it('shows a shard that was split, and where there are no logs, with --dry-run', async () => {
    const arrivals = [[10, 1_300], []];
    const shards = await sourceOf(arrivals).shards();
    const rows = shards.kind === 'said' ? shards.value : [];
    const text = await dryRunText(await begun(arrivals, 600), rows, sourceOf(arrivals), 600);
    expect(text).toMatch(/^10 slices of 2 shards/);
    expect(text).toMatch(/\n +0 +readonly +10 +\S+ +MTAwMA== +MTAwMg==\n +1 +readwrite +0 +- +MTAwMA== +MTAwMA==\n/);
    expect(text).toMatch(/no logs/);
  });
});

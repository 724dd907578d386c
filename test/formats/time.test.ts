import { describe, expect, it } from 'vitest';
import { parseTime } from '../../lib/formats/values/time.ts';
import { aiLine, callOf } from './lines.ts';

describe('a time', () => {
  it.each([
    ['2026-11-21T07:00:00.123Z', '2026-11-21T07:00:00.123Z'],
    ['2026-11-21T07:00:00,1239Z', '2026-11-21T07:00:00.123Z'],
    ['2026-11-21 07:00:00', '2026-11-20T23:00:00.000Z'],
    ['2026-11-21T07:00:00.5', '2026-11-20T23:00:00.500Z'],
    ['2026-11-21T07:00:00+0530', '2026-11-21T01:30:00.000Z'],
    ['2026-11-21T07:00:00-03:00', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21 07:00:00 UTC', '2026-11-21T07:00:00.000Z'],
    ['1795244400', '2026-11-21T07:00:00.000Z'],
    ['1795244400.25', '2026-11-21T07:00:00.250Z'],
    ['1795244400123', '2026-11-21T07:00:00.123Z'],
    ['1795244400123456', '2026-11-21T07:00:00.123Z'],
    ['1795244400123999999', '2026-11-21T07:00:00.123Z'],
  ])('written %s is %s', (text, iso) => {
    expect(new Date(parseTime(text, 'Asia/Shanghai') ?? 0).toISOString()).toBe(iso);
  });

  it.each([
    '2026-02-31T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21',
    'yesterday',
    '',
    '42',
    '12345678901234567890',
  ])('is not %j', (text) => {
    expect(parseTime(text, 'UTC')).toBeUndefined();
  });

  it.each([
    ['before a change of clocks', '2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
    ['after it', '2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
    ['in winter', '2026-11-21 07:00:00', '2026-11-21T06:00:00.000Z'],
  ])('without a zone is one of the zone named, %s', (_when, text, iso) => {
    expect(new Date(parseTime(text, 'Europe/Berlin') ?? 0).toISOString()).toBe(iso);
  });
});

describe("a call's times", () => {
  it.each<[string, object, [number, number, number | undefined]]>([
    [
      'a start that is no time gives way to the log',
      { start_time: 'x' },
      [1_795_244_400_000, 1_795_244_402_000, undefined],
    ],
    [
      'the log tells nanoseconds, too',
      { start_time: '-', __time_ns_part__: '123999999' },
      [1_795_244_400_123, 1_795_244_402_123, undefined],
    ],
    [
      'a log in milliseconds is told by its digits',
      { start_time: '-', __time__: '1795244402500' },
      [1_795_244_400_500, 1_795_244_402_500, undefined],
    ],
    ['a duration is rounded', { duration: '1.6' }, [1_795_244_400_000, 1_795_244_400_002, undefined]],
    ['a negative duration is none', { duration: '-5' }, [1_795_244_400_000, 1_795_244_400_000, undefined]],
    [
      'request_time is in seconds',
      { duration: '-', request_time: '1.5' },
      [1_795_244_400_000, 1_795_244_401_500, undefined],
    ],
    [
      'an absurd duration ends after a year',
      { duration: '1e300', llm_first_token_duration: '1e300' },
      [1_795_244_400_000, 1_826_780_400_000, 1_826_780_400_000],
    ],
    ['a log older than its duration starts at 0', { start_time: '-', __time__: '1' }, [0, 2_000, undefined]],
  ])('%s', (_claim, over, [start, end, first]) => {
    const { startTime, endTime, completionStartTime } = callOf(aiLine({ model: 'm' }, { ...over })).observation;
    expect([startTime, endTime, completionStartTime]).toEqual([start, end, first]);
  });
});

import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { fromFlat } from '../../lib/record.ts';
import { aiLine, type Flat, line, without } from './lines.ts';

const AXES: { [field: string]: string[] } = {
  start_time: Array.from({ length: 10 }, (_, i) => `2026-11-21T07:00:00.00${i}Z`),
  route_name: ['-', 'a', 'b', 'a b'],
  upstream_cluster: ['-', 'a', 'b'],
  duration: ['-', '0', '1', '2', '10'],
  response_code_details: ['-', 'via_upstream', 'internal_redirect', 'a'],
};

/** Every combination of the axes' values. */
function* product(axes: [string, string[]][]): Generator<Flat> {
  const [first, ...rest] = axes;
  if (!first) return yield {};
  for (const value of first[1]) for (const others of product(rest)) yield { [first[0]]: value, ...others };
}

function idsOf(flat: Flat): string {
  const reading = read(fromFlat(flat), { readers: ALL, timeZone: 'UTC' });
  if (reading.kind !== 'call') throw new Error(`expected a call, got ${reading.kind}`);
  return `${reading.call.trace.id}/${reading.call.observation.id}`;
}

describe('two different calls', () => {
  it('never share their ids, among 57,600 that differ in any identifying field', () => {
    const seen = new Set<string>();
    let calls = 0;
    for (let request = 0; request < 6; request++) {
      for (const chat_id of ['-', 'c1', 'c2', 'a']) {
        for (const over of product(Object.entries(AXES))) {
          calls++;
          seen.add(idsOf(aiLine({ question: 'q', chat_id }, { ...over, request_id: `r${request}` })));
        }
      }
    }
    expect(calls).toBe(57_600);
    expect(seen.size).toBe(calls);
  }, 60_000);

  it('never share their ids, among 30,000 requests, agent logs and seed records', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 10_000; i++) {
      const ai_log = '{"question":"q","model_name":"m"}';
      seen.add(idsOf(line({ request_id: `r-${i}`, response_code: '500' })));
      seen.add(idsOf({ ai_log: '{"question":"q"}', __file_offset__: String(i), __time__: '1795244400' }));
      seen.add(idsOf({ ai_log, __time__: String(1795244400 + (i % 100)), answer: `a${Math.floor(i / 100)}` }));
    }
    expect(seen.size).toBe(30_000);
  }, 60_000);

  it('of one millisecond whose gateway logs no request id are told apart by all that they say', () => {
    const anonymous = (answer: string) => idsOf(without(aiLine({ question: 'q', answer }), 'request_id'));
    expect(anonymous('a')).not.toBe(anonymous('b'));
  });
});

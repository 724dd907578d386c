import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read } from '../../lib/formats/index.ts';
import { fromFlat, toFlat } from '../../lib/record.ts';
import type { Json, LlmCall } from '../../lib/types.ts';
import { aiLine, type Flat, line } from './lines.ts';

const AI_LOG = {
  ...{ model: 'm', question: 'q "a", b', answer: 'a', input_token: 3, output_token: 4, total_token: 7 },
  ...{ messages: [{ role: 'user', content: 'x' }], tool_calls: [{ id: 'c' }], llm_first_token_duration: 12 },
  ...{ input_token_details: '{"cached_tokens":1}', session_id: 's', user_id: 'u', safecheck_status: 'request pass' },
};
const BASES: Flat[] = [
  aiLine(AI_LOG),
  aiLine(JSON.stringify(JSON.stringify(AI_LOG))),
  aiLine(`{"question":"[{"type":"text"}]","model":"m"}`),
  { content: `2026-11-21T07:00:00Z stdout F ${JSON.stringify(aiLine(AI_LOG))}`, __time__: '1795244400' },
  { timestamp: '2026-11-21T07:00:00Z', __file_offset__: '1', ai_log: AI_LOG, __time__: '1795244400' },
  { trace_id: 't', question: 'hi', ai_log: { model_name: 'm', usage: { total_tokens: 3 } }, __time__: '1795244400' },
  line({ model: 'm', input_token: '1', request_body: '{"messages":[]}', response_body: '{"choices":[{}]}' }),
  line({ response_code: '503' }),
];

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('-', '', 'null', '{}', '[]', '\ud800', '{"__proto__":{"a":1}}', '9'.repeat(400), '1e400', '-1'),
  fc.constantFrom('2026-11-21T07:00:00Z', '1795244400123456789', '99999999999', '0', 'NaN', '[map[a:b]]', '"'),
);
const anyValue: fc.Arbitrary<Json> = fc.oneof(anyText, fc.jsonValue() as fc.Arbitrary<Json>);

const mutation: fc.Arbitrary<(flat: Flat) => Flat> = fc.oneof(
  fc.tuple(fc.nat(), anyValue).map(([n, value]) => changed(n, () => value)),
  fc.tuple(fc.nat(), fc.nat()).map(([n, at]) => changed(n, (text) => text.slice(0, at % (text.length + 1)))),
  fc
    .tuple(fc.nat(), fc.nat(), anyText)
    .map(([n, at, more]) =>
      changed(n, (text) => text.slice(0, at % (text.length + 1)) + more + text.slice(at % (text.length + 1))),
    ),
  fc.nat().map((n) => changed(n, (text) => JSON.stringify(text))),
  fc.nat().map((n) => changed(n, (text) => JSON.stringify(text).slice(1, -1))),
  fc.tuple(fc.constantFrom('__proto__', 'content', 'ai_log', 'answer', 'status', ''), anyValue).map(
    ([key, value]) =>
      (flat: Flat) =>
        Object.fromEntries([...Object.entries(flat), [key, value]]),
  ),
);
const mutated = fc
  .tuple(fc.constantFrom(...BASES), fc.array(mutation, { maxLength: 4 }))
  .map(([base, mutations]) => mutations.reduce((flat, mutate) => mutate(flat), base));

function changed(n: number, change: (text: string) => Json): (flat: Flat) => Flat {
  return (flat) => {
    const entries = Object.entries(flat);
    const [key, value] = entries[n % entries.length] ?? ['', ''];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return Object.fromEntries([...entries, [key, change(text)]]);
  };
}

function expectSound({ trace, observation }: LlmCall): void {
  expect(trace.id).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  expect(observation.id).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
  const { startTime, endTime, completionStartTime = startTime, usageDetails = {} } = observation;
  for (const time of [startTime, endTime, completionStartTime]) {
    expect(Number.isSafeInteger(time)).toBe(true);
    expect(new Date(time).toISOString()).toMatch(/^\d{4}-/);
  }
  expect(endTime).toBeGreaterThanOrEqual(startTime);
  for (const tokens of Object.values(usageDetails)) expect(tokens).toSatisfy((n) => Number.isInteger(n) && n >= 0);
  for (const text of [trace.name, trace.userId ?? '', trace.sessionId ?? '', observation.model ?? '', ...trace.tags]) {
    expect(typeof text).toBe('string');
  }
  expect(JSON.stringify({ trace, observation }).length).toBeGreaterThan(0);
}

describe('any record', () => {
  it('is a sound call, a skip or a reject, and never a failure of its reader', () => {
    fc.assert(
      fc.property(mutated, (flat) => {
        const reading = read(fromFlat(flat), { timeZone: 'Asia/Shanghai' });
        if (reading.kind === 'call') expectSound(reading.call);
        else if (reading.kind === 'skip') expect(['non_ai', 'mcp', 'unparsable']).toContain(reading.reason);
        else expect(reading.why).toEqual({ why: 'unreadable', message: expect.not.stringContaining('failed') });
      }),
      { numRuns: 10_000 },
    );
  });

  it('reads the same twice, through a letter, in another order and from another position', () => {
    fc.assert(
      fc.property(mutated, fc.nat(), (flat, n) => {
        const options = { timeZone: 'UTC' };
        const record = fromFlat(flat);
        const first = read(record, options);
        expect(read(fromFlat(toFlat(record)), options)).toEqual(first);
        const turned = n % (record.fields.size || 1);
        const fields = [...record.fields];
        const moved = read(
          {
            ...record,
            fields: new Map([...fields.slice(turned), ...fields.slice(0, turned)]),
            position: { cursor: `c${n}`, group: n, index: n },
          },
          options,
        );
        expect(identityOf(moved)).toEqual(identityOf(first));
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads the same when a shipper delivered it a second time', () => {
    const again = (at: string) => read(fromFlat({ ...BASES[4], '__tag__:__receive_time__': at }), { timeZone: 'UTC' });
    expect(again('1')).toEqual(again('2'));
  });
});

function identityOf(reading: ReturnType<typeof read>): unknown {
  if (reading.kind !== 'call') return reading;
  const { trace, observation } = reading.call;
  return [trace.id, observation.id, observation.startTime, observation.endTime, observation.completionStartTime];
}

describe('a reader that fails', () => {
  it('costs its record alone, and tells nothing of it', () => {
    const reading = read(fromFlat(aiLine({ question: 'private' }, { start_time: '2026-11-21 07:00:00' })), {
      timeZone: 'Nowhere/Land',
    });
    expect(reading).toMatchObject({
      kind: 'reject',
      why: { why: 'unreadable', message: expect.stringContaining('RangeError') },
    });
    expect(JSON.stringify(reading)).not.toContain('private');
  });
});

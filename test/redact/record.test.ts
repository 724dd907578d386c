import { describe, expect, it } from 'vitest';
import { fromFlat } from '../../lib/record.ts';
import { createRedactor } from '../../lib/redact/redactor.ts';
import type { Json } from '../../lib/types.ts';
import { cardOf, redactor } from './samples.ts';

const PHONE = '13800138000';
const all = await redactor();
const field = (name: string, value: string) => all.record(fromFlat({ [name]: value })).fields.get(name);

describe('a redactor', () => {
  it('is none when nothing is asked for', async () => {
    expect(await createRedactor({ rules: [], patterns: [] })).toBeUndefined();
  });

  it('refuses a pattern that nobody checked', async () => {
    const patterns = [{ name: 'x', source: '(' }];
    await expect(createRedactor({ rules: [], patterns })).rejects.toMatchObject({ code: 'config' });
  });
});

describe('a JSON value', () => {
  it('is redacted at any depth, in its strings and whole numbers, but not in its keys', () => {
    const value: Json = { [PHONE]: [PHONE, { a: Number(PHONE) }], b: -13800138000, c: 0.5, d: null, e: true };
    expect(all.json(value)).toEqual({
      [PHONE]: ['[mobile]', { a: '[mobile]' }],
      b: -13800138000,
      c: 0.5,
      d: null,
      e: true,
    });
  });

  it('is the same object when nothing is found, and shares what has not changed', () => {
    const clean = { a: [1, 'x'], b: { c: 'd' } };
    expect(all.json(clean)).toBe(clean);
    const half = all.json({ clean, dirty: PHONE });
    expect(half).toEqual({ clean, dirty: '[mobile]' });
    expect((half as { clean: Json }).clean).toBe(clean);
  });

  it('may have a key that is __proto__', () => {
    const value = JSON.parse(`{"__proto__":{"a":"${PHONE}"}}`) as Json;
    expect(JSON.stringify(all.json(value))).toBe('{"__proto__":{"a":"[mobile]"}}');
  });

  it('is redacted within JSON text in its strings', () => {
    expect(all.json({ arguments: `{"to":${PHONE}}` })).toEqual({ arguments: '{"to":"[mobile]"}' });
  });
});

describe('a field of a record', () => {
  const card = cardOf('622848012345678901');
  it.each([
    ['text', `call ${PHONE}`, 'call [mobile]'],
    ['JSON', `{"q": "call ${PHONE}", "n":${PHONE}}`, '{"q": "call [mobile]", "n":"[mobile]"}'],
    [
      'JSON with numbers too long for a double',
      `{"id":1234567890123456789,"card":${card}}`,
      '{"id":1234567890123456789,"card":"[bank-card]"}',
    ],
    ['JSON with escapes', '{"q":"\\u0031380013800\\u0030\\n"}', '{"q":"[mobile]\\n"}'],
    ['JSON as it was written otherwise', '{"a":1.0,"b":1e3, "c":"\\u003c"}', '{"a":1.0,"b":1e3, "c":"\\u003c"}'],
    ['JSON in JSON', JSON.stringify({ a: `{"n":${PHONE}}` }), JSON.stringify({ a: '{"n":"[mobile]"}' })],
    ['JSON that is a string', JSON.stringify(`{"n":${PHONE}}`), JSON.stringify('{"n":"[mobile]"}')],
    ['JSON that is cut', `{"q":"call\\n${PHONE}","x`, '{"q":"call\\n[mobile]","x'],
    ['JSON with a lone surrogate', `{"a":"\\ud800","q":"\ud800${PHONE}"}`, '{"a":"\\ud800","q":"\\ud800[mobile]"}'],
  ])('that is %s is redacted', (_kind, value, expected) => {
    expect(field('ai_log', value)).toBe(expected);
  });

  it.each(['trace_id', 'traceID', 'spanID', 'parentSpanID', 'request_id', 'x-request-id', 'start_time', 'timestamp'])(
    'that is %s stays as it is',
    (name) => expect(field(name, PHONE)).toBe(PHONE),
  );

  it.each(['user_id', 'consumer', 'session_id', 'question'])('that is %s is redacted', (name) => {
    expect(field(name, PHONE)).toBe('[mobile]');
  });

  it('that is an id is redacted by an own pattern of its name, and by no other', async () => {
    const own = await redactor([], { 'request-id': '\\d{4}', digits: '\\d{2}' });
    const { fields } = own.record(fromFlat({ request_id: 'r-123456', trace_id: '123456', question: '55' }));
    expect([...fields.values()]).toEqual(['r-[request-id]56', '123456', '[digits]']);
  });

  it.each(['', '2026-11-21T07:00:00.1Z stdout F '])('that is a whole line keeps its ids, behind "%s"', (head) => {
    const line = `${head}{"request_id":"${PHONE}","ai_log":"{\\"request_id\\":${PHONE}}","q":${PHONE}}`;
    const expected = `${head}{"request_id":"${PHONE}","ai_log":"{\\"request_id\\":\\"[mobile]\\"}","q":"[mobile]"}`;
    expect(field('content', line)).toBe(expected);
  });
});

describe('a record', () => {
  it('is the same one when there is nothing to do', () => {
    const record = fromFlat({ question: 'hi', ai_log: '{"a":1}', '__tag__:a': 'b', __time__: '1795244402' });
    expect(all.record(record)).toBe(record);
  });

  it('keeps its order, time, source and position', () => {
    const record = {
      ...fromFlat({ b: PHONE, a: 'x', __time__: '1', __source__: '10.0.0.1' }),
      position: { cursor: 'c', group: 0, index: 1 },
    };
    const redacted = all.record(record);
    expect(redacted).toEqual({
      ...record,
      fields: new Map([
        ['b', '[mobile]'],
        ['a', 'x'],
      ]),
    });
    expect([...redacted.fields.keys()]).toEqual(['b', 'a']);
  });

  it('is redacted in the tags that users set, and not in those of the log service', () => {
    const record = fromFlat({ '__tag__:owner': PHONE, '__tag__:__hostname__': '10.0.0.1' });
    expect([...all.record(record).tags]).toEqual([
      ['owner', '[mobile]'],
      ['__hostname__', '10.0.0.1'],
    ]);
  });

  it('loses its undecodable bytes', () => {
    const record = { ...fromFlat({ a: 'x' }), undecodable: new Map([['a', 'AAAA']]) };
    expect(all.record(record)).toEqual(fromFlat({ a: 'x' }));
    expect(all.record(record)).not.toHaveProperty('undecodable');
  });
});

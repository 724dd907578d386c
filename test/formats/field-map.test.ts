import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL } from '../../lib/formats/all.ts';
import { PLACES } from '../../lib/formats/field-map.ts';
import { read } from '../../lib/formats/read.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Json, LlmCall, Reading } from '../../lib/types.ts';
import { parseFieldMap } from '../../lib/view/field-map-setting.ts';
import { aiLine, type Flat, callOf as plainCallOf } from './lines.ts';

type Written = { readonly [place: string]: string | readonly string[] };

/** 2026-11-21T07:00:00Z. */
const TIME = 1_795_244_400;
const MS = TIME * 1000;

function readMapped(flat: Flat, map: Written | string, timeZone = 'UTC'): Reading {
  const parsed = parseFieldMap(typeof map === 'string' ? map : JSON.stringify(map));
  if ('problems' in parsed) throw new Error(parsed.problems.join());
  return read(fromFlat(flat), { readers: ALL, timeZone, fieldMap: parsed.value });
}

function mapped(flat: Flat, map: Written | string, timeZone?: string): LlmCall {
  const reading = readMapped(flat, map, timeZone);
  if (reading.kind !== 'call') throw new Error(`expected a call, got ${JSON.stringify(reading)}`);
  return reading.call;
}

/** A record of no known format. */
const own = (fields: Flat): Flat => ({ __time__: String(TIME), __source__: '10.0.0.1', ...fields });
const LINE = aiLine({ model: 'qwen-max', question: 'q', answer: 'a', input_token: 3, output_token: 4, total_token: 7 });

describe('a map over a known format', () => {
  it('changes what it names, and nothing else', () => {
    const flat = { ...LINE, x_user: 'ada', x_chat: 's-1' };
    const { trace, observation } = plainCallOf(flat);
    expect(mapped(flat, { userId: 'x_user', sessionId: 'x_chat' })).toEqual({
      trace: { ...trace, userId: 'ada', sessionId: 's-1' },
      observation,
    });
  });

  it('leaves what the format read where its fields are missing or say nothing', () => {
    const map = Object.fromEntries(PLACES.map((place) => [place.endsWith('.') ? `${place}x` : place, 'gone']));
    expect(mapped(LINE, map)).toEqual(plainCallOf(LINE));
    const silent = Object.fromEntries(Object.keys(map).map((place, i) => [place, `f${i % 4}`]));
    const flat = { ...LINE, f0: '-', f1: '', f2: '{}', f3: 'null' };
    expect(mapped(flat, silent)).toEqual(plainCallOf(flat));
  });

  it('takes no meaningless value for a number, a level, a type or a time', () => {
    const places = [
      'usage.input',
      'usage',
      'cost.input',
      'level',
      'type',
      'status',
      'startTime',
      'endTime',
      'duration',
    ];
    const map = Object.fromEntries(places.map((place) => [place, 'odd']));
    expect(mapped({ ...LINE, odd: 'odd' }, map)).toEqual(plainCallOf({ ...LINE, odd: 'odd' }));
  });

  it('does not make a call of what its format skips', () => {
    const health = { path: '/healthz', method: 'GET', response_code: '200', __time__: String(TIME) };
    expect(readMapped(health, { userId: 'path' })).toEqual({ kind: 'skip', reason: 'non_ai' });
    expect(readMapped(aiLine({ mcp_tool_name: 't' }), { model: 'path' })).toEqual({ kind: 'skip', reason: 'mcp' });
  });

  it('shows what it takes for input and output there alone, not in the metadata, too', () => {
    const payload = { id: 'kept', asked: 'mine', said: { text: 'yours' } };
    const flat = { ...LINE, payload: JSON.stringify(payload) };
    const { trace, observation } = mapped(flat, { input: 'payload.asked', output: 'payload.said' });
    expect(observation).toMatchObject({ input: 'mine', output: { text: 'yours' } });
    expect(trace.metadata.payload).toEqual({ id: 'kept' });
    expect(plainCallOf(flat).trace.metadata.payload).toBe(flat.payload);
  });
});

describe('a map instead of a format', () => {
  it.each([
    ['a model', { model: 'm' }],
    ['an input', { input: 'm' }],
    ['an output', { output: 'm' }],
    ['tokens', { 'usage.total': 'n' }],
    ['a usage object', { usage: 'u' }],
  ])('makes a call of a record in which it finds %s', (_what, map) => {
    const flat = own({ m: 'x', n: '3', u: '{"total_tokens": 3}' });
    expect(readMapped(flat, map)).toMatchObject({ kind: 'call', facets: { format: 'custom' } });
    expect(read(fromFlat(flat), { readers: ALL, timeZone: 'UTC' })).toEqual({ kind: 'skip', reason: 'non_ai' });
  });

  it.each([
    ['only a user', { userId: 'm' }],
    ['nothing', { model: 'gone' }],
  ])('skips a record in which it finds %s', (_what, map) => {
    expect(readMapped(own({ m: 'x' }), map)).toEqual({ kind: 'skip', reason: 'non_ai' });
  });

  it('fills every place there is', () => {
    const flat = own({
      ids: '{"trace": "4BF92F3577B34DA6A3CE929D0E0E4736", "span": "00F067AA0BA902B7", "parent": "step 1"}',
      ...{
        kind: 'Embedding',
        route: 'chat-eu',
        who: 'ada',
        team: 'a',
        chat: 's-1',
        llm: 'qwen',
        uri: '/v1/embeddings?key=k',
      },
      ...{ asked: '["a"]', said: 'b', code: '429', why: 'slow down', labels: '["x", "y"]', tenant: 't' },
      ...{ params: '{"temperature": 0.5}', seed: '7', in: '10', out: '5', price: '0.25' },
      ...{ begun: '2026-11-21T06:59:58Z', first: '2026-11-21 06:59:59', ms: '1500' },
    });
    const call = mapped(flat, {
      ...{ traceId: 'ids.trace', observationId: 'ids.span', parentId: 'ids.parent', type: 'kind', route: 'route' },
      ...{
        traceName: 'tenant',
        userId: 'who',
        sessionId: 'chat',
        consumer: 'team',
        model: 'llm',
        path: 'uri',
        input: 'asked',
      },
      ...{ output: 'said', status: 'code', statusMessage: 'why', tags: 'labels', 'metadata.customer': 'tenant' },
      ...{ modelParameters: 'params', 'modelParameters.seed': 'seed', 'usage.input': 'in', 'usage.output': 'out' },
      ...{ 'cost.total': 'price', startTime: 'begun', completionStartTime: 'first', duration: 'ms' },
    });
    expect(call).toEqual({
      trace: {
        ...{ id: '4bf92f3577b34da6a3ce929d0e0e4736', name: 't', userId: 'ada', sessionId: 's-1' },
        ...{
          tags: ['custom', 'x', 'y'],
          metadata: { code: '429', team: 'a', route: 'chat-eu', uri: '/v1/embeddings', customer: 't' },
        },
      },
      observation: {
        ...{
          id: '00f067aa0ba902b7',
          parentId: expect.stringMatching(/^[0-9a-f]{16}$/),
          type: 'embedding',
          name: 'chat-eu',
        },
        ...{ model: 'qwen', modelParameters: { temperature: 0.5, seed: '7' }, input: ['a'], output: 'b' },
        ...{ usageDetails: { input: 10, output: 5, total: 15 }, costDetails: { total: 0.25 } },
        ...{ level: 'ERROR', statusMessage: 'slow down', startTime: MS - 2000, endTime: MS - 500 },
        completionStartTime: MS - 1000,
      },
    });
    const reading = readMapped(flat, { input: 'asked', path: 'uri', consumer: 'team', route: 'route', status: 'code' });
    expect(reading).toMatchObject({
      facets: { format: 'custom', route: 'chat-eu', consumer: 'a', status: 429, path: '/v1/embeddings' },
    });
  });

  it('keeps every other field as metadata, whole but for what is shown elsewhere', () => {
    const flat = own({ body: '{"q": "x", "n": {"a": 1, "b": 2}}', plain: '{"z": 1}', m: 'x', _: '-' });
    const { metadata } = mapped(flat, { input: 'body.q', 'metadata.mine': 'body.n.a', model: 'm' }).trace;
    expect(metadata).toEqual({ body: { n: { b: 2 } }, plain: '{"z": 1}', mine: 1 });
  });

  it.each<[string, Json, string[], Json | undefined]>([
    ['a part of an item', { c: [{ m: 'x', n: 1 }] }, ['body.c.0.m'], { c: [{ n: 1 }] }],
    ['all of an item', { c: [{ m: 'x' }], u: 1 }, ['body.c.0.m'], { u: 1 }],
    ['items one by one', { c: ['x', 'y', 'z'] }, ['body.c.0', 'body.c.1'], { c: [null, null, 'z'] }],
    ['all items', { c: [{ m: 'x' }, { m: 'y' }] }, ['body.c.0.m', 'body.c.1.m'], undefined],
    ['an item in JSON text', { c: ['{"m": "x", "n": 1}'] }, ['body.c.0.m'], { c: [{ n: 1 }] }],
  ])('keeps of a list what is not shown elsewhere: %s', (_what, body, [input = '', output = 'gone'], left) => {
    const call = mapped(own({ body: JSON.stringify(body) }), { input, output });
    expect(call.observation.input).toBe('x');
    expect(call.trace.metadata.body).toEqual(left);
  });

  it('keeps what the log agent says of where the line comes from', () => {
    const flat = own({ q: 'x', '__tag__:_pod_name_': 'app-1', '__tag__:__receive_time__': '1' });
    expect(mapped(flat, { input: 'q' }).trace.metadata).toEqual({ _pod_name_: 'app-1' });
  });

  it('gives records that differ in anything ids of their own, and the same record the same', () => {
    const ids = (fields: Flat) => {
      const { trace, observation } = mapped(own(fields), { input: 'q' });
      return [trace.id, observation.id];
    };
    expect(ids({ q: 'hi', n: '1' })).toEqual(ids({ n: '1', q: 'hi' }));
    expect(ids({ q: 'hi', n: '1' })).not.toEqual(ids({ q: 'hi', n: '2' }));
  });

  it('keeps ids apart that differ in capital letters, and joins parents to their children', () => {
    const id = (span: string) => mapped(own({ q: 'x', span }), { input: 'q', observationId: 'span' }).observation.id;
    expect(id('Ab')).not.toBe(id('ab'));
    expect(id('00F067AA0BA902B7')).toBe('00f067aa0ba902b7');
    expect(id('0000')).not.toMatch(/^0+$/);
    const child = mapped(own({ q: 'x', up: 'Ab' }), { input: 'q', parentId: 'up' });
    expect(child.observation.parentId).toBe(id('Ab'));
  });
});

describe('a path', () => {
  const at = (flat: Flat, path: string | readonly string[]) =>
    mapped(own({ m: 'x', ...flat }), { model: 'm', input: path }).observation.input;

  it.each<[string, Flat, string, Json]>([
    ['a field', { a: 'x' }, 'a', 'x'],
    ['a field whose name has dots', { 'a.b.c': 'x', a: '{"b": 1}' }, 'a.b.c', 'x'],
    ['JSON text in a field', { a: '{"b": {"c": "x"}}' }, 'a.b.c', 'x'],
    ['JSON text within JSON text', { a: JSON.stringify({ b: JSON.stringify({ c: 'x' }) }) }, 'a.b.c', 'x'],
    ['names with dots within JSON text', { a: '{"b.c": {"d": "x"}, "b": 1}' }, 'a.b.c.d', 'x'],
    ['a field that a log agent flattened half', { 'a.b': '{"c.d": "x"}' }, 'a.b.c.d', 'x'],
    ['a list', { a: '{"b": [{"c": 1}]}' }, 'a.b', [{ c: 1 }]],
    ['a number', { a: '{"b": 7}' }, 'a.b', 7],
    ['an item of a list', { a: '{"b": [{"c": 1}, {"c": 2}]}' }, 'a.b.1.c', 2],
    ['an item of a field that is a list', { a: '["x", "y"]' }, 'a.1', 'y'],
    ['a name that is a number', { a: '{"0": "x"}' }, 'a.0', 'x'],
    ['a field named as no other should be', { ['__proto__']: 'x' }, '__proto__', 'x'],
  ])('finds %s', (_what, flat, path, value) => {
    expect(at(flat, path)).toEqual(value);
  });

  it('finds nothing in what is no object, and nothing that objects only inherit', () => {
    for (const path of [
      'a.b',
      'l.1',
      'l.-1',
      'l.x',
      'l.length',
      'o.constructor',
      'o.__proto__',
      'o.toString.name',
      'gone',
    ]) {
      expect(at({ a: 'text', l: '["x"]', o: '{}' }, path)).toBeUndefined();
    }
  });

  it('is one of several, of which the first that says anything counts', () => {
    expect(at({ a: '-', b: '{"c": ""}', d: 'x', e: 'y' }, ['gone', 'a', 'b.c', 'd', 'e'])).toBe('x');
  });
});

describe('times', () => {
  const times = (fields: Flat, map: Written, zone?: string) => {
    const { startTime, endTime, completionStartTime } = mapped(
      own({ m: 'x', ...fields }),
      { model: 'm', ...map },
      zone,
    ).observation;
    return [startTime - MS, endTime - MS, ...(completionStartTime === undefined ? [] : [completionStartTime - MS])];
  };
  const at = (ms: number) => new Date(MS + ms).toISOString();

  it.each<[string, Flat, Written, number[]]>([
    ['the time of the log is the end, when nothing else is known', {}, {}, [0, 0]],
    ['and a duration before it is the start', { d: '250.4' }, { duration: 'd' }, [-250, 0]],
    ['a duration may be in seconds', { d: '1.5' }, { durationSeconds: 'd' }, [-1500, 0]],
    [
      'start and end are taken as they are',
      { s: at(-900), e: at(-100) },
      { startTime: 's', endTime: 'e' },
      [-900, -100],
    ],
    ['start and duration tell the end', { s: at(-900), d: '300' }, { startTime: 's', duration: 'd' }, [-900, -600]],
    ['end and duration tell the start', { e: at(-100), d: '300' }, { endTime: 'e', duration: 'd' }, [-400, -100]],
    ['an end alone is the start as well', { e: at(-100) }, { endTime: 'e' }, [-100, -100]],
    [
      'an end before the start is the start',
      { s: at(-100), e: at(-900) },
      { startTime: 's', endTime: 'e' },
      [-100, -100],
    ],
    ['a number is a time by its size', { s: String(MS - 7) }, { startTime: 's' }, [-7, -7]],
    [
      'the first token is a time, too',
      { s: at(-900), f: at(-800) },
      { startTime: 's', completionStartTime: 'f' },
      [-900, -900, -800],
    ],
    [
      'a first token before the start is none',
      { s: at(-900), f: at(-950) },
      { startTime: 's', completionStartTime: 'f' },
      [-900, -900],
    ],
    [
      'an absurd duration is cut to a year',
      { s: at(0), d: '1e300' },
      { startTime: 's', duration: 'd' },
      [0, 31_536_000_000],
    ],
  ])('%s', (_claim, fields, map, expected) => {
    expect(times(fields, map)).toEqual(expected);
  });

  it('without a zone are of the zone that TZ names', () => {
    expect(times({ s: '2026-11-21 15:00:00' }, { startTime: 's' }, 'Asia/Shanghai')).toEqual([0, 0]);
  });

  it('over a format change only what they name: its length stays with a new start, its start with a new end', () => {
    const { startTime, endTime } = plainCallOf(LINE).observation;
    const flat = { ...LINE, t: new Date(endTime + 5000).toISOString() };
    expect(mapped(flat, { startTime: 't' }).observation).toMatchObject({
      startTime: endTime + 5000,
      endTime: endTime * 2 + 5000 - startTime,
    });
    expect(mapped(flat, { endTime: 't' }).observation).toMatchObject({ startTime, endTime: endTime + 5000 });
    expect(mapped({ ...LINE, d: '10' }, { duration: 'd' }).observation).toMatchObject({
      startTime,
      endTime: startTime + 10,
    });
  });

  it('may be wanting altogether: then there is no call', () => {
    expect(readMapped({ m: 'x', __time__: '0' }, { model: 'm' })).toEqual({ kind: 'skip', reason: 'non_ai' });
  });
});

describe('usage', () => {
  const usage = (fields: Flat, map: Written) => mapped({ ...LINE, ...fields }, map).observation.usageDetails;

  it.each<[string, Flat, Written, Record<string, number>]>([
    [
      'an object of a provider replaces what the format read',
      { u: '{"prompt_tokens": 20, "completion_tokens": 1}' },
      { usage: 'u' },
      { input: 20, output: 1, total: 21 },
    ],
    [
      'an object that counts nothing changes nothing',
      { u: '{"chars": 20}' },
      { usage: 'u' },
      { input: 3, output: 4, total: 7 },
    ],
    [
      'a count of its own changes the total with it',
      { n: '13' },
      { 'usage.input': 'n' },
      { input: 13, output: 4, total: 17 },
    ],
    ['the same count keeps the total', { n: '3' }, { 'usage.input': 'n' }, { input: 3, output: 4, total: 7 }],
    [
      'a count stands over an object',
      { u: '{"prompt_tokens": 20, "completion_tokens": 1}', n: '2' },
      { usage: 'u', 'usage.output': 'n' },
      { input: 20, output: 2, total: 22 },
    ],
    [
      'cached tokens are part of the input',
      { n: '2' },
      { 'usage.input_cached_tokens': 'n' },
      { input: 1, input_cached_tokens: 2, output: 4, total: 7 },
    ],
    [
      'reasoning is part of the output',
      { n: '1,000', o: '1001' },
      { 'usage.output': 'o', 'usage.output_reasoning_tokens': 'n' },
      { input: 3, output: 1, output_reasoning_tokens: 1000, total: 1004 },
    ],
    [
      'tokens written to a cache stand beside the input',
      { n: '5', t: '12' },
      { 'usage.input_cache_creation': 'n', 'usage.total': 't' },
      { input: 3, input_cache_creation: 5, output: 4, total: 12 },
    ],
  ])('%s', (_claim, fields, map, expected) => {
    expect(usage(fields, map)).toEqual(expected);
  });
});

describe('cost', () => {
  const cost = (fields: Flat, ...names: string[]) => {
    const map = Object.fromEntries(names.map((name) => [`cost.${name}`, name]));
    return mapped({ ...LINE, ...fields }, map).observation.costDetails;
  };

  it('has the total that is mapped, or else the sum', () => {
    expect(cost({ input: '0.1', output: '0.2' }, 'input', 'output')).toEqual({ input: 0.1, output: 0.2, total: 0.3 });
    expect(cost({ input: '0.1', total: '5' }, 'input', 'total')).toEqual({ input: 0.1, total: 5 });
  });

  it('is none where no amount is found', () => {
    expect(cost({ input: 'free', output: '-1' }, 'input', 'output')).toBeUndefined();
    expect(cost({ input: 'free', output: '1' }, 'input', 'output')).toEqual({ output: 1, total: 1 });
  });
});

describe('tags, parameters and metadata', () => {
  it.each<[string, string[]]>([
    ['a, b ,,c', ['a', 'b', 'c']],
    ['["a", "b,c", 3, null, ""]', ['a', 'b,c', '3']],
    ['{"a": 1}', []],
    ['-', []],
  ])('tags of %s are added to those of the format', (tags, expected) => {
    expect(mapped({ ...LINE, t: tags }, { tags: 't' }).trace.tags).toEqual(['higress', 'chat', ...expected]);
  });

  it('parameters are those of an object, and single ones over it', () => {
    const flat = { ...LINE, p: '{"top_p": 1, "n": 2}', n: '3' };
    expect(mapped(flat, { modelParameters: 'p', 'modelParameters.n': 'n' }).observation.modelParameters).toEqual({
      top_p: 1,
      n: '3',
    });
    expect(mapped({ ...LINE, p: 'fast' }, { modelParameters: 'p' }).observation).not.toHaveProperty('modelParameters');
  });

  it('metadata may have any name, and keeps no secret under a new one', () => {
    const headers = { host: 'h', Authorization: 'Bearer abcdefghijklmnopqrstuvwxyz', 'x-api-key': 'k-123' };
    const flat = { ...LINE, headers: JSON.stringify(headers), api_key: 'k-123', plain: 'v' };
    const map = {
      ...{
        'metadata.a.b': 'plain',
        'metadata.key': 'api_key',
        'metadata.h': 'headers',
        'metadata.x': 'headers.x-api-key',
      },
      ...{ 'metadata.auth': 'headers.Authorization' },
    };
    const { metadata } = mapped(flat, map).trace;
    expect(metadata).toMatchObject({ 'a.b': 'v', h: { host: 'h' } });
    expect(JSON.stringify(metadata)).not.toMatch(/k-123|abcdefghij/);
  });

  it('names such as __proto__ are names like any other', () => {
    const flat = { ...LINE, v: 'x', n: '1' };
    const map =
      '{"metadata.__proto__": "v", "modelParameters.__proto__": "v", "cost.__proto__": "n", "metadata.constructor": "v"}';
    const { trace, observation } = mapped(flat, map);
    expect(Object.getOwnPropertyDescriptor(trace.metadata, '__proto__')?.value).toBe('x');
    expect(Object.entries(observation.modelParameters ?? {})).toEqual([['__proto__', 'x']]);
    expect(Object.entries(observation.costDetails ?? {})).toEqual([
      ['__proto__', 1],
      ['total', 1],
    ]);
    expect(trace.metadata.constructor).toBe('x');
    expect(({} as Flat).x).toBeUndefined();
  });
});

describe('level and status', () => {
  const outcome = (fields: Flat, map: Written) => {
    const { level, statusMessage } = mapped({ ...LINE, ...fields }, map).observation;
    return [level, statusMessage];
  };

  it.each<[string, Flat, Written, (string | undefined)[]]>([
    ['a status that failed makes an error', { s: '429' }, { status: 's' }, ['ERROR', 'HTTP 429']],
    ['a status that went well changes nothing', { s: '201' }, { status: 's' }, ['DEFAULT', undefined]],
    [
      'a level counts in any letters',
      { l: 'warning', m: 'odd' },
      { level: 'l', statusMessage: 'm' },
      ['WARNING', 'odd'],
    ],
    ['a level counts over a status', { s: '500', l: 'DEBUG' }, { status: 's', level: 'l' }, ['DEBUG', 'HTTP 500']],
  ])('%s', (_claim, fields, map, expected) => {
    expect(outcome(fields, map)).toEqual(expected);
  });
});

describe('the setting', () => {
  it('may have 2048 bytes, not one more', () => {
    const padded = (bytes: number) => `{"model": "m"}`.padEnd(bytes);
    expect(parseFieldMap(padded(2048))).toHaveProperty('value');
    expect(parseFieldMap(padded(2049))).toHaveProperty('problems');
    expect(parseFieldMap('{"model": "模"}'.padEnd(2047))).toHaveProperty('problems');
  });

  it('does not trip over __proto__', () => {
    expect(parseFieldMap('{"__proto__": "x", "model": "m"}')).toEqual({ value: new Map([['model', ['m']]]) });
  });
});

it('no map and no record make a reading that throws or that differs the second time', () => {
  const place = fc.constantFrom(...PLACES.map((name) => (name.endsWith('.') ? `${name}x` : name)));
  const name = fc.constantFrom('a', 'b', 'a.b', 'ai_log', '__proto__', 'a.b.c');
  const inner = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('-', '1e400', '[', '{"b": "{}"}', '\ud800'),
  );
  const map = fc.dictionary(place, fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 3 })), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(map, fc.dictionary(name, inner), fc.boolean(), (written, fields, isKnown) => {
      const flat = { ...(isKnown ? LINE : own({})), ...fields };
      const reading = readMapped(flat, written);
      expect(reading).toEqual(readMapped(flat, written));
      if (reading.kind === 'reject') expect(reading.why.message).not.toContain('reader failed');
      if (reading.kind !== 'call') return;
      const { trace, observation } = reading.call;
      expect(trace.id).toMatch(/^[0-9a-f]{32}$/);
      expect(observation.id).toMatch(/^[0-9a-f]{16}$/);
      expect(Number.isInteger(observation.startTime) && observation.endTime >= observation.startTime).toBe(true);
      expect(() => JSON.stringify(reading)).not.toThrow();
    }),
    { numRuns: 1000 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../lib/types.ts';
import { callOf, type Flat, readFlat, without } from './lines.ts';

const STARTED = 1795244400250;
const MESSAGES = [{ role: 'user', content: 'Name a lake.' }];

const SUMMARY: JsonObject = {
  request_model: 'gpt-4',
  model: 'qwen-plus',
  duration: '180',
  prompt_tokens: '23',
  completion_tokens: '8',
  total_tokens: '31',
  upstream_response_time: '1100',
  stream: 'true',
  tool_count: '0',
  end_user_id: 'u-5',
};

/** A full log entry of an APISIX logger plugin, with what ai-proxy adds to it. */
function apisix(over: Flat = {}): Flat {
  return {
    llm_summary: SUMMARY,
    llm_request: { messages: MESSAGES, stream: true },
    llm_response_text: { content: 'Lake Constance.' },
    start_time: STARTED,
    latency: 1200.4,
    upstream_latency: 1100,
    apisix_latency: 100.4,
    client_ip: '192.0.2.9',
    route_id: 'chat',
    service_id: 'llm',
    consumer: { username: 'sales' },
    request: {
      uri: '/v1/chat/completions?api_key=hush',
      url: 'http://gateway.test:9080/v1/chat/completions?api_key=hush',
      method: 'POST',
      size: 230,
      querystring: { api_key: 'hush' },
      headers: { host: 'gateway.test', authorization: 'Bearer hush-hush-hush-hush', apikey: 'hush' },
    },
    response: { status: 200, size: 512, headers: { 'content-type': 'text/event-stream' } },
    __time__: '1795244403',
    ...over,
  };
}

/** A line in a log format of one's own, with the variables of the plugin. */
function variables(over: Flat = {}): Flat {
  return {
    '@timestamp': '2026-11-21T07:00:02+00:00',
    request_time: '1.250',
    request_type: 'ai_stream',
    request_llm_model: 'gpt-4',
    llm_model: 'qwen-plus',
    llm_time_to_first_token: '180',
    llm_prompt_tokens: '23',
    llm_completion_tokens: '8',
    request_uri: '/v1/chat/completions?api_key=hush',
    status: '200',
    route_name: 'chat',
    consumer_name: 'sales',
    request_id: '5c5e0b95f8d303cb81e4dc456a4b12d9',
    __time__: '1795244403',
    ...over,
  };
}

function texts(flat: Flat): Flat {
  return Object.fromEntries(
    Object.entries(flat).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function flattened(flat: Flat): Flat {
  const leaves = (path: string, inner: Json): [string, Json][] =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.entries(inner).flatMap(([name, leaf]) => leaves(`${path}.${name}`, leaf))
      : [[path, typeof inner === 'string' ? inner : JSON.stringify(inner)]];
  return Object.fromEntries(Object.entries(flat).flatMap(([name, inner]) => leaves(name, inner)));
}

function wrapped(flat: Flat): Flat {
  const { __time__ = '0', ...line } = flat;
  return { content: JSON.stringify(line), __time__ };
}

function summed(over: JsonObject): Flat {
  return apisix({ llm_summary: { ...SUMMARY, ...over } });
}

/** A call but for its ids: a full log has none of its own, so they are of the whole record. */
function shapeOf(flat: Flat) {
  const { trace, observation } = callOf(flat);
  const { metadata, ...rest } = trace;
  return { trace: { ...rest, id: '' }, observation: { ...observation, id: '' }, metadata: flattened({ metadata }) };
}

describe('an APISIX log of a call of an LLM', () => {
  it('is the call that the mapping says', () => {
    const { trace, observation } = callOf(apisix());
    expect(trace).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'chat',
      userId: 'u-5',
      tags: ['apisix', 'chat'],
      metadata: {
        llm_summary: {
          request_model: 'gpt-4',
          duration: '180',
          upstream_response_time: '1100',
          stream: 'true',
          tool_count: '0',
          end_user_id: 'u-5',
        },
        start_time: '1795244400250',
        latency: '1200.4',
        upstream_latency: '1100',
        apisix_latency: '100.4',
        client_ip: '192.0.2.9',
        route_id: 'chat',
        service_id: 'llm',
        consumer: { username: 'sales' },
        request: {
          uri: '/v1/chat/completions',
          url: 'http://gateway.test:9080/v1/chat/completions',
          method: 'POST',
          size: 230,
          headers: { host: 'gateway.test' },
        },
        response: { status: 200, size: 512, headers: { 'content-type': 'text/event-stream' } },
      },
    });
    expect(observation).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      type: 'generation',
      name: 'chat',
      model: 'qwen-plus',
      modelParameters: { stream: true },
      input: MESSAGES,
      output: 'Lake Constance.',
      usageDetails: { input: 23, output: 8, total: 31 },
      level: 'DEFAULT',
      startTime: STARTED,
      completionStartTime: STARTED + 180,
      endTime: STARTED + 1200,
    });
  });

  it('is what its facets say', () => {
    expect(readFlat(apisix())).toMatchObject({
      facets: { format: 'apisix', route: 'chat', consumer: 'sales', status: 200, path: '/v1/chat/completions' },
    });
  });

  it.each<[string, (flat: Flat) => Flat]>([
    ['as texts', texts],
    ['flattened', flattened],
    ['as one line', wrapped],
  ])('is the same call %s', (_how, change) => {
    expect(shapeOf(change(apisix()))).toEqual(shapeOf(apisix()));
  });

  it.each<[string, Json, string]>([
    ['in Unix milliseconds with a fraction', '1795244400250.375', '2026-11-21T07:00:00.250Z'],
    ['in Unix seconds', 1795244400.25, '2026-11-21T07:00:00.250Z'],
    ['in ISO 8601', '2026-11-21T15:00:00.250+08:00', '2026-11-21T07:00:00.250Z'],
    // Only the log time is left, which is the end: 07:00:03 less 1,200 ms.
    ['missing', null, '2026-11-21T07:00:01.800Z'],
  ])('with a start %s starts then', (_how, start, expected) => {
    const { startTime, endTime } = callOf(apisix({ start_time: start })).observation;
    expect(new Date(startTime).toISOString()).toBe(expected);
    expect(endTime).toBe(startTime + 1200);
  });

  it('cannot be read without any time', () => {
    expect(readFlat(without(apisix(), 'start_time', '__time__'))).toMatchObject({
      kind: 'reject',
      why: { why: 'unreadable' },
    });
  });

  it.each<[string, Flat, number | undefined]>([
    ['a summary that says so', {}, 180],
    ['a summary that denies it', { llm_summary: { ...SUMMARY, stream: 'false' } }, undefined],
    ['an older summary, and the request', { llm_summary: without(SUMMARY, 'stream') }, 180],
    ['an older summary, and the answer’s type', { llm_summary: without(SUMMARY, 'stream'), llm_request: null }, 180],
    [
      'an older summary, and nothing else',
      { llm_summary: without(SUMMARY, 'stream'), llm_request: null, response: { status: 200 } },
      undefined,
    ],
    ['a first token after the end', { llm_summary: { ...SUMMARY, duration: 9000 } }, 1200],
    ['a first token at 0', { llm_summary: { ...SUMMARY, duration: '0' } }, undefined],
  ])('with %s is a stream or none', (_what, over, ms) => {
    const { completionStartTime } = callOf(apisix(over)).observation;
    expect(completionStartTime).toBe(ms === undefined ? undefined : STARTED + ms);
  });

  it.each<[string, JsonObject, Json | undefined]>([
    ['zeros', { prompt_tokens: '0', completion_tokens: '0', total_tokens: '0' }, undefined],
    ['nulls', { prompt_tokens: null, completion_tokens: null, total_tokens: null }, undefined],
    ['numbers', { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }, { input: 2, output: 3, total: 5 }],
    [
      'a cache and reasoning within the counts',
      { cache_read_input_tokens: '20', reasoning_tokens: '6' },
      { input: 3, input_cached_tokens: 20, output: 2, output_reasoning_tokens: 6, total: 31 },
    ],
    [
      'a cache beside the counts',
      { cache_read_input_tokens: 10, cache_creation_input_tokens: 5, total_tokens: 46 },
      { input: 23, input_cached_tokens: 10, input_cache_creation: 5, output: 8, total: 46 },
    ],
  ])('with %s has that usage', (_what, over, expected) => {
    expect(callOf(summed(over)).observation.usageDetails).toEqual(expected);
  });

  it('keeps a count that fits no bucket in the metadata', () => {
    // APISIX adds up Anthropic's counts without those of the cache, of which there may be more.
    const { trace, observation } = callOf(summed({ cache_read_input_tokens: 900 }));
    expect(observation.usageDetails).toEqual({ input: 23, output: 8, total: 31 });
    expect(trace.metadata.cache_read_input_tokens).toBe(900);
  });

  it.each<[string, Flat, Json | undefined]>([
    ['model of the answer', {}, 'qwen-plus'],
    ['model of the request', { llm_summary: { ...SUMMARY, model: null } }, 'gpt-4'],
    [
      'model in the request’s body',
      { llm_summary: { duration: '1' }, llm_request: null, request: { body: '{"model":"m","messages":[]}' } },
      'm',
    ],
    ['no model', { llm_summary: { duration: '1' } }, undefined],
  ])('has the %s', (_what, over, model) => {
    expect(callOf(apisix(over)).observation.model).toBe(model);
  });

  it.each<[string, Json, Json | undefined]>([
    ['an object', { content: 'Yes.' }, 'Yes.'],
    ['a text', 'Yes.', 'Yes.'],
    ['JSON that the model wrote', '{"lake":"Constance"}', '{"lake":"Constance"}'],
    ['JSON that the model wrote, wrapped', { content: '{"content":1}' }, '{"content":1}'],
    ['empty', { content: '' }, undefined],
    ['an empty object', {}, undefined],
    ['null', null, undefined],
  ])('with an answer that is %s has that output', (_what, answer, output) => {
    expect(callOf(apisix({ llm_response_text: answer })).observation.output).toEqual(output);
  });

  it('has the bodies that the logger includes, when the plugin logs none', () => {
    const body = JSON.stringify({ model: 'gpt-4', messages: MESSAGES, temperature: 0.1, user: 'u-7' });
    const answer = JSON.stringify({
      choices: [{ message: { role: 'assistant', content: 'Lake Garda.' } }],
      usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 },
    });
    const request = { uri: '/v1/chat/completions', body };
    const over = { llm_request: null, llm_response_text: null, request, response: { status: 200, body: answer } };
    const { trace, observation } = callOf(apisix({ ...over, consumer: null, llm_summary: { model: 'gpt-4' } }));
    expect(observation).toMatchObject({
      input: MESSAGES,
      output: { role: 'assistant', content: 'Lake Garda.' },
      modelParameters: { temperature: 0.1 },
      usageDetails: { input: 5, output: 4, total: 9 },
    });
    expect(trace.userId).toBe('u-7');
    expect(JSON.stringify(trace.metadata)).not.toContain('Lake');
  });

  it.each<[string, Flat, string | undefined]>([
    ['end user', {}, 'u-5'],
    ['consumer, without an end user', { llm_summary: without(SUMMARY, 'end_user_id') }, 'sales'],
    ['nobody', { llm_summary: { ...SUMMARY, end_user_id: '' }, consumer: null }, undefined],
  ])('belongs to the %s', (_what, over, user) => {
    expect(callOf(apisix(over)).trace.userId).toBe(user);
  });

  it.each<[Json, string | undefined]>([
    [200, undefined],
    ['404', 'HTTP 404'],
    [502, 'HTTP 502'],
    [0, 'HTTP 0'],
  ])('of status %j has its level, and its message', (status, message) => {
    const { observation } = callOf(apisix({ response: { status } }));
    expect(observation.level).toBe(message === undefined ? 'DEFAULT' : 'ERROR');
    expect(observation.statusMessage).toBe(message);
    expect(observation.output).toBe(message === undefined ? 'Lake Constance.' : undefined);
  });

  it('that failed says why', () => {
    const body = '{"error":{"message":"no such model","type":"not_found"}}';
    const { observation } = callOf(apisix({ response: { status: 404, body } }));
    expect(observation.statusMessage).toBe('HTTP 404 · not_found: no such model');
  });

  it.each<[string, string]>([
    ['/v1/embeddings', 'embedding'],
    ['/v1/rerank', 'retriever'],
    ['/anything', 'generation'],
  ])('on the path %s is of its type', (uri, type) => {
    const over = { request: { uri }, llm_request: { messages: 'some text', stream: false } };
    expect(callOf(apisix(over)).observation).toMatchObject({ type, input: 'some text' });
  });

  it.each<[string, Flat, string]>([
    ['route’s name', { route_name: 'talk' }, 'talk'],
    ['route’s id', {}, 'chat'],
    ['API, without a route', { route_id: null }, 'chat/completions'],
    ['gateway, without both', { route_id: '', request: null }, 'ai-gateway'],
  ])('is named after its %s', (_what, over, name) => {
    expect(callOf(apisix(over)).trace.name).toBe(name);
  });

  it('holds no secret, in whatever shape', () => {
    for (const flat of [apisix(), texts(apisix()), wrapped(apisix()), flattened(apisix()), variables()]) {
      expect(JSON.stringify(callOf(flat))).not.toContain('hush');
    }
  });

  it('is told apart by the whole record', () => {
    const ids = [apisix(), apisix({ client_ip: '192.0.2.10' }), apisix({ __time__: '1795244404' })].map((flat) =>
      callOf(flat),
    );
    expect(new Set(ids.map(({ observation }) => observation.id)).size).toBe(3);
    expect(new Set(ids.map(({ trace }) => trace.id)).size).toBe(3);
    expect(callOf(apisix())).toEqual(callOf(apisix()));
  });

  it('is read whatever field is missing, as long as the summary is there', () => {
    for (const name of Object.keys(without(apisix(), 'llm_summary'))) {
      expect(readFlat(without(apisix(), name)).kind, name).toBe('call');
    }
  });
});

describe('an APISIX line in a format of one’s own', () => {
  it('is the call that its variables tell', () => {
    const { trace, observation } = callOf(variables());
    expect(trace).toEqual({
      id: '5c5e0b95f8d303cb81e4dc456a4b12d9',
      name: 'chat',
      userId: 'sales',
      tags: ['apisix', 'chat'],
      metadata: {
        '@timestamp': '2026-11-21T07:00:02+00:00',
        request_time: '1.250',
        request_type: 'ai_stream',
        request_llm_model: 'gpt-4',
        llm_time_to_first_token: '180',
        request_uri: '/v1/chat/completions',
        status: '200',
        route_name: 'chat',
        consumer_name: 'sales',
        request_id: '5c5e0b95f8d303cb81e4dc456a4b12d9',
      },
    });
    const end = Date.parse('2026-11-21T07:00:02Z');
    expect(observation).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      type: 'generation',
      name: 'chat',
      model: 'qwen-plus',
      usageDetails: { input: 23, output: 8, total: 31 },
      level: 'DEFAULT',
      startTime: end - 1250,
      completionStartTime: end - 1250 + 180,
      endTime: end,
    });
  });

  it.each<[string, Flat, boolean]>([
    ['a chat', { request_type: 'ai_chat' }, true],
    ['no type, and a model', { request_type: '' }, true],
    ['no type and one model of the two', { request_type: '-', llm_model: '' }, true],
    ['another type', { request_type: 'traditional_http' }, false],
    ['no type and no model', { request_type: '', llm_model: '', request_llm_model: '' }, false],
  ])('with %s is a call or none', (_what, over, call) => {
    expect(readFlat(variables(over)).kind).toBe(call ? 'call' : 'skip');
  });

  it('is no stream, when it is a chat', () => {
    expect(callOf(variables({ request_type: 'ai_chat' })).observation.completionStartTime).toBeUndefined();
  });

  it('with a request id that came twice is two observations of one trace', () => {
    const [one, two] = ['1795244400001', '1795244400002'].map((start_time) => callOf(variables({ start_time })));
    expect(one?.trace.id).toBe(two?.trace.id);
    expect(one?.observation.id).not.toBe(two?.observation.id);
  });
});

const PLAIN = without(apisix(), 'llm_summary', 'llm_request', 'llm_response_text');

describe('an APISIX log without a summary', () => {
  it('has what its payloads tell', () => {
    const { observation } = callOf(without(apisix(), 'llm_summary'));
    expect(observation).toMatchObject({
      input: MESSAGES,
      output: 'Lake Constance.',
      startTime: STARTED,
      level: 'DEFAULT',
    });
    expect(observation.usageDetails).toBeUndefined();
  });

  it('is a failed call where a request of an LLM’s path was turned down', () => {
    const { trace, observation } = callOf({ ...PLAIN, response: { status: 429 } });
    expect(trace).toMatchObject({ name: 'chat', userId: 'sales' });
    expect(observation).toMatchObject({ level: 'ERROR', statusMessage: 'HTTP 429', startTime: STARTED });
    expect(JSON.stringify(trace)).not.toContain('hush');
  });
});

describe('a line of anything else', () => {
  it.each<[string, Flat]>([
    ['an APISIX log of another plugin', without(apisix(), 'llm_summary', 'llm_request', 'llm_response_text')],
    ['messages of another program', { llm_request: { messages: MESSAGES }, llm_response_text: {}, __time__: '1' }],
    [
      'a failed request of another path',
      { ...PLAIN, request: { uri: '/get', method: 'POST' }, response: { status: 500 } },
    ],
    ['a failed list of models', { ...PLAIN, request: { uri: '/v1/models', method: 'GET' }, response: { status: 401 } }],
    ['an llm_summary that is a text', { ...PLAIN, llm_summary: 'The user asked for a lake.' }],
    ['an llm_summary of something else', { ...PLAIN, llm_summary: { total_calls: 3 } }],
    ['a request_type of another program', { request_type: 'ai_chat', status: '200', __time__: '1795244403' }],
    ['an empty llm_summary', { ...PLAIN, llm_summary: {} }],
  ])('such as %s is skipped', (_what, flat) => {
    expect(readFlat(flat)).toEqual({ kind: 'skip', reason: 'non_ai' });
  });
});

describe('the APISIX reader', () => {
  it('never throws, and reads the same record the same', () => {
    const part = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(part, part, part, part, (model, llm_request, llm_response_text, request) => {
        const flat = apisix({ llm_summary: { model }, llm_request, llm_response_text, request });
        expect(readFlat(flat)).toEqual(readFlat(flat));
        expect(readFlat(flat)).not.toMatchObject({ kind: 'reject' });
      }),
      { numRuns: 100 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LlmCall, Reading } from '../../lib/types.ts';
import { callOf, type Flat, readFlat, without } from './lines.ts';

/** As SLS holds it; `api_key_prefix` is the start of the key itself. */
const CHAT: Flat = {
  '@timestamp': '2026-11-21T07:00:02.500Z',
  event_type: 'api_call',
  category: 'inference',
  auth_type: 'api_key',
  user: 'mei',
  api_key_name: 'shop-bot',
  api_key_prefix: 'sk-a1b2',
  model_id: 'qwen3-8b-0',
  model_name: 'qwen3',
  model_type: 'LLM',
  endpoint: '/v1/chat/completions',
  status: 'success',
  latency_ms: '1250.4',
  client_ip: '10.1.2.3',
  node: 'gpu-7',
  address: '10.9.0.7:9997',
  __time__: '1795244405',
  __source__: '10.0.0.1',
};

const EMBEDDING: Flat = {
  '@timestamp': '2026-11-21T07:00:00.000Z',
  event_type: 'api_call',
  category: 'inference',
  auth_type: 'jwt',
  user: '',
  api_key_name: 'indexer',
  api_key_prefix: '',
  model_id: 'bge-m3',
  model_name: '',
  model_type: 'embedding',
  endpoint: '/v1/embeddings',
  status: 503,
  latency_ms: 31,
  client_ip: '',
  node: 'gpu-8',
  address: '',
  __time__: '1795244405',
};

function plain({ trace, observation }: LlmCall) {
  return { trace: { ...trace, metadata: { ...trace.metadata } }, observation };
}

describe('a line of the audit log', () => {
  it('is a generation without content, which ended when it was logged', () => {
    expect(plain(callOf(CHAT))).toEqual({
      trace: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        name: 'chat/completions',
        userId: 'mei',
        tags: ['xinference'],
        metadata: {
          '@timestamp': '2026-11-21T07:00:02.500Z',
          event_type: 'api_call',
          category: 'inference',
          auth_type: 'api_key',
          model_id: 'qwen3-8b-0',
          model_type: 'LLM',
          endpoint: '/v1/chat/completions',
          status: 'success',
          latency_ms: '1250.4',
          client_ip: '10.1.2.3',
          node: 'gpu-7',
          address: '10.9.0.7:9997',
          api_key_name: 'shop-bot',
        },
      },
      observation: {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        type: 'generation',
        name: 'chat/completions',
        model: 'qwen3',
        level: 'DEFAULT',
        startTime: Date.parse('2026-11-21T07:00:01.250Z'),
        endTime: Date.parse('2026-11-21T07:00:02.500Z'),
      },
    });
  });

  it('of a model without a name and a caller without a user shows the id and the key, and a failure', () => {
    expect(plain(callOf(EMBEDDING))).toEqual({
      trace: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        name: 'embeddings',
        userId: 'indexer',
        tags: ['xinference'],
        metadata: {
          '@timestamp': '2026-11-21T07:00:00.000Z',
          event_type: 'api_call',
          category: 'inference',
          auth_type: 'jwt',
          model_type: 'embedding',
          endpoint: '/v1/embeddings',
          status: '503',
          latency_ms: '31',
          node: 'gpu-8',
        },
      },
      observation: {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        type: 'embedding',
        name: 'embeddings',
        model: 'bge-m3',
        level: 'ERROR',
        statusMessage: 'HTTP 503',
        startTime: Date.parse('2026-11-21T06:59:59.969Z'),
        endTime: Date.parse('2026-11-21T07:00:00.000Z'),
      },
    });
  });

  it('never shows the start of a key', () => {
    expect(JSON.stringify(readFlat(CHAT))).not.toContain('sk-a1b2');
  });

  it('tells what it is selected by', () => {
    expect(readFlat(EMBEDDING)).toMatchObject({
      facets: { format: 'xinference', consumer: 'indexer', status: 503, path: '/v1/embeddings' },
    });
    expect(readFlat(CHAT)).toMatchObject({ facets: { consumer: 'shop-bot', path: '/v1/chat/completions' } });
  });

  it.each<[string, Flat]>([
    ['as native JSON', { ...CHAT, latency_ms: 1250.4 }],
    ['as one text', { content: JSON.stringify(own(CHAT)), ...around(CHAT) }],
    ['behind a container prefix', wrapped(`2026-11-21T07:00:02.6Z stdout F ${JSON.stringify(own(CHAT))}`)],
    ['in a line of docker', wrapped(JSON.stringify({ log: `${JSON.stringify(own(CHAT))}\n`, stream: 'stdout' }))],
  ])('is the same call %s', (_how, record) => {
    expect(callOf(record)).toEqual(callOf(CHAT));
  });
});

function own(flat: Flat): Flat {
  return without(flat, '__time__', '__source__');
}

function around({ __time__ = '', __source__ = '' }: Flat): Flat {
  return { __time__, __source__ };
}

function wrapped(content: string): Flat {
  return { content, ...around(CHAT) };
}

describe('the type of an observation', () => {
  it.each([
    ['LLM', 'generation'],
    ['chat', 'generation'],
    ['embedding', 'embedding'],
    ['Embedding', 'embedding'],
    ['rerank', 'retriever'],
    ['image', 'generation'],
    ['audio', 'generation'],
    ['video', 'generation'],
  ])('for a model of the type %s is %s', (type, expected) => {
    expect(callOf({ ...CHAT, model_type: type }).observation.type).toBe(expected);
  });

  it.each([
    ['/v1/rerank', 'retriever'],
    ['/v1/embeddings', 'embedding'],
    ['/v1/completions', 'generation'],
  ])('without a type of model is told by the endpoint %s', (endpoint, expected) => {
    expect(callOf({ ...CHAT, model_type: '', endpoint }).observation.type).toBe(expected);
  });
});

describe('the status', () => {
  it.each<[string, string | undefined]>([
    ['success', undefined],
    ['SUCCESS', undefined],
    ['ok', undefined],
    ['200', undefined],
    ['', undefined],
    ['-', undefined],
    ['200 OK', undefined],
    ['error', 'error'],
    ['failed', 'failed'],
    ['no_credentials', 'no_credentials'],
    ['key_expired', 'key_expired'],
    ['429', 'HTTP 429'],
    ['500 Internal Server Error', 'HTTP 500'],
    ['0', 'HTTP 0'],
  ])('%j tells of a failure, or of none: %j', (status, statusMessage) => {
    const { observation } = callOf({ ...CHAT, status });
    expect([observation.level, observation.statusMessage]).toEqual([
      statusMessage ? 'ERROR' : 'DEFAULT',
      statusMessage,
    ]);
  });

  it('is followed by the error, where the line has one', () => {
    const { observation } = callOf({ ...CHAT, status: 'error', error: 'model not found' });
    expect(observation.statusMessage).toBe('error · model not found');
  });
});

describe('a line without', () => {
  it.each<[string, Partial<LlmCall['observation']>]>([
    ['model_name', { model: 'qwen3-8b-0' }],
    ['model_id', { model: 'qwen3' }],
    ['latency_ms', { startTime: Date.parse('2026-11-21T07:00:02.500Z') }],
    ['@timestamp', { endTime: 1795244405000, startTime: 1795244403750 }],
    ['endpoint', { name: 'ai-gateway' }],
    ['category', { name: 'chat/completions' }],
    ['status', { level: 'DEFAULT' }],
  ])('%s is a call still', (name, expected) => {
    expect(callOf(without(CHAT, name)).observation).toMatchObject(expected);
  });

  it('both names of a model has none', () => {
    expect(callOf(without(CHAT, 'model_name', 'model_id')).observation).not.toHaveProperty('model');
  });

  it('user has the name of its key for one, or none', () => {
    expect(callOf(without(CHAT, 'user')).trace.userId).toBe('shop-bot');
    expect(callOf(without(CHAT, 'user', 'api_key_name')).trace).not.toHaveProperty('userId');
  });

  it('any time is unreadable', () => {
    expect(readFlat(without(CHAT, '@timestamp', '__time__'))).toMatchObject({
      kind: 'reject',
      why: { why: 'unreadable', message: expect.stringContaining('when the call was made') },
    });
  });
});

describe('what is no call', () => {
  const NON_AI: Reading = { kind: 'skip', reason: 'non_ai' };

  it.each<[string, Flat]>([
    ['of the category admin', { category: 'admin', endpoint: '/v1/models' }],
    ['of the category auth', { category: 'auth', endpoint: '/token' }],
    ['of no category on a path of no model', { category: '', endpoint: '/v1/cluster/info' }],
  ])('is a line %s', (_what, over) => {
    expect(readFlat({ ...CHAT, ...over })).toEqual(NON_AI);
  });

  it.each<[string, Flat]>([
    ['another event', { ...CHAT, event_type: 'login' }],
    [
      "another program's api_call",
      { event_type: 'api_call', endpoint: '/orders', status: 'ok', __time__: '1795244405' },
    ],
  ])('is %s', (_what, record) => {
    expect(readFlat(record)).toEqual(NON_AI);
  });
});

it.each([
  ['/anthropic/v1/messages', 'v1/messages'],
  ['/v1/responses', 'v1/responses'],
  ['/v1/flexible/infers', 'flexible/infers'],
  ['/sdapi/v1/img2img', 'sdapi/v1/img2img'],
])('a call of %s, which the log files under admin, is a call', (endpoint, name) => {
  expect(callOf({ ...CHAT, category: 'admin', endpoint }).observation.name).toBe(name);
});

it.each([
  ['/v1/audio/transcriptions', 'audio/transcriptions'],
  ['/v1/images/generations?key=x', 'images/generations'],
  ['/sdapi/v1/txt2img', 'sdapi/v1/txt2img'],
])('a call of %s is named %s', (endpoint, name) => {
  expect(callOf({ ...CHAT, endpoint }).observation.name).toBe(name);
});

describe('ids', () => {
  const ids = (flat: Flat) => [callOf(flat).trace.id, callOf(flat).observation.id];

  it.each<[string, Flat]>([
    ['another millisecond', { '@timestamp': '2026-11-21T07:00:02.501Z' }],
    ['another client', { client_ip: '10.1.2.4' }],
    ['another place in the file', { __file_offset__: '99' }],
    ['another host', { __source__: '10.0.0.2' }],
  ])('differ for %s', (_what, over) => {
    const [trace, observation] = ids(CHAT);
    const [otherTrace, otherObservation] = ids({ ...CHAT, ...over });
    expect([trace === otherTrace, observation === otherObservation]).toEqual([false, false]);
  });

  it('differ for lines of one text at another place in the file', () => {
    const content = JSON.stringify(own(CHAT));
    const [first, second] = ['1', '2'].map((offset) => ids({ content, __file_offset__: offset, ...around(CHAT) })[1]);
    expect(first).not.toBe(second);
  });

  it('are the same whenever the line was received', () => {
    expect(ids({ ...CHAT, __receive_time__: '1795244409' })).toEqual(ids({ ...CHAT, __receive_time__: '1795244499' }));
  });
});

it('times are whole and in order, whatever the line states', () => {
  const text = fc.oneof(fc.string(), fc.double().map(String), fc.constantFrom('1e300', '-5', 'NaN', '99999999999999'));
  fc.assert(
    fc.property(text, text, (latency, time) => {
      const { observation } = callOf({ ...CHAT, latency_ms: latency, '@timestamp': time });
      expect(Number.isInteger(observation.startTime)).toBe(true);
      expect(observation.startTime).toBeGreaterThanOrEqual(0);
      expect(observation.endTime).toBeGreaterThanOrEqual(observation.startTime);
    }),
  );
});

import { describe, expect, it } from 'vitest';
import type { Json, LlmCall, Reading } from '../../lib/types.ts';
import { callOf, type Flat, readFlat } from './lines.ts';

type Params = { [name: string]: Json };

const OTHER: Params = {
  admin_info: { use_channel: ['3'] },
  cache_ratio: 0.5,
  cache_tokens: 20,
  completion_ratio: 4,
  frt: 850,
  group_ratio: 1,
  model_price: -1,
  model_ratio: 0.25,
  request_path: '/v1/chat/completions',
  user_group_ratio: -1,
};
const PARAMS: Params = {
  channel_id: 3,
  prompt_tokens: 60,
  completion_tokens: 12,
  model_name: 'qwen-plus',
  token_name: 'shop-bot',
  quota: 27,
  content: '',
  token_id: 9,
  use_time_seconds: 2,
  is_stream: true,
  group: 'default',
  other: OTHER,
};

const ID = '20261121150002417Kq7wXz1P';
const HEAD = `[INFO] 2026/11/21 - 15:00:02 | ${ID} | `;

function line(params: Params = PARAMS, head = HEAD): string {
  return `${head}record consume log: userId=42, params=${JSON.stringify(params)} `;
}

function record(content = line(), over: Flat = {}): Flat {
  return { content, __time__: '1795244405', ...over };
}

function withOther(over: Params, params: Params = {}): Flat {
  return record(line({ ...PARAMS, ...params, other: { ...OTHER, ...over } }));
}

const read = (flat: Flat) => readFlat(flat, 'Asia/Shanghai');
const call = (flat: Flat) => callOf(flat, 'Asia/Shanghai');

function plain({ trace, observation }: LlmCall) {
  return { trace: { ...trace, metadata: JSON.parse(JSON.stringify(trace.metadata)) }, observation };
}

describe('a consume log', () => {
  it('of a stream is a generation without content, which ended when it was logged', () => {
    expect(plain(call(record()))).toEqual({
      trace: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        name: 'chat/completions',
        userId: '42',
        tags: ['new-api'],
        metadata: {
          request_id: ID,
          channel_id: 3,
          token_name: 'shop-bot',
          quota: 27,
          token_id: 9,
          use_time_seconds: 2,
          is_stream: true,
          group: 'default',
          other: {
            admin_info: { use_channel: ['3'] },
            cache_ratio: 0.5,
            completion_ratio: 4,
            frt: 850,
            group_ratio: 1,
            model_price: -1,
            model_ratio: 0.25,
            request_path: '/v1/chat/completions',
            user_group_ratio: -1,
          },
        },
      },
      observation: {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        type: 'generation',
        name: 'chat/completions',
        model: 'qwen-plus',
        usageDetails: { input: 40, input_cached_tokens: 20, output: 12, total: 72 },
        level: 'DEFAULT',
        startTime: Date.parse('2026-11-21T07:00:00.000Z'),
        completionStartTime: Date.parse('2026-11-21T07:00:00.850Z'),
        endTime: Date.parse('2026-11-21T07:00:02.000Z'),
      },
    });
  });

  it('of an embedding without a stream is an embedding', () => {
    const params = {
      channel_id: 1,
      prompt_tokens: 8,
      completion_tokens: 0,
      model_name: 'text-embedding-v4',
      token_name: 'indexer',
      quota: 1,
      content: 'ratio 0.07',
      use_time_seconds: 1,
      is_stream: false,
      other: { frt: -1000, cache_tokens: 0, request_path: '/v1/embeddings' },
    };
    const text = `[INFO]  2026/11/21 - 15:00:02 | ${ID} | record consume log: userId=0, params=${JSON.stringify(params)}`;
    expect(plain(call(record(text)))).toEqual({
      trace: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        name: 'embeddings',
        userId: 'indexer',
        tags: ['new-api'],
        metadata: {
          request_id: ID,
          channel_id: 1,
          token_name: 'indexer',
          quota: 1,
          content: 'ratio 0.07',
          use_time_seconds: 1,
          is_stream: false,
          other: { frt: -1000, request_path: '/v1/embeddings' },
        },
      },
      observation: {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        type: 'embedding',
        name: 'embeddings',
        model: 'text-embedding-v4',
        usageDetails: { input: 8, output: 0, total: 8 },
        level: 'DEFAULT',
        startTime: Date.parse('2026-11-21T07:00:01.000Z'),
        endTime: Date.parse('2026-11-21T07:00:02.000Z'),
      },
    });
  });

  it('tells what it is selected by', () => {
    expect(read(record())).toMatchObject({
      facets: { format: 'new-api', consumer: 'shop-bot', path: '/v1/chat/completions' },
    });
  });

  it.each<[string, Flat]>([
    ['behind a container prefix', record(`2026-11-21T07:00:02.117203311Z stdout F ${line()}`)],
    ['behind a header of syslog', record(`<14>1 2026-11-21T07:00:02Z h new-api 1 - - ${line()}`)],
    ['with two spaces after its level', record(line(PARAMS, HEAD.replace('] ', ']  ')))],
    ['in the field message', { message: line(), __time__: '1795244405' }],
    [
      'in a line of docker',
      record(JSON.stringify({ log: `${line()}\n`, stream: 'stdout', time: '2026-11-21T09:00:00Z' })),
    ],
    ['in the fields of such a line', { log: `${line()}\n`, stream: 'stdout', __time__: '1795244405' }],
    ['beside fields of the log agent', record(line(), { _container_name_: 'new-api', __file_offset__: '7', pod: 'p' })],
    ['with other as JSON text', record(line({ ...PARAMS, other: JSON.stringify(OTHER) }), {})],
  ])('is the same call %s', (how, flat) => {
    const { observation, trace } = call(flat);
    const whole = call(record());
    const sameId = how !== 'with other as JSON text';
    expect({ ...observation, id: sameId ? observation.id : whole.observation.id }).toEqual(whole.observation);
    expect(trace).toEqual(whole.trace);
  });

  it('with names as Go writes them is the same call', () => {
    const go = Object.fromEntries(
      Object.entries(PARAMS).map(([name, value]) => [
        name.replace(/(?:^|_)(\w)/g, (_, c: string) => c.toUpperCase()),
        value,
      ]),
    );
    expect(Object.keys(go)).toContain('UseTimeSeconds');
    const { trace, observation } = call(record(line(go)));
    const whole = call(record());
    expect(trace).toEqual(whole.trace);
    expect({ ...observation, id: '' }).toEqual({ ...whole.observation, id: '' });
  });

  it('may name the user beside the id', () => {
    const { trace } = call(record(line().replace('userId=42,', 'userId=42, username=mei,')));
    expect([trace.userId, trace.metadata.username]).toEqual(['42', 'mei']);
  });
});

describe('usage', () => {
  it.each<[string, Flat, LlmCall['observation']['usageDetails']]>([
    ['without a cache is in and out', withOther({ cache_tokens: 0 }), { input: 60, output: 12, total: 72 }],
    [
      'of OpenAI has the cache within the prompt',
      withOther({ cache_creation_tokens: 15 }),
      { input: 25, input_cached_tokens: 20, input_cache_creation: 15, output: 12, total: 72 },
    ],
    [
      'of Anthropic has the cache beside the prompt',
      withOther({ claude: true, cache_tokens: 200, cache_creation_tokens: 30 }),
      { input: 60, input_cached_tokens: 200, input_cache_creation: 30, output: 12, total: 302 },
    ],
    [
      'takes what was written to the cache as one sum, where it is stated',
      withOther({ usage_semantic: 'anthropic', cache_creation_tokens: 10, cache_write_tokens: 30 }),
      { input: 60, input_cached_tokens: 20, input_cache_creation: 30, output: 12, total: 122 },
    ],
    ['of no tokens is none', record(line({ ...PARAMS, prompt_tokens: 0, completion_tokens: 0, other: {} })), undefined],
    [
      'that contradicts itself is kept as stated',
      withOther({ cache_tokens: 100 }),
      { input: 60, output: 12, total: 72 },
    ],
  ])('%s', (_claim, flat, expected) => {
    expect(call(flat).observation.usageDetails).toEqual(expected);
  });
});

describe('times', () => {
  const iso = (flat: Flat) => {
    const { startTime, completionStartTime = 0, endTime } = call(flat).observation;
    return [startTime, completionStartTime, endTime].map((ms) => new Date(ms).toISOString().slice(11, -1));
  };

  it.each<[string, Flat, string[]]>([
    ['of no stream have no first token', withOther({}, { is_stream: false }), ['07:00:00.000', '', '07:00:02.000']],
    ['of a stream may begin to complete', withOther({ frt: 12 }), ['07:00:00.000', '07:00:00.012', '07:00:02.000']],
    ['never complete after the end', withOther({ frt: 2400 }), ['07:00:00.000', '07:00:02.000', '07:00:02.000']],
    ['ignore a negative first token', withOther({ frt: -1000 }), ['07:00:00.000', '', '07:00:02.000']],
    ['are one when no duration is known', withOther({}, { use_time_seconds: 0 }), ['07:00:02.000', '', '07:00:02.000']],
    ['may be in milliseconds', withOther({}, { use_time_ms: 1500 }), ['07:00:00.500', '07:00:01.350', '07:00:02.000']],
    [
      "are the log's where the line has none",
      record(line(PARAMS, '')),
      ['07:00:03.000', '07:00:03.850', '07:00:05.000'],
    ],
    [
      'are those of the fields where a log agent read them',
      { msg: line(PARAMS, ''), time: '2026-11-21T08:00:02Z', level: 'INFO' },
      ['08:00:00.000', '08:00:00.850', '08:00:02.000'],
    ],
  ])('%s', (_claim, flat, [start, first, end]) => {
    expect(iso(flat)).toEqual([start, first === '' ? '00:00:00.000' : first, end]);
  });

  it('are in the zone of the options', () => {
    expect(callOf(record(), 'UTC').observation.endTime).toBe(Date.parse('2026-11-21T15:00:02Z'));
  });

  it('that are none make it unreadable', () => {
    expect(read({ content: line(PARAMS, '') })).toMatchObject({ kind: 'reject', why: { why: 'unreadable' } });
  });
});

describe('the level', () => {
  it('of a stream that broke is a warning', () => {
    const broken = { status: 'error', end_reason: 'client_gone', end_error: 'context canceled', error_count: 1 };
    expect(call(withOther({ stream_status: broken })).observation).toMatchObject({
      level: 'WARNING',
      statusMessage: 'stream · client_gone · context canceled',
    });
  });

  it('of a stream that ended well is none', () => {
    const { observation } = call(withOther({ stream_status: { status: 'ok', end_reason: 'done' } }));
    expect([observation.level, observation.statusMessage]).toEqual(['DEFAULT', undefined]);
  });
});

describe('an error log', () => {
  const ERROR = `${HEAD}record error log: userId=42, channelId=3, modelName=qwen-plus, tokenName=shop-bot, content=`;

  it('is a failed call', () => {
    expect(plain(call(record(`${ERROR}status_code=429, slow down, a=b, please `)))).toEqual({
      trace: {
        id: call(record()).trace.id,
        name: 'ai-gateway',
        userId: '42',
        tags: ['new-api'],
        metadata: { request_id: ID, channel_id: '3', token_name: 'shop-bot' },
      },
      observation: {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        type: 'generation',
        name: 'ai-gateway',
        model: 'qwen-plus',
        level: 'ERROR',
        statusMessage: 'HTTP 429 · slow down, a=b, please',
        startTime: Date.parse('2026-11-21T07:00:02.000Z'),
        endTime: Date.parse('2026-11-21T07:00:02.000Z'),
      },
    });
    expect(read(record(`${ERROR}status_code=429, x`))).toMatchObject({ facets: { status: 429 } });
  });

  it.each([
    ['no status', 'bad response', 'bad response'],
    ['a status alone', 'status_code=503', 'HTTP 503'],
    ['nothing', '', 'failed'],
    ['a key', 'bad key sk-abcdefghijklmnop1234', 'bad key [left out]'],
  ])('with %s says what it can', (_what, content, statusMessage) => {
    expect(call(record(ERROR + content)).observation).toMatchObject({ level: 'ERROR', statusMessage });
  });

  it('of a model that is unknown is a failed call', () => {
    const { observation } = call(record(ERROR.replace('qwen-plus', '')));
    expect(observation.level).toBe('ERROR');
    expect(observation).not.toHaveProperty('model');
  });
});

describe('a consume log of plain pairs', () => {
  const OLD = 'userId=42, channelId=3, promptTokens=60, completionTokens=12, modelName=m, tokenName=bot, quota=27';

  it.each([
    ['', {}],
    [', content=ratio 0.25, group=1', { content: 'ratio 0.25, group=1' }],
  ])('is a call (%j)', (content, metadata) => {
    const { trace, observation } = call(record(`${HEAD}record consume log: ${OLD}${content}`));
    expect(observation).toMatchObject({ model: 'm', usageDetails: { input: 60, output: 12, total: 72 } });
    expect({ ...trace.metadata }).toEqual({
      request_id: ID,
      channel_id: '3',
      token_name: 'bot',
      quota: '27',
      ...metadata,
    });
  });
});

describe('a cut consume log', () => {
  const whole = line().trim();
  const params = whole.indexOf('params=') + 'params='.length;

  it('is never skipped, and never shows half a name', () => {
    for (let at = params; at < whole.length; at++) {
      const reading = read(record(whole.slice(0, at)));
      expect(reading.kind).not.toBe('skip');
      if (reading.kind !== 'call') continue;
      const { observation, trace } = reading.call;
      expect(observation.level).toBe('WARNING');
      expect([undefined, 'qwen-plus']).toContain(observation.model);
      expect([undefined, 'shop-bot']).toContain(trace.metadata.token_name);
      // 40 of them were cached, which is known once `other` is whole.
      expect([undefined, 60, 40]).toContain(observation.usageDetails?.input);
      expect(trace.id).toBe(call(record()).trace.id);
    }
  });

  it('shows what stands before the cut, and its text', () => {
    const { trace, observation } = call(record(whole.slice(0, whole.indexOf('"quota"'))));
    expect(observation).toMatchObject({ model: 'qwen-plus', usageDetails: { input: 60, output: 12 } });
    expect(observation.statusMessage).toBe('the line is cut: what could be read is shown');
    expect(trace).toMatchObject({ userId: '42', metadata: { params_raw: expect.stringContaining('"shop-bot"') } });
  });

  it('of which nothing is left is unreadable', () => {
    expect(read(record(whole.slice(0, params + 9)))).toMatchObject({ kind: 'reject', why: { why: 'unreadable' } });
  });
});

describe('what is no consume log', () => {
  const UNPARSABLE: Reading = { kind: 'skip', reason: 'unparsable' };

  it.each([
    ["one-api's struct", `${HEAD}record consume log: &{Id:0 UserId:42 ModelName:m Content:a=b, Quota:1}`],
    ['another line', `[GIN] 2026/11/21 - 15:00:02 | relay | ${ID} | 200 | 2.0s | 10.0.0.9 | POST /v1/chat/completions`],
    ['a line of the system', '[SYS] 2026/11/21 - 15:00:02 | New API ready'],
    ['a text that speaks of one', 'he said: record consume log: userId=1, modelName=m'],
    ['one without values', `${HEAD}record consume log: `],
    ['one of an empty object', `${HEAD}record consume log: userId=1, params={}`],
  ])('is unparsable: %s', (_what, content) => {
    expect(read(record(content))).toEqual(UNPARSABLE);
  });
});

describe('ids', () => {
  const ids = (flat: Flat) => [call(flat).trace.id, call(flat).observation.id];

  it('of two lines of one request are one trace and two observations', () => {
    const [trace, first] = ids(record());
    const [same, second] = ids(withOther({}, { quota: 28 }));
    expect(same).toBe(trace);
    expect(second).not.toBe(first);
  });

  it('do not depend on when the log was stored', () => {
    expect(ids({ ...record(), __time__: '1795244499' })).toEqual(ids(record()));
  });

  it.each([`[SYS] 2026/11/21 - 15:00:02 | `, `[INFO] 2026/11/21 - 15:00:02 | SYSTEM | `])(
    'of lines without a request differ by their place in the file (%s)',
    (head) => {
      const [first, second] = ['1', '2'].map((offset) => ids(record(line(PARAMS, head), { __file_offset__: offset })));
      expect([first?.[0] === second?.[0], first?.[1] === second?.[1]]).toEqual([false, false]);
    },
  );
});

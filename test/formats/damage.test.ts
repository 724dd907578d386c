import { describe, expect, it } from 'vitest';
import { aiLine, callOf, type Flat, line, readFlat } from './lines.ts';

const AI_LOG = {
  answer: 'It is on "the way", }, to you.',
  api: 'qwen@chat',
  chat_id: 'chatcmpl-1',
  consumer: 'shop',
  input_token: 1234,
  input_token_details: { cached_tokens: 200 },
  messages: [
    { role: 'user', content: 'Where is {"my": "order"}?' },
    { role: 'assistant', tool_calls: [{ id: 'old', function: { name: 'track', arguments: '{"model":"decoy"}' } }] },
  ],
  model: 'qwen-max',
  output_token: 56,
  question: 'Where, say?',
  session_id: 's-77',
  tool_calls: [{ id: 'new', function: { name: 'tell', arguments: '{}' } }],
  total_token: 1290,
};
const TEXT = JSON.stringify(AI_LOG);
const WHOLE = callOf(aiLine(TEXT));

describe('an ai_log', () => {
  it.each([
    ['as an object', AI_LOG],
    ['as text', TEXT],
    ['escaped once more', JSON.stringify(TEXT)],
    ['escaped twice more', JSON.stringify(JSON.stringify(TEXT))],
    ['escaped once more, without quotes around it', JSON.stringify(TEXT).slice(1, -1)],
    ['escaped twice more, without quotes around it', JSON.stringify(JSON.stringify(TEXT).slice(1, -1)).slice(1, -1)],
    ['with spaces around it', `  ${TEXT}\n`],
  ])('%s is the same call', (_how, aiLog) => {
    expect(callOf(line({ ai_log: aiLog }))).toEqual(WHOLE);
  });

  it.each([
    ['a plain text', 'model:qwen'],
    ['Go text', 'map[model:qwen question:hi]'],
    ['a list', '[1,2]'],
    ['escaped too often', [0, 1, 2, 3].reduce((text) => JSON.stringify(text), '{"x":1}')],
  ])('that is %s is kept raw, in a call with a warning', (_what, text) => {
    const { trace, observation } = callOf(aiLine(text));
    expect(trace.metadata.ai_log_raw).toBe(text);
    expect(observation).toMatchObject({ level: 'WARNING', statusMessage: expect.stringContaining('damaged') });
  });
});

describe('a cut ai_log', () => {
  const positions = Array.from({ length: TEXT.length - 2 }, (_, i) => i + 2);

  it('is a call with the same ids, its raw text and a warning, wherever it is cut', () => {
    for (const at of positions) {
      const { trace, observation } = callOf(aiLine(TEXT.slice(0, at)));
      expect(trace.id).toBe(WHOLE.trace.id);
      expect(trace.metadata.ai_log_raw).toBe(TEXT.slice(0, at));
      expect(observation.level).toBe('WARNING');
    }
  });

  it.each(['plain', 'escaped'])(
    'never shows half an id, name or number, and no key from inside a value (%s)',
    (how) => {
      for (const at of positions) {
        const cut = TEXT.slice(0, at);
        const { trace, observation } = callOf(aiLine(how === 'plain' ? cut : JSON.stringify(cut).slice(1, -1)));
        expect([undefined, 'qwen-max']).toContain(observation.model);
        expect([undefined, 's-77']).toContain(trace.sessionId);
        expect([undefined, 'shop']).toContain(trace.userId);
        expect([undefined, 'chatcmpl-1']).toContain(trace.metadata.chat_id);
        expect(observation.usageDetails ?? {}).toSatisfy((usage) => [undefined, 56].includes(usage.output));
        expect(JSON.stringify(observation.output ?? '')).not.toContain('old');
      }
    },
  );

  it('keeps every value that stands before the cut', () => {
    const cut = TEXT.slice(0, TEXT.indexOf('"tool_calls":[{"id":"new"') + 30);
    const { trace, observation } = callOf(aiLine(cut));
    expect(trace).toMatchObject({ sessionId: 's-77', userId: 'shop' });
    expect(observation).toMatchObject({
      model: 'qwen-max',
      input: AI_LOG.messages,
      output: { content: AI_LOG.answer, tool_calls: '[{"id":"new","fun' },
      usageDetails: { input: 1034, input_cached_tokens: 200, output: 56, total: 1290 },
    });
  });

  it('shows the part of a text that is there', () => {
    expect(callOf(aiLine('{"model":"m","answer":"1. Clean\\n2. Coo')).observation).toMatchObject({
      model: 'm',
      output: '1. Clean\n2. Coo',
    });
  });
});

describe('a line in one field', () => {
  const whole: Flat = { ...aiLine(TEXT) };
  const { __time__, __source__, ...fields } = whole;
  const text = JSON.stringify(fields);
  const wrap = (content: string, over: Flat = {}): Flat => ({ content, __time__: __time__ ?? '', ...over });

  it.each([
    ['bare', wrap(text)],
    ['behind a container prefix', wrap(`2026-11-21T07:00:02.117203311Z stdout F ${text}`)],
    ['behind a prefix with a zone and from standard error', wrap(`2026-11-21T15:00:02.1+08:00 stderr F ${text}\n`)],
    ['in the field message', { message: text, __time__: '1795244402' }],
    [
      'beside fields of the log agent',
      wrap(text, { _time_: '2026', _source_: 'stdout', _container_name_: 'c', _image_name_: 'i', _pod_uid_: 'p' }),
    ],
  ])('%s is read', (_how, record) => {
    expect(callOf(record)).toEqual(WHOLE);
  });

  it.each([
    [
      'the second half of a split line',
      '2026-11-21T07:00:02.1Z stdout F the fox\\",\\"consumer\\":\\"sh","path":"/v1"}',
    ],
    ['a second half that names tokens', '2026-11-21T07:00:02.1Z stdout F x\\",\\"input_token\\":12}","path":"/v1"}'],
    ['a text', 'the server has started'],
    ['nothing', ' '],
  ])('that is %s is unparsable', (_what, content) => {
    expect(readFlat(wrap(content))).toEqual({ kind: 'skip', reason: 'unparsable' });
  });

  it('of which a container runtime kept the first half is a damaged call', () => {
    const half = `2026-11-21T07:00:02.1Z stdout P ${text.slice(0, text.indexOf('qwen-max') + 30)}`;
    const { trace, observation } = callOf(wrap(half));
    expect(trace.id).toBe(WHOLE.trace.id);
    expect(observation).toMatchObject({ model: 'qwen-max', output: AI_LOG.answer, level: 'WARNING' });
  });

  it('with a quote that nobody escaped is a damaged call with the fields around it', () => {
    const broken = text.replace('"duration"', '"user_agent":"my "own" agent","duration"');
    const { trace, observation } = callOf(wrap(broken));
    expect(trace.metadata).toMatchObject({ user_agent: 'my "own" agent', ai_log_raw: broken });
    expect({ ...observation, level: 'DEFAULT', statusMessage: undefined }).toMatchObject({
      id: WHOLE.observation.id,
      input: AI_LOG.messages,
      startTime: WHOLE.observation.startTime,
    });
  });

  it('as the console renders it is a call', () => {
    const shown =
      'ai_log:{"question":"2**3?","answer":"8\n\n```python\nx\n```","model":"qwen-max","output_token":"76"}';
    expect(callOf(wrap(shown)).observation).toMatchObject({
      input: '2**3?',
      model: 'qwen-max',
      output: '8\n\n```python\nx\n```',
    });
  });

  it('that names an ai_log of which nothing is left is unreadable', () => {
    const reading = readFlat(wrap('2026-11-21T07:01:12.5Z stdout F {"ai_log": "\\u0000\\u0000\\u0000'));
    expect(reading).toMatchObject({ kind: 'reject', why: { why: 'unreadable' } });
    expect(readFlat(wrap('x ai_log: y'))).toMatchObject({ kind: 'reject', why: { why: 'unreadable' } });
  });
});

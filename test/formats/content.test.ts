import { describe, expect, it } from 'vitest';
import { captured } from '../../lib/view/capture.ts';
import { aiLine, callOf, line, readFlat, without } from './lines.ts';

const REQUEST = {
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'hi' }],
  temperature: 0.2,
  max_tokens: 64,
  stream: false,
  metadata: { a: 1 },
};
const RESPONSE = {
  model: 'gpt-4o-2026-08-06',
  choices: [{ message: { role: 'assistant', content: 'hello' } }],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } },
};
const BODIES = { request_body: JSON.stringify(REQUEST), response_body: JSON.stringify(RESPONSE) };

describe('bodies that the gateway logs', () => {
  it('stand in for what ai_log does not tell', () => {
    expect(callOf(aiLine({ api: 'a@b', response_type: 'normal' }, BODIES)).observation).toMatchObject({
      model: 'gpt-4o-2026-08-06',
      modelParameters: { temperature: 0.2, max_tokens: 64, stream: false },
      input: REQUEST.messages,
      output: { role: 'assistant', content: 'hello' },
      usageDetails: { input: 5, input_cached_tokens: 4, output: 3, total: 12 },
    });
  });

  it('make a call of a line on an LLM path without any ai_log', () => {
    expect(callOf(line(BODIES)).observation).toMatchObject({ input: REQUEST.messages, level: 'DEFAULT' });
  });

  it('make none of a line on another path', () => {
    expect(readFlat(line({ ...BODIES, path: '/api/users' }))).toEqual({ kind: 'skip', reason: 'non_ai' });
  });

  it('that tell of an error are quoted in metadata, and not where they are not to be captured', () => {
    const response_body = JSON.stringify({ error: { code: 'rate_limit_exceeded', message: 'Too many tokens' } });
    const call = callOf(line({ ...BODIES, response_body, response_code: '429' }));
    expect(call.trace.metadata).toMatchObject({ response_error: 'rate_limit_exceeded: Too many tokens' });
    expect(captured(call, 'false').trace.metadata).not.toHaveProperty('response_error');
    expect(callOf(line(BODIES)).trace.metadata).not.toHaveProperty('response_error');
  });

  it('give way to ai_log', () => {
    expect(
      callOf(aiLine({ model: 'm', question: 'q', answer: 'a', input_token: 1 }, BODIES)).observation,
    ).toMatchObject({
      model: 'm',
      input: 'q',
      output: 'a',
      usageDetails: { input: 1 },
    });
  });

  it.each([
    ['tools beside messages', { messages: [1], tools: [2] }, { messages: [1], tools: [2] }],
    ['a prompt', { prompt: 'p' }, 'p'],
    ['an input', { input: ['a', 'b'] }, ['a', 'b']],
    ['contents', { contents: [{ parts: [] }] }, [{ parts: [] }]],
    ['anything else, without its keys', { q: 'x', api_key: 'sk-1' }, { q: 'x' }],
    ['a text', 'not JSON', 'not JSON'],
  ])('may hold %s', (_what, body, input) => {
    const request_body = typeof body === 'string' ? body : JSON.stringify(body);
    expect(callOf(aiLine({ model: 'm' }, { request_body })).observation.input).toEqual(input);
  });
});

describe('content', () => {
  it.each([
    ['a dash inside of a text', 'a - b'],
    ['a replacement character', 'a \ufffd b'],
    ['a lone surrogate', 'a \ud83d b'],
    ['a number that no double holds, in JSON text', '{"order_id":1234567890123456789}'],
    ['text that only looks like JSON', '{not json'],
  ])('keeps %s', (_what, question) => {
    expect(callOf(aiLine({ question, answer: question })).observation).toMatchObject({
      input: question,
      output: question,
    });
  });

  it('in which an object nests absurdly deep is kept as text, beside what else the ai_log tells', () => {
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    const { trace, observation } = callOf(aiLine(`{"model":"m","question":${deep},"output_token":3}`));
    expect(observation).toMatchObject({ model: 'm', input: deep, usageDetails: { output: 3 }, level: 'WARNING' });
    expect(JSON.stringify(trace.metadata)).toContain('{\\"a\\":');
  });

  it('in keys that objects inherit is data', () => {
    const { trace } = callOf(aiLine('{"model":"m","__proto__":{"polluted":true},"constructor":"c"}'));
    expect(JSON.parse(JSON.stringify(trace.metadata))).toMatchObject({ constructor: 'c' });
    expect(Object.keys(trace.metadata)).toContain('__proto__');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('metadata', () => {
  it('holds what has no place elsewhere, the tags of the record, and nothing twice', () => {
    const record = aiLine(
      { model: 'm', question: 'q', chat_id: 'c', safecheck_riskLabel: 'x', session_id: 's' },
      { trace_id: 'order-17', '__tag__:_cluster_id_': 'c-1', '__tag__:__receive_time__': '9', user_agent: '-' },
    );
    const { trace } = callOf(without(record, 'authority'));
    expect({ ...trace.metadata }).toEqual({
      _cluster_id_: 'c-1',
      chat_id: 'c',
      duration: '2000',
      method: 'POST',
      path: '/v1/chat/completions',
      request_id: '11111111-2222-4333-8444-555555555555',
      response_code: '200',
      response_code_details: 'via_upstream',
      route_name: 'chat',
      safecheck_riskLabel: 'x',
      start_time: '2026-11-21T07:00:00.000Z',
      trace_id: 'order-17',
      upstream_cluster: 'outbound|443||qwen.dns',
    });
  });

  it('says when a call starts long after its own log', () => {
    const { trace, observation } = callOf(aiLine({ model: 'm' }, { start_time: '2030-01-01T00:00:00Z' }));
    expect(observation.startTime).toBe(Date.UTC(2030, 0, 1));
    expect(trace.metadata.starts_after_its_log_ms).toBe(Date.UTC(2030, 0, 1) - 1_795_244_402_000);
  });
});

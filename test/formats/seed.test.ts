import { describe, expect, it } from 'vitest';
import { callOf, type Flat, without } from './lines.ts';

const SEED: Flat = {
  trace_id: 't-1',
  question: 'hi',
  answer: 'hello',
  ai_log: '{"model_name":"qwen-max","usage":{"total_tokens":30}}',
  response_code: '200',
  duration: '1200',
  __time__: '1795244400',
};

describe('the seed record', () => {
  it('comes out as its worked example says', () => {
    const { trace, observation } = callOf(SEED);
    expect({ ...trace, metadata: { ...trace.metadata } }).toEqual({
      id: '46e9bc3476c92ea24fb17adac6cd9cda',
      name: 'ai-gateway',
      tags: ['seed'],
      metadata: { trace_id: 't-1', response_code: '200', duration: '1200', model_name: 'qwen-max' },
    });
    expect(observation).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      type: 'generation',
      name: 'ai-gateway',
      model: 'qwen-max',
      input: 'hi',
      output: 'hello',
      usageDetails: { total: 30 },
      level: 'DEFAULT',
      startTime: Date.parse('2026-11-21T06:59:58.800Z'),
      endTime: Date.parse('2026-11-21T07:00:00.000Z'),
    });
  });

  it.each<[string, Flat]>([
    ['an ai_log as an object', { ai_log: { model_name: 'qwen-max', usage: { total_tokens: 30 } } }],
    ['numbers as numbers', { response_code: 200, duration: 1200, __time__: 1795244400 }],
    ['its usage as text', { ai_log: '{"model_name":"qwen-max","usage":"{\\"total_tokens\\":30}"}' }],
    ['an ai_log escaped once more', { ai_log: JSON.stringify(SEED.ai_log) }],
  ])('with %s is the same call', (_how, over) => {
    expect(callOf({ ...SEED, ...over })).toEqual(callOf(SEED));
  });

  it.each<[string, Flat]>([
    ['trace_id', { trace_id: 't-2' }],
    ['question', { question: 'hi!' }],
    ['answer', { answer: 'hello!' }],
    ['model', { ai_log: '{"model_name":"qwen-plus","usage":{"total_tokens":30}}' }],
    ['second', { __time__: '1795244401' }],
    ['part of the second', { __time_ns_part__: '1' }],
    ['duration', { duration: '1201' }],
    ['status', { response_code: '500' }],
  ])('with another %s is another observation', (_what, over) => {
    expect(callOf({ ...SEED, ...over }).observation.id).not.toBe(callOf(SEED).observation.id);
  });

  it('with status 400 or more is an error', () => {
    expect(callOf({ ...SEED, response_code: '500' }).observation).toMatchObject({
      level: 'ERROR',
      statusMessage: 'HTTP 500',
    });
  });

  it('without a trace id has the trace of its content', () => {
    const first = callOf(without(SEED, 'trace_id')).trace.id;
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(callOf(without({ ...SEED, question: 'ho' }, 'trace_id')).trace.id).not.toBe(first);
  });

  it('may hold a list of messages as its question', () => {
    const messages = [{ role: 'user', content: 'hi' }];
    expect(callOf({ ...SEED, question: JSON.stringify(messages) }).observation.input).toEqual(messages);
  });
});

import { describe, expect, it } from 'vitest';
import { InvocationError } from '../lib/errors.ts';
import { parseTrigger } from '../lib/trigger.ts';

const SOURCE = {
  endpoint: 'http://cn-shanghai-intranet.log.aliyuncs.com',
  projectName: 'log-com',
  logstoreName: 'log-en',
  shardId: 0,
  beginCursor: 'MTUyOTQ4MDIwOTY1NTk3ODQ2Mw==',
  endCursor: 'MTUyOTQ4MDIwOTY1NTk3ODQ2NA==',
};
const RANGE = {
  endpoint: SOURCE.endpoint,
  project: 'log-com',
  logstore: 'log-en',
  shard: 0,
  begin: SOURCE.beginCursor,
  end: SOURCE.endCursor,
};

const parse = (event: unknown) => parseTrigger(Buffer.from(JSON.stringify(event)));

function refusal(event: Uint8Array): InvocationError {
  try {
    parseTrigger(event);
  } catch (error) {
    if (error instanceof InvocationError) return error;
  }
  throw new Error('the event was not refused');
}

describe('parseTrigger', () => {
  it('reads the documented event', () => {
    const event = { parameter: {}, source: SOURCE, jobName: 'j', taskId: 't', cursorTime: 1529486425 };
    expect(parse(event)).toEqual({ range: RANGE, cursorTime: 1529486425, job: 'j' });
  });

  it.each([
    ['a shard id in digits', { ...SOURCE, shardId: '12' }, { ...RANGE, shard: 12 }],
    ['extra keys', { ...SOURCE, more: { deep: true } }, RANGE],
  ])('takes %s', (_, source, range) => {
    expect(parse({ source, other: 1 })).toEqual({ range });
  });

  it.each([
    ['missing', undefined, undefined],
    ['digits', '1529486425', 1529486425],
    ['no number', 'yesterday', undefined],
    ['negative', -1, undefined],
    ['null', null, undefined],
    ['empty', '', undefined],
    ['blank', ' ', undefined],
    ['endless', 'Infinity', undefined],
    ['0', 0, 0],
  ])('takes a cursorTime that is %s', (_, cursorTime, expected) => {
    expect(parse({ source: SOURCE, cursorTime }).cursorTime).toBe(expected);
  });

  it.each([[undefined], [7], [null], [{}]])('takes the job name %j for none', (jobName) => {
    expect(parse({ source: SOURCE, jobName })).toEqual({ range: RANGE });
  });

  it.each([
    ['text', 'hello secret-text'],
    ['nothing', ''],
    ['half an event', '{"source":{"endpoint":"secret-text'],
  ])('refuses %s as not JSON, without quoting it', (_, text) => {
    const error = refusal(Buffer.from(text));
    expect(error.code).toBe('event');
    expect(error.message).toContain('it is not JSON');
    expect(error.message).not.toContain('secret-text');
  });

  it.each([[null], [[]], ['text'], [7], [{}], [{ source: null }]])('refuses the JSON %j', (event) => {
    expect(refusal(Buffer.from(JSON.stringify(event))).message).toContain('not one of an SLS trigger');
  });

  it('names every field that is missing, and the next step', () => {
    const { beginCursor: _b, endCursor: _e, ...source } = SOURCE;
    const { message } = refusal(Buffer.from(JSON.stringify({ source })));
    expect(message).toContain('source.beginCursor');
    expect(message).toContain('source.endCursor');
    expect(message).toContain('Bind the function to an SLS (log) trigger');
    expect(message).not.toContain('source.endpoint:');
  });

  it.each([[null], [''], [' '], [true], [[]], [-1], [1.5], ['0x1'], ['1e1'], ['a'], [{}]])(
    'refuses the shard id %j: a wrong shard must not be read instead',
    (shardId) => {
      expect(refusal(Buffer.from(JSON.stringify({ source: { ...SOURCE, shardId } }))).message).toContain(
        'source.shardId',
      );
    },
  );
});

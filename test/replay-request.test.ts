import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvocationError } from '../lib/errors.ts';
import { parseReplayRequest } from '../lib/replay-request.ts';

const timer = (payload?: unknown) =>
  JSON.stringify({
    triggerTime: '2026-11-21T07:00:00Z',
    triggerName: 'replay',
    ...(payload !== undefined && { payload }),
  });

describe('a replay is asked for', () => {
  it.each([
    ['by an empty event', '', {}],
    ['by white space', ' \n', {}],
    ['by an empty object', '{}', {}],
    ['by a request', '{"prefix":"a/b","limit":5,"dryRun":true}', { prefix: 'a/b', limit: 5, dryRun: true }],
    ['by a timer without a payload', timer(), {}],
    ['by a timer with an empty payload', timer(''), {}],
    ['by a timer with a request', timer('{"limit":50}'), { limit: 50 }],
  ])('%s', (_, event, expected) => {
    expect(parseReplayRequest(Buffer.from(event))).toEqual(expected);
  });

  it.each([
    ['no JSON', '{"limit":', 'it is not JSON'],
    ['a list', '[]', 'event: '],
    ['null', 'null', 'event: '],
    ['a limit of none', '{"limit":0}', 'limit: '],
    ['a limit of a half', '{"limit":1.5}', 'limit: '],
    ['a limit in words', '{"limit":"5"}', 'limit: '],
    ['a mistyped name', '{"dryrun":true}', 'dryrun'],
    ['the event of another trigger', '{"source":{"projectName":"p"}}', 'source'],
    ['a timer whose payload is no JSON', timer('replay'), 'it is not JSON'],
    ['a timer whose payload is no request', timer('{"max":1}'), 'max'],
  ])('not by %s: the error names it and shows an example', (_, event, expected) => {
    expect(() => parseReplayRequest(Buffer.from(event))).toThrow(InvocationError);
    expect(() => parseReplayRequest(Buffer.from(event))).toThrow(expected);
    expect(() => parseReplayRequest(Buffer.from(event))).toThrow('"dryRun": true');
  });

  it('or refused with an InvocationError, whatever the event is', () => {
    const event = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(event, (text) => {
        try {
          const request = parseReplayRequest(Buffer.from(text));
          expect(Object.keys(request).every((key) => ['prefix', 'limit', 'dryRun'].includes(key))).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'event' });
        }
      }),
    );
  });
});

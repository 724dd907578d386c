import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { decodeLetters } from '../../lib/letters/decode.ts';

const AT = '2026-11-21T07:00:00.000Z';
const common = { v: 1, message: 'm', requestId: 'r', replays: 0, firstFailedAt: AT, lastFailedAt: AT };
const place = { project: 'p', logstore: 'l', shard: 0 };
const record = { ...common, kind: 'record', why: 'refused', attempts: 1, origin: place, record: { a: 'b' } };
const range = { ...common, kind: 'range', why: 'pull', range: { ...place, endpoint: 'e', begin: 'b', end: 'e' } };
const lines = (...values: unknown[]) => gzipSync(values.map((value) => `${JSON.stringify(value)}\n`).join(''));

it('reads both kinds of letters', () => {
  const [first, second] = decodeLetters(lines(record, range));
  expect(first).toMatchObject({ kind: 'record', rejection: { why: 'refused', attempts: 1 }, origin: place });
  expect(first).not.toHaveProperty('rejection.status');
  expect(second).toMatchObject({ kind: 'range', reason: 'pull', range: range.range });
});

it('reads the identity of a call, and where it belongs only if the letter says so', () => {
  const identity = { traceId: 'a'.repeat(32), observationId: 'b'.repeat(16) };
  const [plain, routed] = decodeLetters(
    lines({ ...record, identity }, { ...record, identity: { ...identity, destination: 'team' } }),
  );
  expect(plain).toMatchObject({ identity });
  expect(plain).not.toHaveProperty('identity.destination');
  expect(routed).toMatchObject({ identity: { ...identity, destination: 'team' } });
});

it.each([
  ['another version', { ...record, v: 2 }, /Line 2 is no letter of version 1: v: /],
  ['a reason that is none', { ...record, why: 'tired' }, /Line 2 is no letter of version 1: why: /],
  ['no place', { ...record, origin: { ...place, project: 5 } }, /Line 2 is no letter of version 1: origin\.project: /],
  ['a range without its end', { ...range, range: { ...range.range, end: undefined } }, /range\.end: /],
  ['a kind that is none', { ...record, kind: 'postcard' }, /Line 2 is no letter of version 1/],
])('refuses a line with %s, and says which and where', (_, line, message) => {
  expect(() => decodeLetters(lines(record, line))).toThrow(message);
});

it('names every fault of a line', () => {
  const line = { ...range, message: 5, replays: 'none' };
  expect(() => decodeLetters(lines(line))).toThrow(/version 1: message: .+; replays: /);
});

it('refuses a line that is no JSON without quoting it', () => {
  const body = gzipSync(`${JSON.stringify(record)}\n{"private question`);
  expect(() => decodeLetters(body)).toThrow('Line 2 is no letter of version 1: it is not JSON');
  expect(() => decodeLetters(body)).not.toThrow(/private/);
});

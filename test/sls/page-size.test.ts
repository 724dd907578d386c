import { expect, it } from 'vitest';
import { countAfter } from '../../lib/sls/page-size.ts';
import type { Fault } from '../stand-ins/sls.ts';
import { collect, numbered, world } from './world.ts';

const MB = 1024 * 1024;

it.each([
  ['as many as there can be of small ones', 100, { groups: 100, bytes: 20_000 }, 1000],
  ['as many as make 4 MB', 100, { groups: 100, bytes: 16 * MB }, 25],
  ['one by one of huge ones', 100, { groups: 4, bytes: 40 * MB }, 1],
  ['as before when the page was empty', 37, { groups: 0, bytes: 0 }, 37],
])('asks for log groups %s', (_, count, size, expected) => {
  expect(countAfter(count, size)).toBe(expected);
});

it('learns the size of log groups from the page before', async () => {
  const logs = [{ time: 1000, fields: { text: 'x'.repeat(1.5 * MB) } }];
  const { sls, pull } = await world({ groups: Array.from({ length: 9 }, () => ({ logs })), groupsPerPage: 3 });
  await collect(pull());
  expect(sls.requests.map(({ query }) => query.get('count'))).toEqual(['100', '2', '2', '2']);
});

it('asks for fewer log groups when a page is larger than memory allows, and loses none', async () => {
  const { sls, pull } = await world({ groups: numbered(40), groupsPerPage: 1000 });
  const tooLarge: Fault = { kind: 'headers', set: { 'x-log-bodyrawsize': String(100 * MB) } };
  sls.faults = [tooLarge];
  const pages = await collect(pull());
  expect(pages.flatMap((page) => ('records' in page ? [...page.records] : []))).toHaveLength(40);
  expect(sls.requests.map(({ query }) => Number(query.get('count')))).toEqual([100, 1, 1000]);
});

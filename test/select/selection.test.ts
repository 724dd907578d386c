import { describe, expect, it } from 'vitest';
import { parseConditions } from '../../lib/select/conditions.ts';
import { keeps } from '../../lib/select/sample.ts';
import { leftOut, type Selection } from '../../lib/select/selection.ts';
import type { Level } from '../../lib/types.ts';
import { callOf } from '../support/calls.ts';
import { CALL, FACETS } from './facts.ts';

const ALL: Selection = { sampleRate: 1, sampleErrors: false };
const NONE: Selection = { sampleRate: 0, sampleErrors: false };

function on(text: string) {
  const parsed = parseConditions(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.conditions;
}

const ended = (level: Level, tags: string[] = []) => callOf(1, { trace: { tags }, observation: { level } });

describe('a selection', () => {
  it.each([
    ['leaves nothing out when it asks for nothing', ALL, undefined],
    ['leaves out what does not meet all it includes', { ...ALL, include: on('route=chat-*; model=x') }, 'not_included'],
    ['keeps what meets all it includes', { ...ALL, include: on('route=chat-*; model=qwen-*') }, undefined],
    ['leaves out what meets any of what it excludes', { ...ALL, exclude: on('route=x; model=qwen-*') }, 'excluded'],
    ['keeps what meets nothing of what it excludes', { ...ALL, exclude: on('route=x; model=x') }, undefined],
    [
      'leaves out what is included and excluded',
      { ...ALL, include: on('route=*'), exclude: on('model=*') },
      'excluded',
    ],
    ['samples last', { ...NONE, include: on('model=x'), exclude: on('model=*') }, 'not_included'],
    ['samples what is left', { ...NONE, include: on('route=*'), exclude: on('model=x') }, 'sampled_out'],
  ] as const)('%s', (_claim, selection, expected) => {
    expect(leftOut(CALL, FACETS, selection)).toBe(expected);
  });

  it.each([
    ['ERROR', [], undefined],
    ['WARNING', ['fallback'], undefined],
    ['WARNING', ['chat'], 'sampled_out'],
    ['DEFAULT', ['fallback'], 'sampled_out'],
    ['DEFAULT', [], 'sampled_out'],
  ] as const)('samples a call of level %s with the tags %j: %s', (level, tags, expected) => {
    expect(leftOut(ended(level, [...tags]), FACETS, NONE)).toBe(expected);
    expect(leftOut(ended(level, [...tags]), FACETS, { ...NONE, sampleErrors: true })).toBe('sampled_out');
  });

  it('does not let an error in that is excluded', () => {
    expect(leftOut(ended('ERROR'), FACETS, { ...ALL, exclude: on('level=ERROR') })).toBe('excluded');
    expect(leftOut(ended('ERROR'), FACETS, { ...ALL, include: on('route=x') })).toBe('not_included');
  });

  it('samples by the trace, so that its calls stay together', () => {
    for (let n = 0; n < 100; n++) {
      const call = callOf(n);
      const expected = keeps(call.trace.id, 0.5) ? undefined : 'sampled_out';
      expect(leftOut(call, FACETS, { sampleRate: 0.5, sampleErrors: true })).toBe(expected);
    }
  });
});

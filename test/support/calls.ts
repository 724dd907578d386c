import { hash32 } from '../../lib/identity.ts';
import type { LlmCall, Observation, Trace } from '../../lib/types.ts';
import { NOON } from './clock.ts';

interface Changes {
  readonly trace?: Partial<Trace>;
  readonly observation?: Partial<Observation>;
}

/** The n-th call: its own trace and observation, a second after the one before. */
export function callOf(n: number, { trace, observation }: Changes = {}): LlmCall {
  const startTime = NOON + n * 1000;
  return {
    trace: { id: hash32(`trace ${n}`), name: 'chat', tags: ['test'], metadata: { n }, ...trace },
    observation: {
      id: hash32(`observation ${n}`).slice(0, 16),
      type: 'generation',
      name: 'chat',
      input: `question ${n}`,
      output: `answer ${n}`,
      level: 'DEFAULT',
      startTime,
      endTime: startTime + 500,
      ...observation,
    },
  };
}

export function callsOf(count: number, from = 0): LlmCall[] {
  return Array.from({ length: count }, (_, i) => callOf(from + i));
}

/** A call that has every field. */
export const FULL: LlmCall = {
  trace: {
    id: '4bf92f3577b34da6a3ce929d0e0e4736',
    name: 'ai-gateway',
    userId: 'user-1',
    sessionId: 'session-1',
    tags: ['higress', 'route-a'],
    metadata: { route: 'route-a', retries: 2, streamed: true, nested: { a: [1, 'b'] } },
  },
  observation: {
    id: '00f067aa0ba902b7',
    parentId: '00f067aa0ba90200',
    type: 'generation',
    name: 'qwen-max',
    model: 'qwen-max',
    modelParameters: { temperature: 0.5, stop: ['a', 'b'], tools: [{ name: 't' }] },
    input: [{ role: 'user', content: '你好 \u{1f600}' }],
    output: { role: 'assistant', content: 'hello' },
    usageDetails: { input: 60, input_cached_tokens: 40, output: 50, total: 150 },
    costDetails: { input: 0.001, output: 0.002, total: 0.003 },
    level: 'ERROR',
    statusMessage: 'HTTP 429',
    startTime: NOON + 120,
    endTime: NOON + 1900,
    completionStartTime: NOON + 620,
  },
};

import type { Facets, LlmCall } from '../../lib/types.ts';
import { callOf } from '../support/calls.ts';

/** A call that says all that it can be selected and named by. */
export const CALL: LlmCall = callOf(1, {
  trace: { name: 'ask', userId: 'u-7', sessionId: 's-9', tags: ['higress', 'chat-eu'], metadata: {} },
  observation: { model: 'qwen-max' },
});

export const FACETS: Facets = {
  format: 'higress',
  route: 'chat-eu',
  consumer: 'team-a',
  status: 200,
  path: '/v1/chat/completions',
};

/** A call that says nothing of it, and what is known beside it. */
export const SILENT: LlmCall = callOf(2, { trace: { tags: [], name: 'plain' } });
export const UNKNOWN: Facets = { format: 'seed' };

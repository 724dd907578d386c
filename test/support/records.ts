import type { LogRecord } from '../../lib/types.ts';
import { NOON } from './clock.ts';

/** The fields of the n-th gateway line that is an LLM call. */
export function lineOf(n: number, question = `question ${n}`): Record<string, string> {
  return {
    request_id: `request-${n}`,
    start_time: new Date(NOON + n * 1000).toISOString(),
    method: 'POST',
    path: '/v1/chat/completions',
    response_code: '200',
    duration: '500',
    route_name: 'route-a',
    ai_log: JSON.stringify({ model: 'qwen-max', question, answer: `answer ${n}`, input_token: 3, output_token: 4 }),
  };
}

export type RecordKind = 'call' | 'skip' | 'reject';

/** The n-th record of a kind: an LLM call, a line of something else, or a call of which nothing tells the time. */
export function recordOf(n: number, kind: RecordKind = 'call'): LogRecord {
  const time = NOON / 1000 + n;
  if (kind === 'skip')
    return plain({ path: '/healthz', method: 'GET', response_code: '200', request_id: `${n}` }, time);
  const line = lineOf(n);
  if (kind === 'call') return plain(line, time);
  const { start_time: _, ...timeless } = line;
  return plain(timeless, 0);
}

function plain(fields: Readonly<Record<string, string>>, time: number): LogRecord {
  return { fields: new Map(Object.entries(fields)), time, source: '10.0.0.1', topic: '', tags: new Map() };
}

import { ALL } from '../../lib/formats/all.ts';
import { read } from '../../lib/formats/read.ts';
import { fromFlat } from '../../lib/record.ts';
import type { Json, LlmCall, Reading } from '../../lib/types.ts';

export type Flat = { [key: string]: Json };

/** A gateway's access log line without `ai_log`, as SLS holds it. */
export function line(over: Flat = {}): Flat {
  return {
    authority: 'llm.test',
    duration: '2000',
    method: 'POST',
    path: '/v1/chat/completions',
    request_id: '11111111-2222-4333-8444-555555555555',
    response_code: '200',
    response_code_details: 'via_upstream',
    response_flags: '-',
    route_name: 'chat',
    start_time: '2026-11-21T07:00:00.000Z',
    trace_id: '-',
    upstream_cluster: 'outbound|443||qwen.dns',
    upstream_transport_failure_reason: '-',
    __time__: '1795244402',
    __source__: '10.0.0.1',
    ...over,
  };
}

/** The same with an `ai_log`: values are written as JSON text, a text is taken as it is. */
export function aiLine(aiLog: Json, over: Flat = {}): Flat {
  return line({ ai_log: typeof aiLog === 'string' ? aiLog : JSON.stringify(aiLog), ...over });
}

export function readFlat(flat: Flat, timeZone = 'UTC'): Reading {
  return read(fromFlat(flat), { readers: ALL, timeZone });
}

export function callOf(flat: Flat, timeZone = 'UTC'): LlmCall {
  const reading = readFlat(flat, timeZone);
  if (reading.kind !== 'call') throw new Error(`expected a call, got ${JSON.stringify(reading)}`);
  return reading.call;
}

/** A record with these fields left out. */
export function without(flat: Flat, ...names: string[]): Flat {
  return Object.fromEntries(Object.entries(flat).filter(([name]) => !names.includes(name)));
}

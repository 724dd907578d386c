import type { Json, Level } from '../../types.ts';
import type { Line } from '../line/line.ts';
import { isObject, present } from '../values/values.ts';

export interface Outcome {
  readonly level: Level;
  readonly statusMessage?: string;
}

/** The gateway's first attempt of two: it redirects the request to a fallback within itself. */
export function redirected(line: Line): boolean {
  return line.text('response_code_details')?.startsWith('internal_redirect') ?? false;
}

/** How a call ended: a failed attempt that has a fallback is a warning, whatever its status. */
export function outcomeOf(line: Line): Outcome {
  const notes = warnings(line);
  const failed = line.status !== undefined && (line.status >= 400 || line.status === 0);
  if (!failed && !redirected(line) && !disconnected(line) && notes.length === 0) return { level: 'DEFAULT' };
  const level = failed && !redirected(line) ? 'ERROR' : 'WARNING';
  return { level, statusMessage: [...transport(line), ...notes].join(' · ') };
}

/** The client went away before the answer's end. */
function disconnected(line: Line): boolean {
  return line.status === 200 && (line.text('response_flags') ?? '').split(',').includes('DC');
}

function transport(line: Line): string[] {
  const parts = ['response_flags', 'response_code_details', 'upstream_transport_failure_reason'];
  const said = parts.map((name) => line.text(name)).filter((part) => part !== undefined);
  return line.status === undefined ? said : [`HTTP ${line.status}`, ...said];
}

function warnings(line: Line): string[] {
  const { ai } = line;
  const safety = present(ai.safecheck_status) ? String(ai.safecheck_status) : '';
  return [
    ...(/\bdeny$/.test(safety) ? [`safety check: ${safety}`] : []),
    ...(CONTENT.some((name) => truncated(ai[name])) ? ['content truncated by the gateway'] : []),
    ...(line.damaged === undefined ? [] : ['ai_log is damaged: what could be read of it is shown']),
  ];
}

const CONTENT = ['question', 'answer', 'messages', 'system', 'reasoning', 'tool_calls'];

/** The AI statistics plugin cuts the middle out of what is too long and leaves this mark, between spaces. */
const MARK = '[truncated]';

function truncated(value: Json | undefined): boolean {
  // Without the space at first: a text is full of spaces, and each would be looked at.
  if (typeof value === 'string') return value.includes(MARK) && value.includes(` ${MARK} `);
  if (Array.isArray(value)) return value.some(truncated);
  // What was cut as text and still is JSON may have the mark anywhere, in a name as well.
  return isObject(value) && Object.keys(value).some((name) => truncated(name) || truncated(value[name]));
}

import { type Answer, text } from './exchange.ts';
import type { Fault } from './types.ts';

const PAGE = '<html><head><title>Gateway</title></head><body>Gateway</body></html>';

/**
 * What a fault makes of a request. `behave` handles it as if nothing were wrong, which stores the data, and returns the
 * answer that would have been sent.
 */
export async function applyFault(fault: Fault, behave: (rejectIds: readonly string[]) => Answer): Promise<Answer> {
  switch (fault.kind) {
    case 'status':
      return statusAnswer(fault.status, fault.body, fault.headers);
    case 'reject-ids':
      return behave(fault.ids);
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, fault.ms).unref());
      return behave([]);
    case 'hang':
      return { kind: 'hang' };
    case 'reset':
      return { kind: 'close' };
    case 'stored-then-hang':
    case 'stored-then-reset':
      behave([]);
      return { kind: fault.kind === 'stored-then-hang' ? 'hang' : 'close' };
    default:
      return unreadable(fault, behave);
  }
}

type Unreadable = Extract<Fault, { readonly stored?: boolean }>;

function unreadable(fault: Unreadable, behave: (rejectIds: readonly string[]) => Answer): Answer {
  if (fault.stored) behave([]);
  if (fault.kind === 'empty-2xx') return text(200, '');
  if (fault.kind === 'html-2xx') return text(200, PAGE, 'text/html');
  return {
    kind: 'send',
    status: 200,
    body: '{"stalled":true}',
    headers: { 'content-type': 'application/json' },
    stall: true,
  };
}

function statusAnswer(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Answer {
  const type = body.startsWith('{') ? 'application/json' : body.startsWith('<') ? 'text/html' : 'text/plain';
  return { kind: 'send', status, body, headers: { 'content-type': type, ...headers } };
}

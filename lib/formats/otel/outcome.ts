import type { Level } from '../../types.ts';
import type { Outcome } from '../gateway/level.ts';
import { textWithoutSecrets } from '../values/secret-text.ts';
import { firstText } from '../values/values.ts';
import type { Span } from './span.ts';

const STATUS = ['http.response.status_code', 'http.status_code', 'gen_ai.response.status_code'];
const LEVELS: ReadonlyMap<string, Level> = new Map([
  ...([
    ['DEBUG', 'DEBUG'],
    ['DEFAULT', 'DEFAULT'],
    ['INFO', 'DEFAULT'],
  ] as const),
  ...([
    ['WARNING', 'WARNING'],
    ['WARN', 'WARNING'],
    ['ERROR', 'ERROR'],
  ] as const),
]);

/** The HTTP status that a span tells of. */
export function httpStatusOf({ attributes }: Span): number | undefined {
  return attributes.count(...STATUS);
}

/** How a span ended: by its status, or else by that of its HTTP answer. */
export function outcomeOf(span: Span): Outcome {
  const { attributes } = span;
  const stated = LEVELS.get(attributes.text('langfuse.observation.level')?.toUpperCase() ?? '');
  const level = stated ?? levelOf(span);
  const message = attributes.text('langfuse.observation.status_message') ?? whyOf(span, level);
  return { level, ...(message !== undefined && { statusMessage: textWithoutSecrets(message) }) };
}

function levelOf(span: Span): Level {
  const code = span.line.text('statusCode', 'status_code', 'status.code')?.toUpperCase() ?? '';
  if (/^(?:STATUS_CODE_)?ERROR$|^2$/.test(code)) return 'ERROR';
  const ok = /^(?:STATUS_CODE_)?OK$|^1$/.test(code);
  // The conventions leave a server's 4xx without a status of the span.
  if (!ok && (httpStatusOf(span) ?? 0) >= 400) return 'ERROR';
  return span.damaged === undefined ? 'DEFAULT' : 'WARNING';
}

function whyOf(span: Span, level: Level): string | undefined {
  const { line, attributes, damaged } = span;
  if (level !== 'ERROR') return damaged === undefined ? undefined : DAMAGED;
  const status = httpStatusOf(span);
  const http = status !== undefined && status >= 400 ? `HTTP ${status}` : undefined;
  const stated = line.text('statusMessage', 'status_message', 'status.message');
  return (
    stated ?? exceptionOf(span) ?? attributes.text('error.message', 'exception.message') ?? http ?? errorType(span)
  );
}

const DAMAGED = 'the attributes are damaged: what could be read of them is shown';

function errorType({ attributes }: Span): string | undefined {
  return attributes.text('error.type');
}

/** `type: message` of the last exception that the span met. */
function exceptionOf({ events }: Span): string | undefined {
  const exceptions = events.filter(({ name }) => name === 'exception');
  const attributes = exceptions.at(-1)?.attributes;
  const type = attributes?.text('exception.type');
  const message = attributes?.text('exception.message');
  return type !== undefined && message !== undefined ? `${type}: ${message}` : firstText(message, type);
}

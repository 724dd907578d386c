import type { Json } from './types.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'json' | 'human';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const COLOURS: Readonly<Record<LogLevel, number>> = { debug: 90, info: 36, warn: 33, error: 31 };

/** Counts, ids and codes; never a prompt, an answer, a key or a header. */
export type LogFields = Readonly<Record<string, Json | undefined>>;
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** A log that writes a line an entry: JSON for machines, coloured text for people. */
export function createLog(format: LogFormat, least: LogLevel, common: LogFields, write: (line: string) => void): Log {
  return (level, message, fields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const all = { ...common, ...fields };
    write(format === 'json' ? JSON.stringify({ level, message, ...all }) : human(level, message, all));
  };
}

function human(level: LogLevel, message: string, fields: LogFields): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
  const text = shown.map(([key, value]) => `${key}=${shownValue(value)}`);
  return `\u001b[${COLOURS[level]}m${level.padEnd(5)}\u001b[0m ${message}  \u001b[90m${text.join(' ')}\u001b[0m`;
}

/** A text with control characters is quoted: what came from outside must not end the line or move the cursor. */
function shownValue(value: Json | undefined): string {
  return typeof value === 'string' && !/\p{Cc}/u.test(value) ? value : JSON.stringify(value);
}

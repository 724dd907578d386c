import type { Json } from './types.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'json' | 'human';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const COLOURS: Readonly<Record<LogLevel, number>> = { debug: 90, info: 36, warn: 33, error: 31 };

/** Counts, ids and codes; never a prompt, an answer, a key or a header. */
export type LogFields = Readonly<Record<string, Json | undefined>>;
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

export interface LogOptions {
  readonly format: LogFormat;
  /** What is less is not written. */
  readonly level: LogLevel;
  /** Of a human log. */
  readonly colour: boolean;
}

/** A log that writes a line an entry: JSON for machines, text for people. */
export function createLog(options: LogOptions, common: LogFields, write: (line: string) => void): Log {
  return (level, message, fields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(options.level)) return;
    const all = { ...common, ...fields };
    write(options.format === 'json' ? JSON.stringify({ level, message, ...all }) : human(level, message, all, options));
  };
}

function human(level: LogLevel, message: string, fields: LogFields, { colour }: LogOptions): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
  const text = shown.map(([key, value]) => `${key}=${shownValue(value)}`);
  const painted = (code: number, words: string) => (colour ? `\u001b[${code}m${words}\u001b[0m` : words);
  return `${painted(COLOURS[level], level.padEnd(5))} ${message}  ${painted(90, text.join(' '))}`;
}

/** A text with control characters is quoted: what came from outside must not end the line or move the cursor. */
function shownValue(value: Json | undefined): string {
  return typeof value === 'string' && !/\p{Cc}/u.test(value) ? value : JSON.stringify(value);
}

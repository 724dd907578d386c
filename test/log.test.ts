import { describe, expect, it } from 'vitest';
import { createLog, type LogFormat, type LogLevel } from '../lib/log.ts';

function lines(format: LogFormat, least: LogLevel, write: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = [];
  write(createLog({ format, level: least, colour: false }, { shard: 3 }, (line) => written.push(line)));
  return written;
}

describe('the log', () => {
  it('writes JSON with the level, the message, the common fields and its own', () => {
    const [line = ''] = lines('json', 'info', (log) => log('warn', 'said', { count: 2, gone: undefined }));
    expect(JSON.parse(line)).toEqual({ level: 'warn', message: 'said', shard: 3, count: 2 });
  });

  it('writes a line for people', () => {
    const [line = ''] = lines('human', 'info', (log) =>
      log('info', 'said', { key: 'a/b', counts: { x: 1 }, gone: undefined }),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
    const plain = line.replace(/\u001b\[\d+m/g, '');
    expect(plain).toBe('info  said  shard=3 key=a/b counts={"x":1}');
  });

  it.each(['json', 'human'] as const)('keeps an entry on one line in %s, whatever a value holds', (format) => {
    const [line = ''] = lines(format, 'info', (log) => log('error', 'said', { text: 'a\nb\r\u001b[2J' }));
    expect(line).not.toMatch(/[\n\r]/);
    expect(line).not.toContain('\u001b[2J');
  });

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('at level %s writes %j', (least, expected) => {
    const levels = ['debug', 'info', 'warn', 'error'] as const;
    const written = lines('json', least, (log) => {
      for (const level of levels) log(level, 'm');
    });
    expect(written.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(expected);
  });
});
